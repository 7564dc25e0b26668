//! Systems that are not Unix: they have no process groups, so suites cannot be run.

use std::io;
use std::process::{Command, ExitStatus};
use std::thread::JoinHandle;

use super::stop_signal::StopSignal;

/// It cannot be created on this system.
#[derive(Debug)]
pub(crate) enum ProcessGroup {}

impl ProcessGroup {
    pub(crate) fn spawn(_command: &mut Command) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "runs are ended as process groups, which only Unix has"))
    }

    pub(crate) fn watch(&self, _on_end: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
        match *self {}
    }

    pub(crate) fn ask(&self, _ask: StopSignal) {
        match *self {}
    }

    pub(crate) fn force(&self) {
        match *self {}
    }

    pub(crate) fn reap(self) -> io::Result<ExitStatus> {
        match self {}
    }
}

/// This system has no signals.
pub(crate) fn signal_of(_status: ExitStatus) -> i32 {
    0
}

/// The width is unknown on this system.
pub(crate) fn terminal_width() -> Option<u16> {
    None
}
