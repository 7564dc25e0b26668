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
use crate::controller::monitor;
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
use crate::policy::run_monitor::{MonitorAction, RunMonitor};
use crate::process::exit_guard;
#[cfg(unix)]
use crate::process::{child, orphans};
use crate::report::Reports;

/// Runs everything, and tells of it.
///
/// # Errors
///
/// When nobody can work, the results are not whole, or cannot be told.
pub(crate) fn run(
    plan: &Arc<Plan>,
    config: RunConfig,
    run_id: Arc<str>,
    clock: Clock,
    reports: Reports,
) -> Result<Code, Error> {
    let (sender, events) = channel();
    #[cfg(unix)]
    let page = RunBoard::new().ok().map(Arc::new);
    #[cfg(unix)]
    let outlet = EventSink::Here { sender, page: page.clone() };
    #[cfg(not(unix))]
    let outlet = EventSink::Here { sender };
    let open = RemainingTests::new(plan.cases.len(), config.rounds.get());
    let lookout = RunMonitor::new(config.slow_after, config.run_timeout, signals::GRACE);
    let run = RunState::new(Arc::clone(plan), config, run_id, clock, outlet, ResumeState::default());
    let is_interrupted = Arc::<AtomicBool>::default();
    listen_for_signals(&run, &is_interrupted)?;
    let noticed = exit_guard::notice();
    let _pool = pool::start(&run)?;
    let mut here = InProcess {
        run: Arc::clone(&run),
        reports,
        open,
        lookout,
        looks_at: Duration::ZERO,
        #[cfg(unix)]
        page,
        is_interrupted,
        cut: None,
    };
    let Some(stop) = here.follow(&events) else {
        drop(noticed);
        let code = exit_code::conclude(here.reports.finish(), plan);
        if let Err(ProbeStuck) = run.last_stacks(&|told, _, stack| backtrace::show(told.name, &stack)) {
            sys::end_now(b"", exit_code::number(&code));
        }
        return code;
    };
    here.tell_the_rest(stop);
    let code = exit_code::conclude(here.reports.finish(), plan);
    run.clean_up_in_a_hurry();
    // Not by way of `main`: what runs after that may wait for a test that runs still.
    let (code, message) = match code {
        Ok(code) => (code, String::new()),
        Err(error) => (Code::of_error(&error), format!("error: {error}\n")),
    };
    signals::exit(code as u8, &message)
}

/// What the thread knows that reports.
struct InProcess {
    run: Arc<RunState>,
    reports: Reports,
    open: RemainingTests,
    lookout: RunMonitor,
    /// When it looks.
    looks_at: Duration,
    #[cfg(unix)]
    page: Option<Arc<RunBoard>>,
    /// Somebody wants the process to end, although tests run in it.
    is_interrupted: Arc<AtomicBool>,
    /// It is to end with them, and why.
    cut: Option<CancelReason>,
}

