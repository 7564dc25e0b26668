//! A process of one worker: runs what its parent asks for, one attempt after the other.
//!
//! What it writes goes into a pipe that the parent reads, or to the terminal, so nothing is captured here.

use std::cell::RefCell;
use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::execution::context::{AttemptContext, AttemptPlace};
use crate::execution::leak_check::LeakCheck;
use crate::execution::teardown::Teardown;
use crate::execution::watchdog::TO_DROP;
use crate::execution::{attempt, diagnostics, test_run};
use crate::fixture::attempt_handle::AttemptHandle;
use crate::fixture::scope_state::ScopeState;
use crate::fixture::timeout_clock::{TimeoutClock, TimeoutControl};
use crate::lane::run_dir::RunDir;
use crate::lane::worker_lane::Lane;
use crate::model::config::{Capture, RunConfig};
use crate::model::error::Error;
use crate::model::event::{CancelReason, CaseIx, Event, Severity, TestId};
use crate::model::leaks::Leaks;
use crate::model::lease::Leases;
use crate::model::mutex::MutexExt;
use crate::model::outcome::Outcome;
use crate::model::protocol::{Notice, WorkerRequest, WorkerResponse, WorkerSpec};
use crate::model::test_id;
use crate::model::timing::Timing;
use crate::model::worker::Worker;
use crate::os::capture::OutputSink;
use crate::os::clock::Clock;
use crate::os::message_channel::MessageChannel;
use crate::os::state_dir::StateDir;
use crate::os::sys::{RunBoard, RunningAttempt};
use crate::os::{backtrace, sys, thread};
use crate::plan::Plan;
use crate::policy::classify;
use crate::process::bootstrap::{self, Parent};
use crate::process::exit_guard;
use crate::test_case::case::Case;

/// The exit code of a process whose attempt was given up. The parent knows why.
const GIVEN_UP: i32 = 101;

/// Serves until the parent has nothing more, or is gone; then the process ends.
///
/// # Errors
///
/// When the thread of the lane cannot be started, or the connection breaks.
pub(crate) fn serve(
    parent: Parent<WorkerSpec>,
    config: RunConfig,
    find: impl Fn(&str) -> Option<&'static Case> + Send + 'static,
) -> Result<(), Error> {
    let fail = |cause| Error::io("serve the process that started this one", cause);
    let Parent { messages, order, fds } = parent;
    let [board] = <[_; 1]>::try_from(fds).map_err(|_| fail(std::io::ErrorKind::UnexpectedEof.into()))?;
    sys::install_atfork();
    let board = sys::note_crashes_on(File::from(board)).map_err(fail)?;
    // Never given back: the process ends by `exit` when all is well, too.
    std::mem::forget(exit_guard::notice_in_host());
    let watched = messages.stream().try_clone().map_err(fail)?;
    let capture = if order.is_prefixed { Capture::Prefixed } else { Capture::Off };
    let state = Arc::new(WorkerProcessState {
        config: RunConfig { capture, ..config },
        messages,
        process_scope: ScopeState::default(),
        worker_scope: ScopeState::default(),
        handle: AttemptHandle::default(),
        stack: Arc::default(),
    });
    let lane_state = Arc::clone(&state);
    let lane = move || {
        let _entered = lane_state.stack.enter();
        let server = WorkerMain { order, find, board, state: lane_state };
        match server.serve() {
            Ok(()) => std::process::exit(0),
            // The parent is gone, so this process ends the processes that tests have left.
            Err(_) => bootstrap::end_group(),
        }
    };
    thread::start("lane", lane).map_err(fail)?;
    sys::leave_crashes_to_others();
    bootstrap::end_with_parent(&watched, || state.end_given_up())
}

/// What the thread of the lane and the thread that waits for the parent share.
struct WorkerProcessState {
    config: RunConfig,
    messages: MessageChannel,
    process_scope: ScopeState,
    worker_scope: ScopeState,
    /// The attempt that runs, for the other thread.
    handle: AttemptHandle,
    stack: Arc<sys::Stack>,
}

