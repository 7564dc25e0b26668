//! Events for facts beside the result of an attempt.

use std::path::PathBuf;

use crate::model::error::Error;
use crate::model::event::{Event, Severity, TestId};
#[cfg(unix)]
use crate::model::outcome::ProcessExit;
#[cfg(unix)]
use crate::model::protocol::Notice;
#[cfg(unix)]
use crate::model::test_id;
#[cfg(unix)]
use crate::plan::{Plan, Planned};
#[cfg(unix)]
use crate::process::exit_status;

/// A thread that an earlier test left behind ended the process in which `innocent` ran; `leftover` is the owner of that thread, if known.
#[cfg(unix)]
pub(crate) fn left_thread(plan: &Plan, leftover: u64, process_exit: &ProcessExit, innocent: &TestId) -> Event {
    let leftover = test_id::unpack(leftover).and_then(|(case, _)| plan.cases.get(case.ix()));
    let innocent = innocent.name;
    let (message, severity) = match leftover {
        Some(Planned { name, .. }) => (
            format!(
                "a thread that the test `{name}` left behind ended a worker process: {process_exit}; `{innocent}`, which was running there, is \
                 run again"
            ),
            Severity::Failure,
        ),
        None => (
            format!(
                "a worker process ended: {process_exit}; the cause is `{innocent}`, which was running, or something that an earlier test left \
                 behind, so `{innocent}` is run again in a new process"
            ),
            Severity::Note,
        ),
    };
    Event::Diagnostic { message, severity }
}

/// Where a test that timed out is: its stack, if it is known, and the stopped processes that it may wait for.
pub(crate) fn whereabouts(stack: Option<String>) -> Option<String> {
    #[cfg(unix)]
    let stopped = exit_status::stopped_descendants();
    #[cfg(not(unix))]
    let stopped: Vec<String> = Vec::new();
    let lines = stopped.into_iter().map(|sentence| sentence + "\n");
    let text: String = stack.into_iter().chain(lines).collect();
    (!text.is_empty()).then_some(text)
}

/// A notice of a worker process during an attempt of this test.
#[cfg(unix)]
pub(crate) fn notice(test_id: &TestId, notices: Notice) -> Event {
    match notices {
        Notice::Kept(path) => Event::Kept { test_id: test_id.clone(), path },
        notices => neighbour(notices),
    }
}

/// A notice of a worker process that belongs to no test.
#[cfg(unix)]
pub(crate) fn neighbour(notices: Notice) -> Event {
    let (message, severity) = match notices {
        Notice::Kept(path) => (format!("kept: {}", path.display()), Severity::Note),
        Notice::Note(message) => (message, Severity::Note),
        Notice::Failure(message) => (message, Severity::Failure),
    };
    Event::Diagnostic { message, severity }
}

/// The result of releasing a lease of this test, unless there is nothing to report.
pub(crate) fn teardown(test_id: &TestId, closed: Result<Option<PathBuf>, Error>) -> Option<Event> {
    match closed {
        Ok(kept) => kept.map(|path| Event::Kept { test_id: test_id.clone(), path }),
        Err(error) => {
            let message = format!("cleaning up after the test `{}`: {error}", test_id.name);
            Some(Event::Diagnostic { message, severity: Severity::Note })
        }
    }
}

/// The run was interrupted while this test ran.
pub(crate) fn interrupted(name: &str) -> Event {
    let message = format!("the test `{name}` was still running when the run was interrupted; it has no result");
    Event::Diagnostic { message, severity: Severity::Note }
}
