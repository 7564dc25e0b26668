//! A run whose workers are threads of the controller. They run tests themselves, or in processes of their own.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::Duration;

use crate::controller::backend::Backend;
use crate::controller::exit_code::{self, Code};
use crate::controller::run_loop::Controller;
use crate::execution::event_sink::{EventSink, LocalMessage};
use crate::execution::pool;
use crate::execution::run_state::RunState;
#[cfg(unix)]
use crate::execution::watchdog::{TO_DROP, TO_TEAR_DOWN};
use crate::model::config::RunConfig;
use crate::model::error::Error;
use crate::model::event::{CancelReason, Event, RunFinished};
use crate::model::protocol::{ResumeState, RunInfo};
use crate::os::clock::Clock;
#[cfg(target_os = "linux")]
use crate::os::procfs;
use crate::os::sys::{self, ProbeStuck};
#[cfg(unix)]
use crate::os::sys::{RunBoard, RunningAttempt};
use crate::os::{backtrace, signals};
use crate::plan::Plan;
#[cfg(unix)]
use crate::process::child;
use crate::process::exit_guard;
#[cfg(target_os = "linux")]
use crate::process::orphans;
use crate::process::wakeup::Wakeup;
use crate::report::Reports;

/// Runs every test, and reports it.
///
/// # Errors
///
/// If the workers cannot be started, a result is missing, or the report cannot be written.
pub(crate) fn run(
    plan: &Arc<Plan>,
    config: RunConfig,
    run: RunInfo,
    clock: Clock,
    mut reports: Reports,
) -> Result<Code, Error> {
    let (sender, messages) = channel();
    #[cfg(unix)]
    let board = RunBoard::new().ok().map(Arc::new);
    let event_sink = EventSink::Local {
        sender: sender.clone(),
        #[cfg(unix)]
        board: board.clone(),
    };
    let state = RunState::new(Arc::clone(plan), config, Arc::clone(&run.id), clock, event_sink, ResumeState::default());
    handle_signals(&state, sender)?;
    let exit_guard = exit_guard::notice();
    #[cfg(target_os = "linux")]
    let earlier = procfs::children();
    let _pool = pool::start(&state)?;
    let mut workers = WorkerThreads {
        state: &state,
        messages,
        pending: None,
        finished: None,
        is_cut_off: false,
        #[cfg(unix)]
        board,
    };
    let mut controller = Controller::new(plan, &state.config, run, clock, &mut reports);
    controller.follow(&mut workers)?;
    let Some(finished) = workers.finished else {
        let events = RefCell::new(Vec::new());
        state.tear_down_running(&|event| events.borrow_mut().push(event));
        events.take().into_iter().for_each(|event| controller.emit(event));
        report_cut_off(&mut controller, &workers);
        let code = exit_code::conclude(reports.finish(), plan);
        state.clean_up_in_a_hurry();
        // Not through `main`: code that runs after it might wait for a test that still runs.
        let (code, message) = match code {
            Ok(code) => (code, String::new()),
            Err(error) => (Code::from_error(&error), format!("error: {error}\n")),
        };
        signals::exit(code as u8, &message)
    };
    controller.workers_finished(finished);
    // The workers have reported the tests that they did not start. If a result is missing, the ledger says so.
    controller.end_processes();
    #[cfg(target_os = "linux")]
    if !state.hanging().is_empty() {
        orphans::end_children_of_tests(&earlier);
    }
    controller.report_end();
    drop(exit_guard);
    let code = exit_code::conclude(reports.finish(), plan);
    if let Err(ProbeStuck) = state.last_stacks(&|test_id, _, stack| backtrace::show(test_id.name, &stack)) {
        sys::exit_immediately(b"", exit_code::number(&code));
    }
    code
}

/// Gives each test a verdict although some still run: only the end of this process ends a thread.
fn report_cut_off(controller: &mut Controller<'_>, workers: &WorkerThreads<'_>) {
    let reason = controller.stopped.unwrap_or(CancelReason::Interrupted);
    #[cfg(unix)]
    {
        let running = workers.board.as_ref().map(|board| board.running()).unwrap_or_default();
        let running = controller.open(running);
        controller.report_cut_off(reason, running, &|owner| workers.state.output_of(owner));
    }
    controller.stopped = Some(reason);
    controller.report_remaining();
    controller.report_end();
}

