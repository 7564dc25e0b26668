//! The test host: runs what is left of a plan on worker threads, and sends events to the controller, which started it.

use std::fs::File;
use std::sync::{Arc, OnceLock};

use crate::execution::event_sink::EventSink;
use crate::execution::pool;
use crate::execution::run_state::RunState;
use crate::execution::watchdog::{TO_DROP, TO_TEAR_DOWN};
use crate::model::config::{Capture, RunConfig};
use crate::model::error::Error;
use crate::model::event::{CancelReason, Event, RunFinished};
use crate::model::protocol::{HostCommand, HostSpec, PlannedName, ResumeState};
use crate::os::clock::Clock;
use crate::os::saved_stdio::SavedStdio;
use crate::os::sys::{self, ProbeStuck};
use crate::os::{backtrace, thread};
use crate::plan::Plan;
use crate::process::bootstrap::{self, Parent};
use crate::process::child;
use crate::process::event_stream::{EventWriter, Magic};
use crate::process::exit_guard;

/// Runs what is left of the plan. All events are sent when this returns. `by_names` makes the controller's plan from the names of
/// its cases, if this one is another.
///
/// # Errors
///
/// When the message of the controller is incomplete, or the workers cannot be started.
pub(crate) fn host(
    parent: Parent<()>,
    order: HostSpec,
    (plan, config): (Plan, RunConfig),
    by_names: impl FnOnce(&[PlannedName]) -> (Plan, RunConfig),
) -> Result<(), Error> {
    let fail = |cause| Error::io("receive the descriptors of the controller", cause);
    let [pipe, board] = <[_; 2]>::try_from(parent.fds).map_err(|_| fail(std::io::ErrorKind::UnexpectedEof.into()))?;
    sys::install_atfork();
    let board = sys::note_crashes_on(File::from(board)).map_err(fail)?;
    let over = Arc::new(OnceLock::new());
    let (writer, streams) = (EventWriter::new(File::from(pipe), Magic::of(&order.run)), SavedStdio::current().ok());
    let event_sink = EventSink::Pipe { writer, board, streams, over: Arc::clone(&over) };
    let clock = Clock::since(order.run.epoch_nanos);
    let resumed = parent.messages.receive::<ResumeState>().map_err(fail)?;
    // Without a message, the controller has found that there is nothing to run.
    let Some(resumed) = resumed else { return Ok(()) };
    let (plan, config) = match &resumed.names {
        Some(names) => by_names(names),
        None if resumed.digest == plan.digest() => (plan, config),
        None => {
            event_sink
                .emit(Event::RunFinished(RunFinished { took: clock.now(), stopped: Some(CancelReason::PlanMismatch) }));
            return Ok(());
        }
    };
    let run = RunState::new(Arc::new(plan), config, order.run.id, clock, event_sink, resumed);
    {
        let run = Arc::clone(&run);
        bootstrap::listen(parent.messages, move |command, _| match command {
            HostCommand::Stop => run.dispatcher.stop(CancelReason::Interrupted),
            // The controller knows from the board which tests run.
            HostCommand::TearDown => {
                child::give_up_all(TO_DROP + TO_TEAR_DOWN);
                // `exit` calls code of the suite, which may need more than the small stack of this thread. If no thread can be started, the
                // controller kills this process.
                let run = Arc::clone(&run);
                let end = move || {
                    if run.tear_down_running(&|event| run.emit(event)) {
                        std::process::exit(0);
                    }
                };
                drop(thread::start("ending", end));
            }
        })?;
    }
    let exit_guard = exit_guard::notice_in_host();
    let _pool = pool::start(&run)?;
    // Never without a word: the last supervisor says it.
    over.wait();
    let last_stacks = run.last_stacks(&|test_id, attempt, stack| match run.config.capture {
        Capture::PerTest => {
            run.emit(Event::LateOutput { test_id, attempt: Some(attempt), output: stack.into_bytes() });
        }
        Capture::Off | Capture::Prefixed => backtrace::show(test_id.name, &stack),
    });
    if let Err(ProbeStuck) = last_stacks {
        // By no means by way of `main`.
        sys::exit_immediately(b"", 0);
    }
    drop(exit_guard);
    Ok(())
}
