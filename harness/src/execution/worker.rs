//! The loop of a worker, on the thread of its lane: ask, lock against other processes, run, tell.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use crate::execution::context::{AttemptContext, AttemptPlace};
use crate::execution::diagnostics;
use crate::execution::dispatcher::Assignment;
use crate::execution::leak_check::LeakCheck;
#[cfg(unix)]
use crate::execution::lock_wait;
use crate::execution::run_state::RunState;
use crate::execution::test_run::{self, CaseStep};
use crate::execution::watchdog::{TimedOut, Watchdog};
use crate::fixture::scope_state::ScopeState;
use crate::lane::lock_set::TryLock;
#[cfg(unix)]
use crate::lane::run_dir::RunDir;
use crate::model::config::Capture;
use crate::model::event::{AttemptFinished, CancelReason, CaseIx, Event, Severity, TestId};
use crate::model::outcome::Outcome;
use crate::model::protocol::RunInfo;
use crate::model::tags::LockClaim;
use crate::model::test_id;
use crate::model::worker::{Slot, Worker};
use crate::os::thread;
#[cfg(unix)]
use crate::process::process_config::ProcessConfig;
#[cfg(unix)]
use crate::process::worker_client::WorkerClient;

/// Runs cases until there are no more, or until this lane was given up. `worker_scope` keeps what the worker has for its tests.
pub(crate) fn work(run: &Arc<RunState>, slot: Slot, watch: &Arc<Watchdog>, worker_scope: &ScopeState) {
    let workers = run.config.workers.get();
    let worker = Worker::new(slot, workers, Arc::clone(&run.id), run.config.seed);
    let place = WorkerThread { run, slot, watchdog: watch, withheld_pass: RefCell::new(None) };
    #[cfg(unix)]
    let remote = remote_of(run, slot);
    // With several workers, a leak could be of any of them.
    let leak_check = (workers == 1).then(|| LeakCheck::new(&run.config)).flatten();
    let context = AttemptContext {
        config: &run.config,
        plan: &run.plan,
        clock: run.clock,
        slot,
        worker: &worker,
        process_scope: &run.process_scope,
        worker_scope,
        leases: &watch.leases,
        sink: &watch.sink,
        watch: Some(watch),
        handle: &watch.handle,
        stack: Some(&watch.stack),
        leak_check: leak_check.as_ref(),
        #[cfg(unix)]
        remote: remote.as_ref(),
        place: &place,
    };
    let mut last = None;
    let mut finished = None;
    while let Assignment::Run { case, iteration, queued } = run.dispatcher.next_assignment(slot, finished.take()) {
        let planned = &run.plan.cases[case.ix()];
        if run.is_done((case, iteration)) {
            finished = Some(case);
            continue;
        }
        let hold = match run.keys.try_take(planned.needs(), &|lock| run.plan.capacity(lock)) {
            Ok(TryLock::Held(hold)) => Some(hold),
            Ok(TryLock::Busy(lock)) => {
                wait_elsewhere(run, case, lock);
                continue;
            }
            Err(error) => {
                // Better a test too many at once than one too few; the run is red either way.
                run.emit(Event::Diagnostic { message: error.to_string(), severity: Severity::Fault });
                None
            }
        };
        last = Some(test_id::pack(case, iteration));
        let ran = test_run::run(&context, planned, run.progress(planned, (case, iteration), queued));
        drop(hold);
        match ran {
            Ok(CaseStep::Over(verdict)) => {
                run.event_sink.end(slot);
                run.count(&verdict);
                finished = Some(case);
            }
            Ok(CaseStep::GivenBack(progress)) => {
                run.event_sink.end(slot);
                run.give_back(progress);
            }
            Err(TimedOut) => {
                run.dispatcher.ended_late(case);
                break;
            }
        }
    }
    #[cfg(unix)]
    if let Some(remote) = remote {
        for notices in remote.borrow_mut().close() {
            place.emit(diagnostics::neighbour(notices));
        }
    }
    // Thread-local values of tests are dropped when this thread ends. A failure there must not be attributed to a test on another worker.
    if let Some(last) = last {
        watch.sink.capture(last, slot, None, Capture::Off).stay();
    }
}

