//! The state that all workers of a run share, and the end of the run.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use swimlanes_core::backoff::RetryOn;

use crate::execution::dispatcher::Dispatcher;
use crate::execution::event_sink::EventSink;
use crate::execution::progress::TestProgress;
use crate::execution::teardown::Teardown;
use crate::execution::test_run;
use crate::execution::watchdog::{TO_DROP, TO_TEAR_DOWN, Watchdog};
use crate::fixture::scope_state::ScopeState;
use crate::lane::lock_set::LockDirectory;
use crate::model::config::RunConfig;
use crate::model::event::{CancelReason, Event, RunFinished, TestId};
use crate::model::mutex::MutexExt;
use crate::model::protocol::{ResumeState, TestKey};
use crate::model::verdict::Verdict;
use crate::model::worker::Slot;
use crate::os::capture::OutputSink;
use crate::os::clock::Clock;
use crate::os::sys::ProbeStuck;
use crate::plan::{Plan, Planned};
use crate::policy::retry;
use crate::schedule::RetryRequest;

/// A lane that runs: what watches it, and the fixtures of its worker.
type RunningLane = (Arc<Watchdog>, Arc<ScopeState>);

/// The state that all workers of a run share.
pub(crate) struct RunState {
    pub(crate) id: Arc<str>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) config: RunConfig,
    pub(crate) clock: Clock,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) keys: LockDirectory,
    pub(crate) process_scope: ScopeState,
    /// Of all workers, those included that have ended: their tests may have left threads behind.
    sinks: Mutex<Vec<Arc<OutputSink>>>,
    failures: AtomicU32,
    /// Those that are at work.
    supervisors: AtomicUsize,
    pub(crate) event_sink: EventSink,
    /// What other processes of the run have done before.
    resumed: ResumeState,
    /// The progress of cases whose retry any worker may run.
    retries: Mutex<HashMap<TestKey, TestProgress>>,
    /// The lanes of all workers that run.
    lanes: Mutex<HashMap<Slot, RunningLane>>,
    /// Lanes with an attempt that runs still, although it was given up.
    abandoned: Mutex<Vec<(TestId, u32, Arc<Watchdog>)>>,
}

impl RunState {
    /// A run without workers. It will emit all events from the first attempt to [`Event::RunFinished`].
    pub(crate) fn new(
        plan: Arc<Plan>,
        config: RunConfig,
        id: Arc<str>,
        clock: Clock,
        event_sink: EventSink,
        resumed: ResumeState,
    ) -> Arc<Self> {
        let workers = config.workers.get() as usize;
        let dispatcher = {
            let plan = Arc::clone(&plan);
            let new_iteration = move || plan.scheduler(workers);
            Dispatcher::new(workers, config.iterations.get(), clock, new_iteration, event_sink.is_to_stop())
        };
        let run = Self {
            id,
            plan,
            config,
            clock,
            dispatcher,
            keys: LockDirectory::for_workspace(),
            process_scope: ScopeState::default(),
            sinks: Mutex::default(),
            failures: AtomicU32::new(resumed.failures),
            supervisors: AtomicUsize::new(workers),
            event_sink,
            resumed,
            retries: Mutex::default(),
            lanes: Mutex::default(),
            abandoned: Mutex::default(),
        };
        Arc::new(run)
    }

    pub(crate) fn emit(&self, event: Event) {
        self.event_sink.emit(event);
    }

    /// Whether another process has reported the case.
    pub(crate) fn is_done(&self, entry: TestKey) -> bool {
        !self.resumed.done.is_empty() && self.resumed.done.contains(&entry)
    }

    /// How far a case has come that is not over, on other workers or in other processes.
    pub(crate) fn progress(&self, planned: &Planned, (case, iteration): TestKey, queued: Duration) -> TestProgress {
        let entry = (case, iteration);
        let terms = retry::terms(planned.case.attributes(), &self.config);
        if !terms.on.is_on_same_worker()
            && let Some(progress) = self.retries.lock_even_if_poisoned().remove(&entry)
        {
            return TestProgress { queued: progress.queued + queued, ..progress };
        }
        TestProgress::of(
            test_run::test_id_of(planned, case, iteration),
            planned,
            queued,
            self.resumed.progress.get(&entry),
        )
    }

    /// Any worker may retry the case when the backoff is over.
    pub(crate) fn give_back(&self, progress: TestProgress) {
        let (case, iteration) = (progress.test_id.case, progress.test_id.iteration);
        let planned = &self.plan.cases[case.ix()];
        let not_before = self.clock.now().saturating_add(test_run::backoff_delay(&self.config, planned, &progress));
        let alone = retry::terms(planned.case.attributes(), &self.config).on == RetryOn::Alone;
        let has_others = self.config.workers.get() > 1;
        let avoid_worker = progress.failed_on.filter(|_| has_others && !alone);
        let progress = TestProgress { has_rested: true, ..progress };
        self.retries.lock_even_if_poisoned().insert((case, iteration), progress);
        self.dispatcher.again(case, RetryRequest { not_before, alone, avoid_worker });
    }

    /// Counts failures, and stops the run when there are as many as `--max-fail` allows.
    pub(crate) fn count(&self, verdict: &Verdict) {
        if !verdict.is_failure(self.config.flaky) {
            return;
        }
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if self.config.maxfail.is_some_and(|maxfail| failures >= maxfail.get()) {
            self.dispatcher.stop(CancelReason::TooManyFailures);
        }
    }

