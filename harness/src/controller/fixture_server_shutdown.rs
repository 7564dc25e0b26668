//! The end of what all processes of a run share: whoever tells of the run has it ended before the last word.

use crate::execution::test_run;
use crate::model::event::{Event, Severity};
use crate::process::fixture_server_client;

/// Has the process that keeps it end it, if there is one. What went wrong is told.
#[cfg(target_os = "linux")]
pub(crate) fn end(run_id: &str, tell: &mut dyn FnMut(Event)) {
    match fixture_server_client::close(run_id) {
        Ok(aside) => aside.into_iter().for_each(|aside| tell(test_run::told_beside(aside))),
        Err(error) => tell(Event::Trouble { message: error.to_string(), gravity: Severity::Failure }),
    }
}