/// The workers, as threads of this process.
struct WorkerThreads<'a> {
    state: &'a Arc<RunState>,
    messages: Receiver<LocalMessage>,
    /// The message that ended the last wait.
    pending: Option<LocalMessage>,
    /// Their last event.
    finished: Option<RunFinished>,
    /// This process ends although tests still run in it.
    is_cut_off: bool,
    #[cfg(unix)]
    board: Option<Arc<RunBoard>>,
}

impl Backend for WorkerThreads<'_> {
    fn next_event(&mut self) -> Result<Option<Event>, Error> {
        let message = match self.pending.take() {
            Some(message) => Ok(message),
            None => self.messages.try_recv(),
        };
        match message {
            Ok(LocalMessage::Event(Event::RunFinished(finished))) => self.finished = Some(finished),
            Ok(LocalMessage::Event(event)) => return Ok(Some(event)),
            Ok(interrupted @ LocalMessage::Interrupted { .. }) => self.pending = Some(interrupted),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
        }
        Ok(None)
    }

    fn wait(&mut self, limit: Duration) -> Result<Wakeup, Error> {
        if let Some(LocalMessage::Interrupted { again }) = self.pending {
            self.pending = None;
            return Ok(Wakeup::Interrupted { again });
        }
        if self.finished.is_some() || self.is_cut_off {
            return Ok(Wakeup::Ended);
        }
        match self.messages.recv_timeout(limit) {
            Ok(message) => self.pending = Some(message),
            Err(RecvTimeoutError::Timeout) => return Ok(Wakeup::Nothing),
            Err(RecvTimeoutError::Disconnected) => return Ok(Wakeup::Ended),
        }
        Ok(Wakeup::Events)
    }

    fn stop(&mut self, reason: CancelReason) {
        self.state.dispatcher.stop(reason);
    }

    fn kill(&mut self) -> Option<Event> {
        if self.state.config.isolation.is_of_threads() {
            let is_first = !std::mem::replace(&mut self.is_cut_off, true);
            return is_first.then(signals::ends_with_tests);
        }
        // When their processes are gone, the workers reach the end of the run.
        #[cfg(unix)]
        child::give_up_all(TO_DROP + TO_TEAR_DOWN);
        None
    }

    #[cfg(unix)]
    fn board(&self) -> Option<&RunBoard> {
        self.board.as_deref()
    }

    #[cfg(unix)]
    fn process(&self) -> u32 {
        std::process::id()
    }

    /// This process responds, since it runs this function.
    #[cfg(unix)]
    fn check_health(&mut self, _now: Duration, _running: &[RunningAttempt]) {}
}

/// The first signal stops the run. The second one, or the end of the grace period, ends the running tests. The third one ends this process
/// even if the controller cannot, for instance because nothing reads its output.
fn handle_signals(state: &Arc<RunState>, sender: Sender<LocalMessage>) -> Result<(), Error> {
    let state = Arc::clone(state);
    let are_threads = state.config.isolation.is_of_threads();
    // If tests run in this process, the system stops it, and no process of the run has its own group.
    #[cfg(unix)]
    let suspend: Option<fn()> = (!are_threads).then_some(child::suspend_all);
    #[cfg(not(unix))]
    let suspend: Option<fn()> = None;
    let on_signal = move |count| {
        match count {
            // Immediately, even if the controller must first report many events.
            1 => state.dispatcher.stop(CancelReason::Interrupted),
            3.. if are_threads => signals::exit(Code::Interrupted as u8, ""),
            #[cfg(unix)]
            2 if !are_threads => child::give_up_all(TO_DROP + TO_TEAR_DOWN),
            #[cfg(unix)]
            _ if !are_threads => child::end_all(),
            _ => {}
        }
        // The controller has ended if it does not receive this.
        let _ = sender.send(LocalMessage::Interrupted { again: count > 1 });
    };
    signals::watch(Arc::new(on_signal), suspend)
}
