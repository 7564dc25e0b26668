//! Systems without semaphores in memory: requests to end the process, received through the crate `ctrlc`.

use std::io;
use std::sync::mpsc::{Receiver, channel};

/// What a signal asks the job to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobRequest {
    /// To end.
    Stop,
    /// To stop until it is continued. Not received here.
    #[expect(dead_code, reason = "the system stops the process")]
    Suspend,
}

/// SIGINT, SIGTERM and SIGHUP of this process, or what the system has instead.
#[derive(Debug)]
pub(crate) struct StopSignals(Receiver<()>);

impl StopSignals {
    /// Installs the handler.
    ///
    /// # Errors
    ///
    /// When the process has it already, or the system refuses.
    pub(crate) fn install(_with_suspend: bool) -> io::Result<Self> {
        let (sender, receiver) = channel();
        let installed = ctrlc::set_handler(move || {
            let _ = sender.send(());
        });
        installed.map(|()| Self(receiver)).map_err(io::Error::other)
    }

    /// Waits for one signal.
    ///
    /// # Errors
    ///
    /// When no more can come.
    pub(crate) fn wait(&mut self) -> io::Result<JobRequest> {
        self.0.recv().map(|()| JobRequest::Stop).map_err(io::Error::other)
    }
}

/// The crate `ctrlc` does not remove its handler.
#[cfg(unix)]
pub(super) fn remove_handler() {}
