//! Keeps stdout and stderr of this process open, whatever a test does to them: if one were closed, the next file to be opened would
//! take its place.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec};

/// The original stdout and stderr.
#[derive(Debug)]
pub(crate) struct SavedStdio {
    stdout: OwnedFd,
    stderr: OwnedFd,
}

impl SavedStdio {
    /// Saves the current ones.
    ///
    /// # Errors
    ///
    /// When one of them is closed, or the process can open no more descriptors.
    pub(crate) fn current() -> io::Result<Self> {
        let copy = |stream: BorrowedFd<'_>| rustix::io::fcntl_dupfd_cloexec(stream, 3);
        Ok(Self { stdout: copy(rustix::stdio::stdout())?, stderr: copy(rustix::stdio::stderr())? })
    }

    /// Reopens streams that were closed. It is called between two tests, and takes one system call if none was closed. Returns whether
    /// `pipe` can still be the write end of a pipe, as it was.
    pub(crate) fn open_again(&self, pipe: BorrowedFd<'_>) -> bool {
        let (stdout, stderr) = (rustix::stdio::stdout(), rustix::stdio::stderr());
        // No events are requested for the streams, so only errors are reported. The write end of a pipe is never readable, and a file
        // always is.
        let mut fds = [
            PollFd::from_borrowed_fd(stdout, PollFlags::empty()),
            PollFd::from_borrowed_fd(stderr, PollFlags::empty()),
            PollFd::from_borrowed_fd(pipe, PollFlags::IN),
        ];
        let looked = rustix::event::poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
        if looked == Ok(0) {
            return true;
        }
        // If a stream cannot be reopened, the next test runs without it.
        if fds[0].revents().contains(PollFlags::NVAL) {
            let _ = rustix::stdio::dup2_stdout(self.stdout.as_fd());
        }
        if fds[1].revents().contains(PollFlags::NVAL) {
            let _ = rustix::stdio::dup2_stderr(self.stderr.as_fd());
        }
        !fds[2].revents().intersects(PollFlags::IN | PollFlags::NVAL)
    }
}
