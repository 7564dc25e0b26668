//! The end of what all processes of a run share: whoever tells of the run has it ended before the last word.

use crate::execution::test_run;
use crate::model::event::{Event, Severity};
use crate::process::fixture_server_client;

/// Has the process that keeps it end it, if there is one. What went wrong is told.
#[cfg(target_os = "linux")]
pub(crate) fn end(run_id: &str, emit: &mut dyn FnMut(Event)) {
    match fixture_server_client::close(run_id) {
        Ok(notices) => notices.into_iter().for_each(|notices| emit(test_run::diagnostic_for_neighbour(notices))),
        Err(error) => emit(Event::Diagnostic { message: error.to_string(), severity: Severity::Failure }),
    }
}
