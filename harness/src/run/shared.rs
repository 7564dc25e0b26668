//! What all workers of a run share, and what its last one does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::model::config::{Capture, Order, RunConfig};
use crate::model::event::{Event, RunFinished, RunStarted, SCHEMA, Stop};
use crate::model::scope::Scope;
use crate::model::verdict::Verdict;
use crate::platform::clock::Clock;
use crate::policy::judge;
use crate::policy::plan::Plan;
use crate::resource::hold::Keys;
use crate::run::case;
use crate::run::closing;
use crate::run::gate::Gate;
use crate::run::progress::Progress;

/// What all workers of a run share.
pub(crate) struct Run {
    pub(crate) id: Arc<str>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) config: RunConfig,
    pub(crate) clock: Clock,
    pub(crate) gate: Gate,
    pub(crate) keys: Keys,
    pub(crate) of_run: Scope,
    failures: AtomicU32,
    /// Those that are at work.
    supervisors: AtomicUsize,
    sender: Sender<Event>,
}

impl Run {
    /// A run that nobody works on yet, and what it will tell: from the first attempt to [`Event::RunFinished`].
    pub(crate) fn new(plan: Arc<Plan>, config: RunConfig, id: Arc<str>) -> (Arc<Self>, Receiver<Event>) {
        let (sender, events) = channel();
        let workers = config.workers.get() as usize;
        let clock = Clock::start();
        let gate = {
            let plan = Arc::clone(&plan);
            Gate::new(workers, config.rounds.get(), clock, move || plan.scheduler(workers))
        };
        let run = Self {
            id,
            plan,
            config,
            clock,
            gate,
            keys: Keys::of_workspace(),
            of_run: Scope::default(),
            failures: AtomicU32::new(0),
            supervisors: AtomicUsize::new(workers),
            sender,
        };
        (Arc::new(run), events)
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody listens any more after the last event, when a lane that was given up ends.
        let _ = self.sender.send(event);
    }

    /// Counts failures, and stops the run when there are as many as `--maxfail` allows.
    pub(crate) fn count(&self, verdict: &Verdict) {
        if !verdict.is_failure(self.config.flaky) {
            return;
        }
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if self.config.maxfail.is_some_and(|maxfail| failures >= maxfail.get()) {
            self.gate.stop(Stop::TooManyFailures);
        }
    }

    /// For a process that is about to end at once: what would be left in the file system goes.
    pub(crate) fn clean_up_in_a_hurry(&self) {
        closing::close_run(&self.of_run, &|event| self.tell(event));
    }

    /// What is told before anybody works.
    pub(crate) fn started(&self, again: String) -> RunStarted {
        RunStarted {
            version: SCHEMA,
            run: Arc::clone(&self.id),
            seed: self.config.seed,
            shuffled: self.config.order == Order::Shuffled,
            workers: self.config.workers.get(),
            planned: self.plan.cases.len() * self.config.rounds.get() as usize,
            rounds: self.config.rounds.get(),
            filtered_out: self.plan.filtered_out,
            captured: self.config.capture == Capture::PerTest,
            again,
        }
    }

    /// The last one tells what nobody else could.
    pub(crate) fn supervisor_ended(&self) {
        if self.supervisors.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        let stopped = self.gate.stopped();
        for leftover in self.gate.leftovers(self.plan.cases.len()) {
            let planned = &self.plan.cases[leftover.case.ix()];
            let progress = Progress::not_started(case::told(planned, leftover.case, leftover.round), planned);
            let verdict = match planned.is_ignored {
                true => Verdict::Skip { reason: planned.ignore_reason() },
                false => judge::not_started(stopped),
            };
            self.tell(case::finished(&progress, verdict, None));
        }
        closing::close_run(&self.of_run, &|event| self.tell(event));
        self.tell(Event::RunFinished(RunFinished { took: self.clock.now(), stopped }));
    }
}
