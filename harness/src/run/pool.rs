//! The pool: one thread of rayon's for each supervisor. The only file that names rayon.
//!
//! Bodies never run on the pool's threads. A worker that waits in rayon starts other jobs on top of what it runs;
//! with test bodies as jobs, 65 of 100 tests that used rayon themselves started inside another one. So the pool
//! broadcasts once, and each of its threads looks after a lane, whose own thread runs the bodies. There, rayon is the
//! user's global pool as anywhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::model::config::{Order, RunConfig};
use crate::model::error::Error;
use crate::model::event::{Event, RunFinished, RunStarted, SCHEMA, Stop};
use crate::model::outcome::{Failure, FailureKind};
use crate::model::store::Store;
use crate::model::verdict::Verdict;
use crate::model::worker::Slot;
use crate::platform::base::Base;
use crate::platform::clock::Clock;
use crate::policy::plan::Plan;
use crate::resource::hold::Keys;
use crate::run::case::{self, Progress};
use crate::run::closing;
use crate::run::gate::Gate;
use crate::run::supervisor;

/// Stack of a supervisor, which calls nothing of the user's.
const SUPERVISOR_STACK: usize = 256 * 1024;

/// What all workers of a run share.
pub(crate) struct Run {
    pub(crate) id: Arc<str>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) config: RunConfig,
    pub(crate) clock: Clock,
    pub(crate) gate: Gate,
    pub(crate) keys: Keys,
    pub(crate) of_run: Store,
    failures: AtomicU32,
    supervisors: AtomicUsize,
    sender: Sender<Event>,
}

/// A run that has been started.
pub(crate) struct Started {
    pub(crate) run: Arc<Run>,
    /// Ends with [`Event::RunFinished`].
    pub(crate) events: Receiver<Event>,
    /// Its threads live as long as this does.
    _pool: ThreadPool,
}

/// Starts the workers, and answers at once.
///
/// # Errors
///
/// When the threads cannot be started.
pub(crate) fn start(plan: Arc<Plan>, config: RunConfig, id: Arc<str>, again: String) -> Result<Started, Error> {
    let workers = config.workers.get() as usize;
    let clock = Clock::start();
    let (sender, events) = channel();
    let gate = {
        let plan = Arc::clone(&plan);
        Gate::new(workers, config.rounds.get(), clock, move || plan.scheduler(workers))
    };
    let run = Arc::new(Run {
        id,
        plan,
        config,
        clock,
        gate,
        keys: Keys::of_workspace(),
        of_run: Store::default(),
        failures: AtomicU32::new(0),
        supervisors: AtomicUsize::new(workers),
        sender,
    });
    run.tell(Event::RunStarted(run.started(again)));
    let pool = ThreadPoolBuilder::new()
        .num_threads(workers)
        .thread_name(|ix| format!("supervisor-{ix}"))
        .stack_size(SUPERVISOR_STACK)
        .build()
        .map_err(|cause| Error::io(format!("start {workers} workers"), std::io::Error::other(cause)))?;
    let shared = Arc::clone(&run);
    pool.spawn_broadcast(move |context| {
        supervisor::supervise(&shared, Slot(context.index() as u32));
        shared.supervisor_ended();
    });
    Ok(Started { run, events, _pool: pool })
}

impl Run {
    pub(crate) fn tell(&self, event: Event) {
        // Nobody listens any more after the last event, when a lane that was given up ends.
        let _ = self.sender.send(event);
    }

    /// Whether `--maxfail` says that it is enough, after one more failure.
    pub(crate) fn one_more_failure(&self) -> bool {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        self.config.maxfail.is_some_and(|maxfail| failures >= maxfail.get())
    }

    /// For a process that is about to end at once: what would be left in the file system goes.
    pub(crate) fn clean_up_in_a_hurry(&self) {
        closing::close_run(&self.of_run, &|event| self.tell(event));
    }

    fn started(&self, again: String) -> RunStarted {
        RunStarted {
            version: SCHEMA,
            run: Arc::clone(&self.id),
            seed: self.config.seed,
            shuffled: self.config.order == Order::Shuffled,
            workers: self.config.workers.get(),
            planned: self.plan.cases.len() * self.config.rounds.get() as usize,
            rounds: self.config.rounds.get(),
            filtered_out: self.plan.filtered_out,
            again,
        }
    }

    /// The last one tells what nobody else could.
    fn supervisor_ended(&self) {
        if self.supervisors.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        let stopped = self.gate.stopped();
        for leftover in self.gate.leftovers(self.plan.cases.len()) {
            let planned = &self.plan.cases[leftover.case.ix()];
            let progress = Progress::not_started(case::told(planned, leftover.case, leftover.round), planned);
            self.tell(case::finished(&progress, why_not_run(stopped), None));
        }
        closing::close_run(&self.of_run, &|event| self.tell(event));
        // Locks against other processes may have been all there was.
        Base::of_user().remove_if_empty();
        self.tell(Event::RunFinished(RunFinished { took: self.clock.now(), stopped }));
    }
}

fn why_not_run(stopped: Option<Stop>) -> Verdict {
    match stopped {
        Some(_) => Verdict::NotRun,
        None => Verdict::Fail(Failure {
            kind: FailureKind::Blocked,
            message: "the test was not started: a test that timed out still runs and holds what it needs".to_owned(),
            location: None,
        }),
    }
}