    /// A sink for the output of one more worker. Its output is reported until the run ends.
    pub(crate) fn sink(&self) -> Arc<OutputSink> {
        let sink = Arc::<OutputSink>::default();
        self.sinks.lock_even_if_poisoned().push(Arc::clone(&sink));
        sink
    }

    /// What an attempt that runs still has written so far, as far as it was captured.
    pub(crate) fn output_of(&self, owner: u64) -> Vec<u8> {
        let sinks = self.sinks.lock_even_if_poisoned();
        sinks.iter().find_map(|sink| sink.take_of(owner)).unwrap_or_default()
    }

    /// The attempt in this lane is abandoned, and still runs.
    pub(crate) fn abandoned(&self, test_id: &TestId, attempt: u32, watch: &Arc<Watchdog>) {
        let abandoned = (test_id.clone(), attempt, Arc::clone(watch));
        self.abandoned.lock_even_if_poisoned().push(abandoned);
    }

    /// The stacks of abandoned attempts, if they could not be captured before. All other events are emitted by now.
    ///
    /// # Errors
    ///
    /// When one of them is stuck, and may hold a lock that this thread needs.
    pub(crate) fn last_stacks(&self, emit: &dyn Fn(TestId, u32, String)) -> Result<(), ProbeStuck> {
        let abandoned = std::mem::take(&mut *self.abandoned.lock_even_if_poisoned());
        for (test_id, attempt, watch) in abandoned {
            if let Some(stack) = watch.last_stack()? {
                emit(test_id, attempt, stack);
            }
        }
        Ok(())
    }

    /// Releases what the process has, and removes its files. Its end does not wait longer than the grace period for a fixture.
    pub(crate) fn clean_up_in_a_hurry(&self) {
        let (emit, users) = (|event| self.emit(event), self.hanging());
        Teardown::beside(&self.config, &emit, &users).close_process(&self.process_scope);
    }

    /// A lane of this worker starts.
    pub(crate) fn lane_starts(&self, slot: Slot, watch: &Arc<Watchdog>, worker_scope: &Arc<ScopeState>) {
        self.lanes.lock_even_if_poisoned().insert(slot, (Arc::clone(watch), Arc::clone(worker_scope)));
    }

    /// The lane of this worker has ended, or was given up.
    pub(crate) fn lane_ended(&self, slot: Slot) {
        self.lanes.lock_even_if_poisoned().remove(&slot);
    }

    /// The run ends although tests run: cancels those that are async, and tears down the fixtures of the others, as far as that is possible
    /// while they run. Those that were cancelled tear down their own fixtures. Returns whether others still run.
    pub(crate) fn tear_down_running(&self, emit: &dyn Fn(Event)) -> bool {
        let mut lanes: Vec<(Slot, _)> = self.lanes.lock_even_if_poisoned().drain().collect();
        lanes.sort_by_key(|(slot, _)| *slot);
        let is_running = |(_, (watch, _)): &(Slot, RunningLane)| {
            watch.handle.test().is_some() && !watch.handle.cancel_within(TO_DROP)
        };
        let (lanes, cancelled): (Vec<_>, Vec<_>) = lanes.into_iter().partition(is_running);
        for (_, (watch, _)) in &cancelled {
            watch.handle.wait_for_end(TO_TEAR_DOWN);
        }
        let mut users = self.hanging();
        users.extend(lanes.iter().filter_map(|(_, (watch, _))| watch.handle.test()));
        for (_, (watch, worker_scope)) in &lanes {
            let test: Vec<&'static str> = watch.handle.test().into_iter().collect();
            let teardown = Teardown::beside(&self.config, emit, &test);
            teardown.close_abandoned(&watch.handle);
            teardown.discard_fixtures(worker_scope);
        }
        if !lanes.is_empty() {
            Teardown::beside(&self.config, emit, &users).discard_fixtures(&self.process_scope);
        }
        !lanes.is_empty()
    }

    /// The tests that were given up, and may still use fixtures.
    pub(crate) fn hanging(&self) -> Vec<&'static str> {
        self.abandoned.lock_even_if_poisoned().iter().map(|(test_id, ..)| test_id.name).collect()
    }

    /// A supervisor has ended. The last one emits the remaining events.
    pub(crate) fn supervisor_ended(&self) {
        if self.supervisors.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        let stopped = self.dispatcher.stopped();
        // The controller knows the remaining tests.
        let leftovers =
            if self.event_sink.is_guarded() { Vec::new() } else { self.dispatcher.leftovers(self.plan.cases.len()) };
        for leftover in leftovers {
            let planned = &self.plan.cases[leftover.case.ix()];
            let progress = self.progress(planned, (leftover.case, leftover.iteration), Duration::ZERO);
            self.emit(test_run::finished(&progress, test_run::not_over(planned, &progress, stopped), None));
        }
        let (emit, users) = (|event| self.emit(event), self.hanging());
        let teardown = Teardown { users: &users, ..Teardown::new(&self.config, &emit) };
        teardown.close_process(&self.process_scope);
        for sink in &*self.sinks.lock_even_if_poisoned() {
            test_run::emit_late(sink, &self.plan, &|event| self.emit(event));
        }
        self.emit(Event::RunFinished(RunFinished { took: self.clock.now(), stopped }));
    }
}
