//! The start of a process that another process of this executable has started: it receives its role, listens to its parent, and ends with
//! it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags};
use rustix::process::Signal;
use serde::de::DeserializeOwned;

use crate::model::error::Error;
use crate::os::message_channel::MessageChannel;
use crate::os::{sys, thread};
use crate::process::child::{GIVEN_UP, MARK};

/// The connection to the parent, and the role of this process.
#[derive(Debug)]
pub(crate) struct Parent<T> {
    pub(crate) messages: MessageChannel,
    pub(crate) order: T,
    pub(crate) fds: Vec<OwnedFd>,
}

/// What started this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StartedBy {
    /// cargo, cargo-nextest, a shell: this process is the controller, or runs a single test.
    User,
    /// Another process of this executable, which sends the role of this one.
    Swimlanes,
    /// Another process of this executable, which ended before this one could receive its role.
    DeadParent,
}

/// What started this process, found without reading from stdin.
pub(crate) fn started_by() -> StartedBy {
    let Some(mark) = std::env::var_os(MARK) else { return StartedBy::User };
    let parent = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().to_string());
    match parent {
        Some(parent) if *parent == *mark => StartedBy::Swimlanes,
        _ if maker_of_stdin().is_some_and(|maker| *maker == *mark) => StartedBy::DeadParent,
        // A suite that a test has started inherits only the mark.
        _ => StartedBy::User,
    }
}

/// The process that created the socket that is stdin, if it is one: for a child of ours, its parent.
#[cfg(target_os = "linux")]
fn maker_of_stdin() -> Option<String> {
    let maker = rustix::net::sockopt::socket_peercred(rustix::stdio::stdin()).ok()?;
    Some(maker.pid.as_raw_nonzero().get().to_string())
}

/// Not known on this system.
#[cfg(not(target_os = "linux"))]
fn maker_of_stdin() -> Option<String> {
    None
}

/// Receives the role of this process from its parent, and replaces its stdin by the real one.
///
/// # Errors
///
/// If the connection breaks.
pub(crate) fn receive_spec<T: DeserializeOwned>() -> Result<Parent<T>, Error> {
    let stdin = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3);
    let role = stdin.map_err(io::Error::from).and_then(|socket| receive_spec_over(socket.into()));
    role.map_err(|cause| Error::io("receive the role from the parent process", cause))
}

/// As [`receive_spec`], through this socket.
///
/// # Errors
///
/// If the connection breaks.
pub(crate) fn receive_spec_over<T: DeserializeOwned>(socket: UnixStream) -> io::Result<Parent<T>> {
    let messages = MessageChannel::new(socket)?;
    let mut fds = messages.receive_fds()?.filter(|fds| !fds.is_empty()).ok_or(io::ErrorKind::UnexpectedEof)?;
    rustix::stdio::dup2_stdin(fds.remove(0).as_fd())?;
    // With its own group, this process is in the background of the terminal, where these signals would stop it forever.
    sys::ignore_signals(&[libc::SIGTTIN, libc::SIGTTOU]);
    let order = messages.receive()?.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(Parent { messages, order, fds })
}

/// Receives messages of the parent on a thread. When the parent is gone, this process ends with its whole group.
///
/// # Errors
///
/// If the thread cannot be started.
pub(crate) fn listen<T: DeserializeOwned>(
    messages: MessageChannel,
    mut hear: impl FnMut(T, &MessageChannel) + Send + 'static,
) -> Result<(), Error> {
    let listen = move || {
        while let Ok(Some(message)) = messages.receive() {
            hear(message, &messages);
        }
        end_group();
    };
    let started = thread::start_small("line", listen);
    started.map(drop).map_err(|cause| Error::io("start the thread that listens to the parent", cause))
}

/// Waits until the parent is gone, and ends with it. If the parent gives up the attempt before that, calls `given_up`.
pub(crate) fn end_with_parent(messages: &UnixStream, given_up: impl FnOnce()) -> ! {
    let mut given_up = Some(given_up);
    loop {
        // Without requested events, `poll` reports only the end of the connection.
        let events = if given_up.is_some() { GIVEN_UP } else { PollFlags::empty() };
        let mut fds = [PollFd::from_borrowed_fd(messages.as_fd(), events)];
        if rustix::event::poll(&mut fds, None).is_err() || fds[0].revents().is_empty() {
            continue;
        }
        if fds[0].revents() != GIVEN_UP {
            end_group();
        }
        if let Some(given_up) = given_up.take() {
            given_up();
        }
    }
}

/// Ends this process and its whole group.
pub(crate) fn end_group() -> ! {
    // Only our own group: otherwise it contains the processes of the caller.
    if sys::leads_its_group() {
        let _ = rustix::process::kill_current_process_group(Signal::KILL);
    }
    std::process::abort()
}
