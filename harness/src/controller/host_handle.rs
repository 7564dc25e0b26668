//! The test host, as the controller sees it.

use std::fs::File;
use std::os::fd::AsFd;

use crate::model::error::Error;
use crate::model::protocol::{HostSpec, ProcessRole, RunInfo};
use crate::os::sys::RunBoard;
use crate::process::child::{Child, Streams};
use crate::process::event_loop;

/// A test host. It plans by itself, and then waits for a message that says what is left of the plan.
#[derive(Debug)]
pub(crate) struct HostHandle {
    pub(crate) child: Child,
    /// Where it tells its events.
    pub(crate) events: File,
    pub(crate) board: RunBoard,
}

impl HostHandle {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// When the system has no room for it.
    pub(crate) fn start(run: &RunInfo) -> Result<Self, Error> {
        let board = RunBoard::new().map_err(|cause| Error::io("set up the memory shared with the workers", cause))?;
        let (events, theirs) =
            event_loop::pipe().map_err(|cause| Error::io("make the pipe from the process of the workers", cause))?;
        let order = ProcessRole::TestHost(HostSpec { run: run.clone() });
        let child = Child::start(&order, &[theirs.as_fd(), board.file().as_fd()], &[], Streams::Inherited)?;
        Ok(Self { child, events, board })
    }
}
