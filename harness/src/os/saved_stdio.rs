//! Keeps stdout and stderr of this process open, whatever a test does to them: a closed one would be the next file that anybody
//! opens.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec};

/// Where stdout and stderr went in the beginning.
#[derive(Debug)]
pub(crate) struct SavedStdio {
    stdout: OwnedFd,
    stderr: OwnedFd,
}

impl SavedStdio {
    /// Those of now.
    ///
    /// # Errors
    ///
    /// When one of them is closed, or there are no more descriptors.
    pub(crate) fn current() -> io::Result<Self> {
        let copy = |stream: BorrowedFd<'_>| rustix::io::fcntl_dupfd_cloexec(stream, 3);
        Ok(Self { stdout: copy(rustix::stdio::stdout())?, stderr: copy(rustix::stdio::stderr())? })
    }

    /// Opens again what was closed. For between two tests: one system call if nothing was. Says whether `pipe` can still be the end of
    /// a pipe that one writes to, as it was.
    pub(crate) fn open_again(&self, pipe: BorrowedFd<'_>) -> bool {
        let (stdout, stderr) = (rustix::stdio::stdout(), rustix::stdio::stderr());
        // Nothing is asked of them, so this hears of what is wrong alone. That end of a pipe can never be read, and a file always.
        let mut fds = [
            PollFd::from_borrowed_fd(stdout, PollFlags::empty()),
            PollFd::from_borrowed_fd(stderr, PollFlags::empty()),
            PollFd::from_borrowed_fd(pipe, PollFlags::IN),
        ];
        let looked = rustix::event::poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
        if looked == Ok(0) {
            return true;
        }
        // If one cannot be opened, the next test has to do without.
        if fds[0].revents().contains(PollFlags::NVAL) {
            let _ = rustix::stdio::dup2_stdout(self.stdout.as_fd());
        }
        if fds[1].revents().contains(PollFlags::NVAL) {
            let _ = rustix::stdio::dup2_stderr(self.stderr.as_fd());
        }
        !fds[2].revents().intersects(PollFlags::IN | PollFlags::NVAL)
    }
}