impl WorkerProcessState {
    /// The parent has given up the attempt: reports where it is, and tears down what can be torn down. Then the process exits normally, so
    /// that the counters of a coverage build are written.
    fn end_given_up(&self) {
        // If a cancelled body notices it, the thread of the lane tears down the fixtures, and exits.
        if self.handle.cancel_within(TO_DROP) {
            return;
        }
        if let Ok(stack) = backtrace::last_report(&self.stack, backtrace::ITS_TIME)
            && let Some(text) = diagnostics::whereabouts(stack)
        {
            // There is no other place to report a failure.
            let _ = sys::write_stderr(text.as_bytes());
        }
        let notices = RefCell::new(Vec::new());
        let emit = |event| notices.borrow_mut().extend(notice_for(event));
        let users: Vec<&'static str> = self.handle.test().into_iter().collect();
        let begins = || self.say(&WorkerResponse::Closing);
        let teardown = Teardown { begins: &begins, ..Teardown::beside(&self.config, &emit, &users) };
        begins();
        teardown.close_abandoned(&self.handle);
        teardown.discard_fixtures(&self.worker_scope);
        teardown.discard_fixtures(&self.process_scope);
        self.say(&WorkerResponse::Closed { notices: notices.take() });
        std::process::exit(GIVEN_UP)
    }

    /// If the parent is gone, this process is about to end.
    fn say(&self, response: &WorkerResponse) {
        let _ = self.messages.send(response);
    }
}

struct WorkerMain<F> {
    order: WorkerSpec,
    find: F,
    board: &'static RunBoard,
    state: Arc<WorkerProcessState>,
}

impl<F: Fn(&str) -> Option<&'static Case>> WorkerMain<F> {
    fn serve(&self) -> std::io::Result<()> {
        let WorkerProcessState { config, messages, process_scope, worker_scope, .. } = &*self.state;
        let WorkerSpec { run, slot, workers, .. } = &self.order;
        let worker = Worker::new(*slot, *workers, Arc::clone(&run.id), run.seed);
        let notices = RefCell::new(Vec::new());
        let leak_check = LeakCheck::new(config);
        let place = WorkerProcessPlace { notices: &notices, board: self.board };
        let context = AttemptContext {
            config,
            clock: Clock::since(run.epoch_nanos),
            slot: *slot,
            worker: &worker,
            process_scope,
            worker_scope,
            leases: &Leases::default(),
            sink: &OutputSink::default(),
            plan: &Plan::default(),
            watch: None,
            handle: &self.state.handle,
            stack: Some(&self.state.stack),
            leak_check: leak_check.as_ref(),
            remote: None,
            place: &place,
        };
        let lane = self.settle_in(&context);
        let teller = Arc::new(RemoteTimeoutControl {
            state: Arc::clone(&self.state),
            clock: context.clock,
            number: Mutex::default(),
        });
        messages.send(&WorkerResponse::Ready)?;
        while let Some(WorkerRequest::Attempt { name, owner, number }) = messages.receive()? {
            let not_possible = |why| (classify::not_possible(why), Timing::default(), Leaks::default());
            let (outcome, took, leaks) = match (&lane, (self.find)(&name)) {
                (Err(error), _) => not_possible(error.to_string()),
                (_, None) => not_possible(classify::unknown_test(&name)),
                (Ok(_), Some(case)) => self.attempt(&context, case, (owner, number), &teller),
            };
            messages.send(&WorkerResponse::Attempted { outcome, took, leaks, notices: notices.take() })?;
        }
        let emit = |event| place.emit(event);
        let begins = || self.state.say(&WorkerResponse::Closing);
        let teardown = Teardown { begins: &begins, ..Teardown::new(config, &emit) };
        teardown.close_worker(worker_scope);
        teardown.close_process(process_scope);
        messages.send(&WorkerResponse::Closed { notices: notices.take() })
    }

    /// The lane is the parent's; it lives longer than this process.
    fn settle_in(&self, context: &AttemptContext<'_>) -> Result<(), Error> {
        let run_dir =
            context.process_scope.values.get_or_make(|| RunDir::enter(StateDir::for_user(), &self.order.run.id))?;
        let lane = Lane::in_directory(run_dir, self.order.slot, self.order.lane.clone());
        context.worker_scope.values.get_or_make(|| Ok::<_, Error>(lane)).map(drop)
    }

    fn attempt(
        &self,
        context: &AttemptContext<'_>,
        case: &'static Case,
        (owner, number): (u64, u32),
        teller: &Arc<RemoteTimeoutControl>,
    ) -> (Outcome, Timing, Leaks) {
        let before = context.leak_check.map(|check| (check, check.begin(context.worker_scope)));
        let timeout_clock = teller.begin();
        let attempted = attempt::run_on_thread(context, case, owner, number, Some(&timeout_clock));
        teller.end();
        // Nothing is kept here, but a leaked thread keeps working for this owner during later tests.
        drop((context.sink.take(), context.sink.late()));
        let (case_ix, iteration) = test_id::unpack(owner).unwrap_or((CaseIx(0), 1));
        test_run::give_back(context, &TestId { case: case_ix, name: case.name(), iteration }, &attempted.outcome);
        let leaks = before.map_or_else(Leaks::default, |(check, before)| check.end(&before, context.worker_scope));
        sys::flush_c_streams();
        (attempted.outcome, attempted.took, leaks)
    }
}

