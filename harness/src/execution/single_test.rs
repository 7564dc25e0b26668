//! One test in a process of its own, as cargo-nextest runs them: on the calling thread, without a pool, a scheduler
//! or a channel. There is nothing to schedule, and whatever is started is paid for by every single test.

#[cfg(unix)]
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use crate::execution::context::{AttemptContext, AttemptPlace};
use crate::execution::event_sink::DeadlineSlot;
use crate::execution::leak_check::LeakCheck;
#[cfg(unix)]
use crate::execution::lock_wait;
use crate::execution::progress::TestProgress;
use crate::execution::teardown::Teardown;
use crate::execution::test_run::{self, CaseStep, LaneInfo};
use crate::execution::watchdog::{LaneEvent, Watchdog};
use crate::fixture::attempt_handle::AttemptHandle;
use crate::fixture::scope_state::ScopeState;
use crate::lane::lock_set::{LockDirectory, LockSet, TryLock};
#[cfg(unix)]
use crate::lane::run_dir::RunDir;
use crate::lane::run_lock::RunLock;
use crate::model::config::{Capture, Leak, RunConfig};
use crate::model::error::Error;
use crate::model::event::{CancelReason, CaseIx, Event, RunFinished, RunStarted, SCHEMA, Severity, TestId};
use crate::model::lease::Leases;
use crate::model::mutex::MutexExt;
#[cfg(unix)]
use crate::model::protocol::RunInfo;
use crate::model::rerun::RerunCommand;
use crate::model::tags::{Access, Constraint, LockClaim, LockNamespace};
use crate::model::worker::{Slot, Worker};
use crate::os::capture::OutputSink;
use crate::os::clock::Clock;
use crate::os::file_lock::{FileLock, Mode};
use crate::os::sys::ProbeStuck;
use crate::os::{backtrace, capture, debugger, thread};
use crate::plan::{Plan, Planned};
use crate::policy::timeout;
#[cfg(target_os = "linux")]
use crate::process::orphans;
#[cfg(unix)]
use crate::process::process_config::ProcessConfig;
#[cfg(unix)]
use crate::process::worker_client::WorkerClient;

/// One test of a run whose other tests are other processes.
pub(crate) struct SingleTest {
    pub(crate) plan: Plan,
    pub(crate) config: RunConfig,
    /// Shared by all processes of the run.
    pub(crate) run_id: Arc<str>,
    /// Unique among the processes that run now.
    pub(crate) slot: Slot,
    pub(crate) again: RerunCommand,
    clock: Clock,
    process_scope: ScopeState,
    worker_scope: ScopeState,
    /// Where it runs still, although it was given up.
    timed_out: OnceLock<Arc<Watchdog>>,
}

/// Let go in this order.
struct SingleTestLocks {
    _keys: Option<LockSet>,
    _serial: Option<FileLock>,
    _no_parallel: FileLock,
}

impl SingleTest {
    /// The only case of `plan`.
    pub(crate) fn new(plan: Plan, config: RunConfig, run_id: Arc<str>, slot: Slot, again: RerunCommand) -> Self {
        let (process_scope, worker_scope, timed_out) = (ScopeState::default(), ScopeState::default(), OnceLock::new());
        Self { plan, config, run_id, slot, again, clock: Clock::start(), process_scope, worker_scope, timed_out }
    }

    /// Runs the test, and emits the events of a run with one case.
    ///
    /// # Errors
    ///
    /// When a lock against the other processes of the run cannot be used.
    pub(crate) fn run(self: Arc<Self>, emit: &dyn Fn(Event)) -> Result<(), Error> {
        emit(Event::RunStarted(RunStarted {
            version: SCHEMA,
            run: Arc::clone(&self.run_id),
            suite: None,
            seed: self.config.seed,
            shuffled: false,
            workers: self.config.workers.get(),
            planned: 1,
            iterations: 1,
            filtered_out: self.plan.filtered_out,
            captured: self.config.capture == Capture::PerTest,
            again: self.again.clone(),
        }));
        let locks = self.lock()?;
        let sink = Arc::new(OutputSink::default());
        let queued = self.clock.now();
        match timeout::limit(self.planned().case.attributes(), &self.config) {
            None => self.run_here(queued, &sink, &Leases::default(), None, emit),
            Some(_) => self.run_watched(queued, &sink, emit),
        }
        let users: Vec<&'static str> = self.timed_out.get().map(|_| self.planned().name).into_iter().collect();
        let teardown = match self.timed_out.get() {
            None => Teardown::new(&self.config, emit),
            Some(watch) => {
                let teardown = Teardown::beside(&self.config, emit, &users);
                teardown.close_abandoned(&watch.handle);
                teardown
            }
        };
        #[cfg(target_os = "linux")]
        if !users.is_empty() {
            orphans::end_children_of_tests(&[]);
        }
        teardown.close_worker(&self.worker_scope);
        drop(locks);
        teardown.close_process(&self.process_scope);
        test_run::emit_late(&sink, &self.plan, emit);
        emit(Event::RunFinished(RunFinished { took: self.clock.now(), stopped: None }));
        Ok(())
    }