impl InProcess {
    /// Tells what there is until the run is over, or until it is to be cut off, and why.
    fn follow(&mut self, events: &Receiver<Event>) -> Option<CancelReason> {
        loop {
            let wait = self.look();
            if self.is_interrupted.load(Ordering::Acquire) {
                self.cut.get_or_insert(CancelReason::Interrupted);
            }
            let event = match events.try_recv() {
                Ok(event) => event,
                Err(TryRecvError::Empty) if self.cut.is_some() => return self.cut,
                Err(TryRecvError::Empty) => {
                    // Nothing new for the moment, so a reader gets what there is.
                    self.reports.settle();
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
                fixture_server_shutdown::end(&run.id, &mut |event| self.tell(&event));
                orphans::end_and_tell(&mut |event| self.tell(&event));
            }
            self.tell(&event);
            if is_last {
                return None;
            }
        }
    }

    fn tell(&mut self, event: &Event) {
        self.open.note(event);
        self.reports.told(event);
    }

    /// Looks what runs, if it is time to. Answers when that is again.
    #[cfg(unix)]
    fn look(&mut self) -> Duration {
        let run = Arc::clone(&self.run);
        let now = run.clock.now();
        if now < self.looks_at {
            return self.looks_at - now;
        }
        let begun = self.page.as_ref().map(|page| page.begun()).unwrap_or_default();
        let (sights, next) = monitor::look(&mut self.lookout, now, &begun, &run.plan, &run.config);
        self.looks_at = next;
        for sight in sights {
            match sight {
                MonitorAction::Slow(running, after) => {
                    let slow = monitor::slow(&running, after, &begun, std::process::id(), &run.plan);
                    slow.into_iter().for_each(|slow| self.tell(&Event::Slow(slow)));
                }
                MonitorAction::OutOfTime => {
                    run.gate.stop(CancelReason::OutOfTime);
                    self.tell(&signals::out_of_time(run.config.run_timeout.unwrap_or_default()));
                }
                // The workers go on without their processes, to the end of the run.
                MonitorAction::OutOfGrace if !run.config.isolation.is_of_threads() => child::end_all(),
                MonitorAction::OutOfGrace => {
                    self.tell(&signals::ends_with_tests());
                    self.cut = Some(CancelReason::OutOfTime);
                }
            }
        }
        orphans::take_leave();
        next.saturating_sub(now)
    }

    /// There is nowhere to look.
    #[cfg(not(unix))]
    fn look(&mut self) -> Duration {
        Duration::MAX
    }

    /// The last word on each case that is not over, for a run that is cut off. Who still runs is not asked: nobody can stop a thread.
    fn tell_the_rest(&mut self, stop: CancelReason) {
        let run = Arc::clone(&self.run);
        #[cfg(unix)]
        {
            let mut begun = self.page.as_ref().map(|page| page.begun()).unwrap_or_default();
            begun.retain(|begun| test_id::unpack(begun.owner).is_some_and(|entry| self.open.is_open(entry)));
            for begun in begun {
                self.tell_of_running(begun, stop);
            }
        }
        for event in synthesized_events::rest(&run.plan, &self.open, Some(stop)) {
            self.tell(&event);
        }
        self.tell(&Event::RunFinished(RunFinished { took: run.clock.now(), stopped: Some(stop) }));
    }

    /// What is told of an attempt that runs still.
    #[cfg(unix)]
    fn tell_of_running(&mut self, begun: RunningAttempt, stop: CancelReason) {
        let run = Arc::clone(&self.run);
        let events = match (stop, test_id::unpack(begun.owner)) {
            (CancelReason::OutOfTime, _) => {
                let limit = run.config.run_timeout.unwrap_or_default();
                let (ended, output) = (BodyResult::RunTimedOut { limit }, run.output_of(begun.owner));
                synthesized_events::convicted(
                    (&run.plan, &run.config, &self.open),
                    begun,
                    ended,
                    output,
                    run.clock.now(),
                )
            }
            (_, Some((case, _))) => vec![test_run::told_of_interrupted(run.plan.cases[case.ix()].name)],
            (_, None) => Vec::new(),
        };
        events.iter().for_each(|event| self.tell(event));
    }
}

/// The first signal asks the run to stop, the second, or the end of the grace, ends the process.
fn listen_for_signals(run: &Arc<RunState>, is_interrupted: &Arc<AtomicBool>) -> Result<(), Error> {
    let (run, is_interrupted) = (Arc::clone(run), Arc::clone(is_interrupted));
    signals::watch(Arc::new(move |count| match count {
        1 => {
            run.gate.stop(CancelReason::Interrupted);
            run.tell(signals::interrupted());
        }
        // Without their processes the workers come to the end of the run, and all is told.
        _ if !run.config.isolation.is_of_threads() => {
            #[cfg(unix)]
            child::end_all();
        }
        2 => {
            is_interrupted.store(true, Ordering::Release);
            run.tell(signals::ends_with_tests());
        }
        // Whoever reports does not come to the end: nobody takes what it writes, or a value's `drop` hangs.
        _ => signals::exit(Code::Interrupted as u8, ""),
    }))
}
