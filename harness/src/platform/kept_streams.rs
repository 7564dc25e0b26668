//! Keeps stdout and stderr of this process open, whatever a test does to them: a closed one would be the next file that anybody
//! opens.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Where stdout and stderr went in the beginning.
#[derive(Debug)]
pub(crate) struct KeptStreams {
    stdout: OwnedFd,
    stderr: OwnedFd,
}

impl KeptStreams {
    /// Those of now.
    ///
    /// # Errors
    ///
    /// When one of them is closed, or there are no more descriptors.
    pub(crate) fn of_now() -> io::Result<Self> {
        let copy = |stream: BorrowedFd<'_>| rustix::io::fcntl_dupfd_cloexec(stream, 3);
        Ok(Self { stdout: copy(rustix::stdio::stdout())?, stderr: copy(rustix::stdio::stderr())? })
    }

    /// Opens again what was closed. For between two tests.
    pub(crate) fn open_again(&self) {
        // If it cannot be, the next test has to do without.
        if rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err() {
            let _ = rustix::stdio::dup2_stdout(self.stdout.as_fd());
        }
        if rustix::io::fcntl_getfd(rustix::stdio::stderr()).is_err() {
            let _ = rustix::stdio::dup2_stderr(self.stderr.as_fd());
        }
    }
}