    /// Writes the stack of an abandoned test, if it could not be captured before. The process ends after this.
    ///
    /// # Errors
    ///
    /// When the test is stuck, and may hold a lock that this thread needs.
    pub(crate) fn last_words(&self) -> Result<(), ProbeStuck> {
        if let Some(watch) = self.timed_out.get()
            && let Some(stack) = watch.last_stack()?
        {
            backtrace::show(self.planned().name, &stack);
        }
        Ok(())
    }

    fn planned(&self) -> &Planned {
        &self.plan.cases[0]
    }

    /// Keeps away the other processes of the run, and those of other runs. A process that waits for one of these holds only
    /// earlier ones, so processes do not wait for each other in a cycle.
    fn lock(&self) -> Result<SingleTestLocks, Error> {
        let needs = self.planned().needs();
        let has = |constraint: Constraint| needs.contains(&constraint);
        let mode = if has(Constraint::NoParallel) { Mode::Exclusive } else { Mode::Shared };
        let no_parallel = self.lock_run(RunLock::NoParallel(mode))?;
        let serial = has(Constraint::Serial).then(|| self.lock_run(RunLock::Serial(&self.run_id))).transpose()?;
        let group = self.planned().case.attributes().group;
        let group = group
            .map(|name| Constraint::Lock(LockClaim { domain: LockNamespace::Group, name, access: Access::Exclusive }));
        let needs: Vec<Constraint> = needs.iter().copied().chain(group).collect();
        let has_keys = needs.iter().any(|need| matches!(need, Constraint::Lock(_)));
        let keys = has_keys.then(|| self.lock_keys(&needs)).transpose()?;
        Ok(SingleTestLocks { _keys: keys, _serial: serial, _no_parallel: no_parallel })
    }

    fn lock_run(&self, lock: RunLock<'_>) -> Result<FileLock, Error> {
        match lock.try_take()? {
            Some(held) => Ok(held),
            None => self.reported(&format!("the lock of `{}` tests", lock.tag()), lock.files(), || lock.take()),
        }
    }

    fn lock_keys(&self, needs: &[Constraint]) -> Result<LockSet, Error> {
        let directory = LockDirectory::for_single_test();
        let capacity = |lock: &LockClaim| self.plan.capacity(lock);
        let busy = match directory.try_take(needs, &capacity)? {
            TryLock::Held(keys) => return Ok(keys),
            TryLock::Busy(busy) => busy,
        };
        let files = directory.files(&busy, capacity(&busy));
        self.reported(&format!("`{}`", busy.name), files, || directory.take(needs, &capacity))
    }

    /// A wait that takes long is reported on stderr, since cargo-nextest shows nothing else of a test that runs.
    #[cfg(unix)]
    fn reported<T>(&self, what: &str, files: Vec<PathBuf>, wait: impl FnOnce() -> T) -> T {
        let report = |message: String| capture::write_error(format!("note: {message}\n").as_bytes());
        lock_wait::reported(self.planned().name, what, files, self.config.slow_after, report, wait)
    }

    #[cfg(not(unix))]
    fn reported<T>(&self, _what: &str, _files: Vec<PathBuf>, wait: impl FnOnce() -> T) -> T {
        wait()
    }

