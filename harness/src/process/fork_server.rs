//! The fork server: a process of this executable that has started, and then only forks itself. It has one fork at a time, for the attempts
//! of one worker.
//!
//! A fork is as fresh as a process that was started from the file: no code of the suite has run in it, except code that runs before `main`.
//! It costs much less, since the program need not be loaded again.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::rc::Rc;

use rustix::process::{Pid, Signal, WaitOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::error::Error;
use crate::os::message_channel::MessageChannel;
use crate::os::{capture, procfs, sys};
use crate::process::bootstrap::{self, Parent};
use crate::process::child::{self, Child, ForkedChild, Streams};
use crate::process::exit_status;

/// Fork, for the connection and the output that come with this message.
const COPY: u8 = 1;
/// Wait for the last fork, and return its status.
const WAIT: u8 = 2;
/// Return the signal by which the last fork is stopped, if it is.
const ASK: u8 = 3;

/// The fork server, seen from the process that requests forks.
#[derive(Debug)]
pub(crate) struct ForkServer {
    process: Child,
}

/// A forked process. Its parent is the fork server.
#[derive(Debug)]
struct Fork {
    id: u32,
    server: Rc<ForkServer>,
    exit_status: Option<ExitStatus>,
}

impl ForkServer {
    /// Starts a fork server. `order` makes it call [`serve`]. `None`: this program cannot be forked.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(crate) fn start(order: &impl Serialize, variables: &[(String, String)]) -> Result<Option<Rc<Self>>, Error> {
        let process = Child::start(order, &[], variables, Streams::Inherited)?;
        // Also needed because descriptors must not arrive before the role was read: that read would consume them.
        let is_possible = match process.messages().receive() {
            Ok(Some(is_possible)) => is_possible,
            Ok(None) => {
                let message = "the process from which tests are forked ended at its start; its output is above, and with `--isolation none` \
                               a debugger can find the cause";
                return Err(Error::fault(message.to_owned()));
            }
            Err(cause) => return Err(Error::io("communicate with the fork server", cause)),
        };
        Ok(if is_possible { Some(Rc::new(Self { process })) } else { None })
    }

    /// Forks a process, which receives this role and writes to these streams. `None`: it cannot be forked now.
    ///
    /// # Errors
    ///
    /// If the fork server or the fork is gone.
    pub(crate) fn copy(
        self: &Rc<Self>,
        order: &impl Serialize,
        fds: &[BorrowedFd<'_>],
        streams: &Streams,
    ) -> io::Result<Option<Child>> {
        let (ours, its) = UnixStream::pair()?;
        let output = match streams {
            Streams::Inherited => None,
            Streams::Into(file) => Some(file.as_fd()),
        };
        let copy_spec: Vec<_> = std::iter::once(its.as_fd()).chain(output).collect();
        self.wake();
        self.process.messages().send_word(COPY, &copy_spec)?;
        let id: Option<u32> = self.process.messages().receive()?.ok_or(io::ErrorKind::UnexpectedEof)?;
        drop(its);
        let fork = id.map(|id| Box::new(Fork { id, server: Rc::clone(self), exit_status: None }));
        fork.map(|fork| Child::copied(fork, ours, order, fds)).transpose()
    }

    /// Called before each request: a test may have stopped the fork server, which is its parent.
    fn wake(&self) {
        self.process.signal(Signal::CONT);
    }
}

impl ForkedChild for Fork {
    fn id(&self) -> u32 {
        self.id
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        if let Some(exit_status) = self.exit_status {
            return Ok(exit_status);
        }
        self.server.wake();
        let messages = self.server.process.messages();
        messages.send_word(WAIT, &[])?;
        let exit_status: Option<i32> = messages.receive()?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let exit_status = ExitStatus::from_raw(exit_status.ok_or(io::ErrorKind::NotFound)?);
        self.exit_status = Some(exit_status);
        Ok(exit_status)
    }

    fn stopping_signal(&self) -> Option<i32> {
        self.server.wake();
        let messages = self.server.process.messages();
        messages.send_word(ASK, &[]).ok()?;
        messages.receive().ok()??
    }
}

/// The main loop of a fork server: it forks itself, and reports the status of the last fork. It returns in each fork, with the role that
/// arrived on the fork's own connection, and with `None` when no more forks are needed. `is_possible` says whether this program can be
/// forked.
///
/// # Errors
///
/// If the connection breaks.
pub(crate) fn serve<T: DeserializeOwned>(
    messages: MessageChannel,
    is_possible: bool,
) -> Result<Option<Parent<T>>, Error> {
    let copy = copies(messages, is_possible).map_err(|cause| Error::io("fork this process", cause))?;
    let order = copy.map(|messages| {
        bootstrap::receive_spec_over(messages).map_err(|cause| Error::io("receive the role of a forked process", cause))
    });
    order.transpose()
}

fn copies(messages: MessageChannel, is_possible: bool) -> io::Result<Option<UnixStream>> {
    // Otherwise each fork would have a copy of this buffered text.
    capture::flush();
    sys::flush_c_streams();
    messages.send(&is_possible)?;
    let mut last = None;
    while let Some((word, fds)) = messages.receive_word()? {
        let mut fds = fds.into_iter();
        let its_line = match (word, fds.next()) {
            (COPY, Some(its_line)) => its_line,
            (ASK, _) => {
                messages.send(&last.and_then(exit_status::stopping_signal))?;
                continue;
            }
            _ => {
                messages.send(&last.take().and_then(wait_for))?;
                continue;
            }
        };
        // If the system refuses, it also refuses to start a process, and that error is reported.
        match sys::copy_of_this_process() {
            Err(_) => messages.send(&None::<u32>)?,
            Ok(Some(id)) => {
                last = procfs::pid(id);
                // Both processes do this, as it is not known which one is first.
                let _ = rustix::process::setpgid(last, last);
                messages.send(&Some(id))?;
            }
            Ok(None) => {
                rustix::process::setpgid(None, None)?;
                if let Some(output) = fds.next() {
                    rustix::stdio::dup2_stdout(&output)?;
                    rustix::stdio::dup2_stderr(&output)?;
                }
                return Ok(Some(its_line.into()));
            }
        }
    }
    Ok(None)
}

/// Its status, as the system represents it.
fn wait_for(process: Pid) -> Option<i32> {
    child::wait_for_end(process.as_raw_pid().unsigned_abs());
    loop {
        match rustix::process::waitpid(Some(process), WaitOptions::empty()) {
            Ok(exit_status) => return exit_status.map(|(_, status)| status.as_raw()),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    }
}
