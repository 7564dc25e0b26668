//! A run whose workers are threads of the process that cargo has started, with or without processes of their own: starts them,
//! listens, looks on, and has the last word if they do not come to an end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::time::Duration;

use crate::controller::exit_code::{self, Code};
#[cfg(target_os = "linux")]
use crate::controller::fixture_server_shutdown;
#[cfg(unix)]
use crate::controller::monitor::Monitor;
use crate::controller::synthesized_events;
use crate::execution::event_sink::EventSink;
use crate::execution::pool;
use crate::execution::run_state::RunState;
#[cfg(unix)]
use crate::execution::test_run;
use crate::model::config::RunConfig;
use crate::model::error::Error;
use crate::model::event::{CancelReason, Event, RunFinished};
#[cfg(unix)]
use crate::model::outcome::BodyResult;
use crate::model::protocol::ResumeState;
#[cfg(unix)]
use crate::model::test_id;
use crate::os::clock::Clock;
use crate::os::sys::{self, ProbeStuck};
#[cfg(unix)]
use crate::os::sys::{RunBoard, RunningAttempt};
use crate::os::{backtrace, signals};
use crate::plan::Plan;
use crate::policy::remaining_tests::RemainingTests;
use crate::process::exit_guard;
#[cfg(unix)]
use crate::process::{child, orphans};
use crate::report::Reports;

/// Runs everything, and tells of it.
///
/// # Errors
///
/// When the workers cannot be started, a result is missing, or the report cannot be written.
pub(crate) fn run(
    plan: &Arc<Plan>,
    config: RunConfig,
    run_id: Arc<str>,
    clock: Clock,
    reports: Reports,
) -> Result<Code, Error> {
    let (sender, events) = channel();
    #[cfg(unix)]
    let board = RunBoard::new().ok().map(Arc::new);
    #[cfg(unix)]
    let event_sink = EventSink::Local { sender, board: board.clone() };
    #[cfg(not(unix))]
    let event_sink = EventSink::Local { sender };
    let remaining = RemainingTests::new(plan.cases.len(), config.iterations.get());
    #[cfg(unix)]
    let monitor = Monitor::new(&config);
    let run = RunState::new(Arc::clone(plan), config, run_id, clock, event_sink, ResumeState::default());
    let is_interrupted = Arc::<AtomicBool>::default();
    listen_for_signals(&run, &is_interrupted)?;
    let exit_guard = exit_guard::notice();
    let _pool = pool::start(&run)?;
    let mut here = InProcess {
        run: Arc::clone(&run),
        reports,
        remaining,
        #[cfg(unix)]
        monitor,
        #[cfg(unix)]
        board,
        is_interrupted,
        cancelled: None,
    };
    let Some(stop) = here.follow(&events) else {
        drop(exit_guard);
        let code = exit_code::conclude(here.reports.finish(), plan);
        if let Err(ProbeStuck) = run.last_stacks(&|test_id, _, stack| backtrace::show(test_id.name, &stack)) {
            sys::exit_immediately(b"", exit_code::number(&code));
        }
        return code;
    };
    here.emit_remaining(stop);
    let code = exit_code::conclude(here.reports.finish(), plan);
    run.clean_up_in_a_hurry();
    // Not by way of `main`: what runs after that may wait for a test that runs still.
    let (code, message) = match code {
        Ok(code) => (code, String::new()),
        Err(error) => (Code::from_error(&error), format!("error: {error}\n")),
    };
    signals::exit(code as u8, &message)
}

/// What the thread knows that reports.
struct InProcess {
    run: Arc<RunState>,
    reports: Reports,
    remaining: RemainingTests,
    #[cfg(unix)]
    monitor: Monitor,
    #[cfg(unix)]
    board: Option<Arc<RunBoard>>,
    /// A second signal asked the process to end while tests still run in it.
    is_interrupted: Arc<AtomicBool>,
    /// It is to end with them, and why.
    cancelled: Option<CancelReason>,
}