    fn run_here(
        self: &Arc<Self>,
        queued: Duration,
        sink: &OutputSink,
        leases: &Leases,
        watch: Option<&Arc<Watchdog>>,
        emit: &dyn Fn(Event),
    ) {
        let workers = self.config.workers.get();
        let worker = Worker::new(self.slot, workers, Arc::clone(&self.run_id), self.config.seed);
        // nextest shows only the output of failed tests, so a report of leaks would not be seen, and the check is not free.
        let leak_check = (self.config.leak == Leak::Fail).then(|| LeakCheck::new(&self.config)).flatten();
        #[cfg(unix)]
        let remote = {
            let run = RunInfo {
                id: Arc::clone(&self.run_id),
                seed: self.config.seed,
                epoch_nanos: self.clock.epoch_nanos(),
                runner: self.config.runner,
            };
            let solo = Arc::clone(self);
            let run_dir = move || RunDir::for_run(&solo.process_scope, &solo.run_id);
            RefCell::new(WorkerClient::new(ProcessConfig::new(&self.config, run, self.slot), run_dir))
        };
        let own_handle = AttemptHandle::default();
        let context = AttemptContext {
            config: &self.config,
            plan: &self.plan,
            clock: self.clock,
            slot: self.slot,
            worker: &worker,
            process_scope: &self.process_scope,
            worker_scope: &self.worker_scope,
            leases,
            sink,
            watch,
            handle: watch.map_or(&own_handle, |watch| &watch.handle),
            stack: watch.map(|watch| &watch.stack),
            leak_check: leak_check.as_ref(),
            #[cfg(unix)]
            remote: Some(&remote),
            place: &SingleTestPlace { emit, watchdog: watch },
        };
        let test_id = test_run::test_id_of(self.planned(), CaseIx(0), 1);
        let mut progress = TestProgress::of(test_id, self.planned(), queued, None);
        // `Err`: the watching thread has abandoned and reported it.
        while let Ok(CaseStep::GivenBack(running)) = test_run::run(&context, self.planned(), progress) {
            // There is no other worker, and nothing beside it.
            context.place.wait_backoff(test_run::backoff_delay(&self.config, self.planned(), &running));
            progress = TestProgress { has_rested: true, ..running };
        }
    }

    /// On a thread of its own, as there is a limit. This thread watches.
    fn run_watched(self: &Arc<Self>, queued: Duration, sink: &Arc<OutputSink>, emit: &dyn Fn(Event)) {
        let watch = Arc::new(Watchdog::new(
            self.clock,
            Arc::clone(sink),
            DeadlineSlot::default(),
            debugger::root(self.config.runner),
        ));
        let events = Arc::new(Mutex::new(Vec::new()));
        let body = {
            let (solo, watch, events) = (Arc::clone(self), Arc::clone(&watch), Arc::clone(&events));
            move || {
                let note = |event| events.lock_even_if_poisoned().push(event);
                let _open = watch.open();
                solo.run_here(queued, &watch.sink, &watch.leases, Some(&watch), &note);
            }
        };
        if let Err(cause) = thread::start("lane", body) {
            emit(Event::Diagnostic {
                message: format!("cannot start the thread of the test: {cause}"),
                severity: Severity::Fault,
            });
            return;
        }
        let lane_event = watch.wait();
        let events = std::mem::take(&mut *events.lock_even_if_poisoned());
        events.into_iter().for_each(emit);
        if let LaneEvent::TimedOut(watched) = lane_event {
            let (keep, capture) = (self.config.keep, self.config.capture);
            let place = LaneInfo { slot: self.slot, keep, capture, retries: 0 };
            let (_, events) = test_run::timed_out(&watched, &watch, self.planned(), place);
            events.into_iter().for_each(emit);
            let _ = self.timed_out.set(watch);
        }
    }
}

/// The process of a single test. cargo-nextest cancels it by a signal, so nothing asks for a reason here.
struct SingleTestPlace<'a> {
    emit: &'a dyn Fn(Event),
    watchdog: Option<&'a Arc<Watchdog>>,
}

impl AttemptPlace for SingleTestPlace<'_> {
    fn emit(&self, event: Event) {
        (self.emit)(event);
    }

    fn wait_backoff(&self, delay: Duration) {
        thread::rest(delay);
    }

    fn cancel_reason(&self) -> Option<CancelReason> {
        None
    }

    fn attempt_starts(&self, _test_id: &TestId, _attempt: u32, _at: Duration) {}

    fn body_starts(&self, _owner: u64, at: Duration) {
        if let Some(watchdog) = self.watchdog {
            watchdog.body_begins(at);
        }
    }

    #[cfg(unix)]
    fn runs_in(&self, _process: u32) {}
}