/// The thread of a worker.
struct WorkerThread<'a> {
    run: &'a RunState,
    slot: Slot,
    watchdog: &'a Watchdog,
    /// The end of an attempt that passed is withheld until the next event, as that is the end of its case nearly always. Both then go
    /// through the pipe as one: half the bytes and half the wake-ups of the controller.
    withheld_pass: RefCell<Option<AttemptFinished>>,
}

impl AttemptPlace for WorkerThread<'_> {
    fn emit(&self, event: Event) {
        match (event, self.withheld_pass.take()) {
            (Event::AttemptFinished(attempt), None) if attempt.outcome == Outcome::Passed => {
                self.withheld_pass.replace(Some(attempt));
            }
            (event, None) => self.run.event_sink.emit(event),
            (event, Some(attempt)) => self.run.event_sink.emit_passed(attempt, event),
        }
    }

    fn wait_backoff(&self, delay: Duration) {
        // If another lane ends this process meanwhile, nothing ran here.
        if !delay.is_zero() {
            self.run.event_sink.end(self.slot);
            self.run.dispatcher.wait_backoff(self.slot, delay);
        }
    }

    fn cancel_reason(&self) -> Option<CancelReason> {
        self.run.dispatcher.stopped().filter(|&reason| reason != CancelReason::HostRestart)
    }

    fn attempt_starts(&self, test_id: &TestId, attempt: u32, at: Duration) {
        self.run.event_sink.begin(test_id, self.slot, attempt, at);
    }

    fn body_starts(&self, _owner: u64, at: Duration) {
        self.watchdog.body_begins(at);
    }

    #[cfg(unix)]
    fn runs_in(&self, process: u32) {
        self.run.event_sink.runs_in(self.slot, process);
    }
}

/// The processes that this worker's attempts run in, if they do not run here.
#[cfg(unix)]
fn remote_of(run: &Arc<RunState>, slot: Slot) -> Option<RefCell<WorkerClient>> {
    let info = RunInfo {
        id: Arc::clone(&run.id),
        seed: run.config.seed,
        epoch_nanos: run.clock.epoch_nanos(),
        runner: run.config.runner,
    };
    let context = ProcessConfig::new(&run.config, info, slot);
    let run = Arc::clone(run);
    Some(RefCell::new(WorkerClient::new(context, move || RunDir::for_run(&run.process_scope, &run.id))))
}

/// Another process holds the lock: gives the case back, and waits on a thread of its own until it is free there. In the
/// kernel, which releases the locks of a process that ends.
fn wait_elsewhere(run: &Arc<RunState>, case: CaseIx, lock: LockClaim) {
    run.dispatcher.lock_busy(case, &lock);
    let waiter = Arc::clone(run);
    let wait = move || {
        let capacity = waiter.plan.capacity(&lock);
        let wait = || waiter.keys.wait(&lock, capacity);
        #[cfg(unix)]
        let waited = {
            let reporter = Arc::clone(&waiter);
            let report = move |message| reporter.emit(Event::Diagnostic { message, severity: Severity::Note });
            let (test, what) = (waiter.plan.cases[case.ix()].name, format!("`{}`", lock.name));
            let files = waiter.keys.files(&lock, capacity);
            lock_wait::reported(test, &what, files, waiter.config.slow_after, report, wait)
        };
        #[cfg(not(unix))]
        let waited = wait();
        if let Err(error) = waited {
            waiter.emit(Event::Diagnostic { message: error.to_string(), severity: Severity::Fault });
        }
        waiter.dispatcher.external_release(&lock);
        waiter.keys.end_reservation(&lock);
    };
    if thread::start_small("lock-waiter", wait).is_err() {
        let message = format!("cannot start a thread that waits for `{}`, which another process holds", lock.name);
        run.emit(Event::Diagnostic { message, severity: Severity::Fault });
        run.dispatcher.stop(CancelReason::HarnessError);
    }
}