impl InProcess {
    /// Tells what there is until the run is over, or until it is to be cut off, and why.
    fn follow(&mut self, events: &Receiver<Event>) -> Option<CancelReason> {
        loop {
            let wait = self.monitor();
            if self.is_interrupted.load(Ordering::Acquire) {
                self.cancelled.get_or_insert(CancelReason::Interrupted);
            }
            let event = match events.try_recv() {
                Ok(event) => event,
                Err(TryRecvError::Empty) if self.cancelled.is_some() => return self.cancelled,
                Err(TryRecvError::Empty) => {
                    // Nothing new for the moment, so a reader gets what there is.
                    self.reports.flush();
                    match events.recv_timeout(wait) {
                        Ok(event) => event,
                        Err(RecvTimeoutError::Timeout) => continue,
                        Err(RecvTimeoutError::Disconnected) => return None,
                    }
                }
                Err(TryRecvError::Disconnected) => return None,
            };
            let is_last = matches!(event, Event::RunFinished(_));
            #[cfg(unix)]
            if is_last {
                let run = Arc::clone(&self.run);
                #[cfg(target_os = "linux")]
                fixture_server_shutdown::end(&run.id, &mut |event| self.emit(&event));
                orphans::end_and_emit(&mut |event| self.emit(&event));
            }
            self.emit(&event);
            if is_last {
                return None;
            }
        }
    }

    fn emit(&mut self, event: &Event) {
        self.remaining.note(event);
        self.reports.handle(event);
    }

    /// Monitors what runs, if it is time to. Returns the time until the next check.
    #[cfg(unix)]
    fn monitor(&mut self) -> Duration {
        let run = Arc::clone(&self.run);
        let now = run.clock.now();
        let Some(check) = self.monitor.check(now, self.board.as_deref(), std::process::id(), &run.plan, &run.config)
        else {
            return self.monitor.wait(now);
        };
        if check.is_out_of_time {
            run.dispatcher.stop(CancelReason::OutOfTime);
        }
        check.events.iter().for_each(|event| self.emit(event));
        if check.is_out_of_grace {
            if run.config.isolation.is_of_threads() {
                self.emit(&signals::ends_with_tests());
                self.cancelled = Some(CancelReason::OutOfTime);
            } else {
                // The workers go on without their processes, to the end of the run.
                child::end_all();
            }
        }
        orphans::reap();
        self.monitor.wait(now)
    }

    /// Nothing can be monitored here.
    #[cfg(not(unix))]
    fn monitor(&mut self) -> Duration {
        Duration::MAX
    }

    /// The last word on each case that is not over, for a run that is cut off. Who still runs is not asked: nobody can stop a thread.
    fn emit_remaining(&mut self, stop: CancelReason) {
        let run = Arc::clone(&self.run);
        #[cfg(unix)]
        {
            let mut running = self.board.as_ref().map(|board| board.running()).unwrap_or_default();
            running.retain(|running| test_id::unpack(running.owner).is_some_and(|entry| self.remaining.is_open(entry)));
            for running in running {
                self.emit_running(running, stop);
            }
        }
        for event in synthesized_events::rest(&run.plan, &self.remaining, Some(stop)) {
            self.emit(&event);
        }
        self.emit(&Event::RunFinished(RunFinished { took: run.clock.now(), stopped: Some(stop) }));
    }

    /// What is told of an attempt that runs still.
    #[cfg(unix)]
    fn emit_running(&mut self, running: RunningAttempt, stop: CancelReason) {
        let run = Arc::clone(&self.run);
        let events = match (stop, test_id::unpack(running.owner)) {
            (CancelReason::OutOfTime, _) => {
                let limit = run.config.run_timeout.unwrap_or_default();
                let (body_result, output) = (BodyResult::RunTimedOut { limit }, run.output_of(running.owner));
                synthesized_events::crash_events(
                    (&run.plan, &run.config, &self.remaining),
                    running,
                    body_result,
                    output,
                    run.clock.now(),
                )
            }
            (_, Some((case, _))) => vec![test_run::diagnostic_for_interrupted(run.plan.cases[case.ix()].name)],
            (_, None) => Vec::new(),
        };
        events.iter().for_each(|event| self.emit(event));
    }
}

/// The first signal asks the run to stop, the second, or the end of the grace, ends the process.
fn listen_for_signals(run: &Arc<RunState>, is_interrupted: &Arc<AtomicBool>) -> Result<(), Error> {
    let (run, is_interrupted) = (Arc::clone(run), Arc::clone(is_interrupted));
    signals::watch(Arc::new(move |count| match count {
        1 => {
            run.dispatcher.stop(CancelReason::Interrupted);
            run.emit(signals::interrupted());
        }
        // Without their processes the workers come to the end of the run, and all is told.
        _ if !run.config.isolation.is_of_threads() => {
            #[cfg(unix)]
            child::end_all();
        }
        2 => {
            is_interrupted.store(true, Ordering::Release);
            run.emit(signals::ends_with_tests());
        }
        // Whoever reports does not come to the end: nobody takes what it writes, or a value's `drop` hangs.
        _ => signals::exit(Code::Interrupted as u8, ""),
    }))
}
