//! Systems that are not Unix: no process groups, so nothing can be run.

use std::io;
use std::process::{Command, ExitStatus};
use std::thread::JoinHandle;

use super::stop_signal::StopSignal;

/// Not to be had here.
#[derive(Debug)]
pub(in crate::stability) enum ProcessGroup {}

impl ProcessGroup {
    pub(in crate::stability) fn spawn(_command: &mut Command) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "runs are ended as process groups, which only Unix has"))
    }

    pub(in crate::stability) fn watch(&self, _on_end: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
        match *self {}
    }

    pub(in crate::stability) fn ask(&self, _ask: StopSignal) {
        match *self {}
    }

    pub(in crate::stability) fn force(&self) {
        match *self {}
    }

    pub(in crate::stability) fn reap(self) -> io::Result<ExitStatus> {
        match self {}
    }
}

/// There are no signals here.
pub(in crate::stability) fn signal_of(_status: ExitStatus) -> i32 {
    0
}

/// Not known here.
pub(in crate::stability) fn terminal_width() -> Option<u16> {
    None
}
