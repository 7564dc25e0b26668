//! Ends the fixture server. The controller does that before it reports the end of the run.

use crate::execution::diagnostics;
use crate::model::event::{Event, Severity};
use crate::process::fixture_server_client;

/// Asks the fixture server to exit, if there is one, and reports what could not be torn down.
#[cfg(target_os = "linux")]
pub(crate) fn end(run_id: &str, emit: &mut dyn FnMut(Event)) {
    match fixture_server_client::close(run_id) {
        Ok(notices) => notices.into_iter().for_each(|notices| emit(diagnostics::neighbour(notices))),
        Err(error) => emit(Event::Diagnostic { message: error.to_string(), severity: Severity::Failure }),
    }
}