/// A worker process. Its parent waits between attempts and knows when they start.
struct WorkerProcessPlace<'a> {
    notices: &'a RefCell<Vec<Notice>>,
    board: &'a RunBoard,
}

impl AttemptPlace for WorkerProcessPlace<'_> {
    fn emit(&self, event: Event) {
        self.notices.borrow_mut().extend(notice_for(event));
    }

    fn wait_backoff(&self, _delay: Duration) {}

    fn cancel_reason(&self) -> Option<CancelReason> {
        None
    }

    fn attempt_starts(&self, _test_id: &TestId, _attempt: u32, _at: Duration) {}

    /// The parent reads the board when the timeout of the test is over.
    fn body_starts(&self, owner: u64, at: Duration) {
        let at_nanos = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        self.board.begin(RunningAttempt { slot: 0, owner, attempt: 0, at_nanos, ends_at_nanos: None, process: 0 });
    }

    fn runs_in(&self, _process: u32) {}
}

/// Asks the parent, which keeps the time, to pause the timeout clock and to resume it.
struct RemoteTimeoutControl {
    state: Arc<WorkerProcessState>,
    clock: Clock,
    /// The number of the attempt that runs. Held while something is said of it, as several threads may.
    number: Mutex<u64>,
}

impl RemoteTimeoutControl {
    fn begin(self: &Arc<Self>) -> TimeoutClock {
        let number = *self.lock();
        TimeoutClock::new(Arc::<Self>::clone(self), number)
    }

    /// From now on the connection is for the answer alone.
    fn end(&self) {
        *self.lock() += 1;
    }

    fn say(&self, number: u64, answer: impl FnOnce(Duration) -> WorkerResponse) {
        let running = self.lock();
        if *running == number {
            self.state.say(&answer(self.clock.now()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.number.lock_even_if_poisoned()
    }
}

impl TimeoutControl for RemoteTimeoutControl {
    fn pause(&self, number: u64) {
        self.say(number, |at| WorkerResponse::Stands { at });
    }

    fn resume(&self, number: u64) {
        self.say(number, |at| WorkerResponse::GoesOn { at });
    }
}

pub(crate) fn notice_for(event: Event) -> Option<Notice> {
    match event {
        Event::Kept { path, .. } => Some(Notice::Kept(path)),
        Event::Diagnostic { message, severity: Severity::Note } => Some(Notice::Note(message)),
        Event::Diagnostic { message, .. } => Some(Notice::Failure(message)),
        Event::RunStarted(_)
        | Event::AttemptStarted { .. }
        | Event::AttemptFinished(_)
        | Event::CaseFinished(_)
        | Event::LateOutput { .. }
        | Event::Slow(_)
        | Event::RunFinished(_) => None,
    }
}
