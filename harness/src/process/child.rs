//! Another process of this executable that works for this one, and the connection between them.
//!
//! The stdin of the child is one end of a socket. Through it the child receives its role and descriptors, the real stdin among them. The
//! connection is open as long as the parent lives: when it closes, the child ends with everything that it has started.

use std::fmt::Debug;
use std::fs::File;
use std::io;
use std::net::Shutdown;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use serde::Serialize;

use crate::model::error::Error;
use crate::os::children::{self, living};
use crate::os::message_channel::MessageChannel;
#[cfg(target_os = "linux")]
use crate::os::output_pipe;
use crate::os::output_pipe::OutputPipe;
use crate::os::{procfs, sys, thread};
use crate::process::exit_status;

/// The variable that marks a child. Its value is the number of the parent process, since a suite that a test starts inherits the variable,
/// but has another parent.
pub(crate) const MARK: &str = "SWIMLANES_CHILD_OF";

/// Where a child writes its output.
#[derive(Debug)]
pub(crate) enum Streams {
    /// To the stdout and stderr of this process.
    Inherited,
    /// Both into this pipe.
    Into(File),
}

/// A process that works for this one, in its own process group.
#[derive(Debug)]
pub(crate) struct Child {
    process: Process,
    messages: MessageChannel,
}

#[derive(Debug)]
enum Process {
    Started(std::process::Child),
    Forked(Box<dyn ForkedChild>),
}

/// A process that the fork server has forked, and waits for.
pub(crate) trait ForkedChild: Debug {
    fn id(&self) -> u32;

    /// Waits for its end, and returns its status. Later calls return the same.
    ///
    /// # Errors
    ///
    /// If the fork server is gone.
    fn wait(&mut self) -> io::Result<ExitStatus>;

    /// The signal that has stopped it, if it is stopped now.
    fn stopping_signal(&self) -> Option<i32>;
}

impl Child {
    /// Starts a child, which runs this executable with the same arguments, and sends it its role.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(crate) fn start(
        order: &impl Serialize,
        fds: &[BorrowedFd<'_>],
        variables: &[(String, String)],
        streams: Streams,
    ) -> Result<Self, Error> {
        let fail = |cause| Error::io("start another process of this test binary", cause);
        sys::restore_sigchld();
        let (ours, its) = UnixStream::pair().map_err(fail)?;
        let mut command = this_command(its).map_err(fail)?;
        command.process_group(0).envs(variables.iter().map(|(name, value)| (name, value)));
        if let Streams::Into(file) = streams {
            command.stdout(Stdio::from(file.try_clone().map_err(fail)?)).stderr(Stdio::from(file));
        }
        let process = {
            let mut living = living();
            let process = command.spawn().map_err(fail)?;
            living.push(process.id());
            process
        };
        drop(command);
        let child = Self { process: Process::Started(process), messages: MessageChannel::new(ours).map_err(fail)? };
        child.order(order, fds).map_err(fail)?;
        Ok(child)
    }

    /// Sends its role to a child that the fork server has forked, and that has the other end of this connection.
    ///
    /// # Errors
    ///
    /// If the child is gone.
    pub(crate) fn copied(
        copy: Box<dyn ForkedChild>,
        messages: UnixStream,
        order: &impl Serialize,
        fds: &[BorrowedFd<'_>],
    ) -> io::Result<Self> {
        living().push(copy.id());
        let child = Self { process: Process::Forked(copy), messages: MessageChannel::new(messages)? };
        // A concurrent call of `end_all` did not include this child.
        if are_all_ended() {
            child.signal(Signal::KILL);
        }
        child.order(order, fds)?;
        Ok(child)
    }

    fn order(&self, order: &impl Serialize, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let stdin = rustix::stdio::stdin();
        let fds: Vec<BorrowedFd<'_>> = std::iter::once(stdin).chain(fds.iter().copied()).collect();
        self.messages.send_fds(&fds)?;
        self.messages.send(order)
    }

    /// Registers the child as a worker process: [`give_up_all`] gives up its attempt.
    ///
    /// # Errors
    ///
    /// If this process can open no more descriptors.
    pub(crate) fn register_worker(&self) -> io::Result<()> {
        children::add_connection(self.id(), self.messages.stream().try_clone()?);
        Ok(())
    }

    /// From now on, this process reads the output of the child whenever it waits for the child.
    pub(crate) fn read_output(&mut self, output: Option<OutputPipe>) {
        self.messages.read_output(output);
    }

    /// The output since the last call, if this process reads it.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn take_output(&self) -> io::Result<Vec<u8>> {
        self.messages.output().map_or(Ok(Vec::new()), OutputPipe::take)
    }

    pub(crate) fn messages(&self) -> &MessageChannel {
        &self.messages
    }

    pub(crate) fn id(&self) -> u32 {
        match &self.process {
            Process::Started(process) => process.id(),
            Process::Forked(copy) => copy.id(),
        }
    }

    /// Sends a signal to the child's group, which may be gone.
    pub(crate) fn signal(&self, signal: Signal) {
        signal_group(self.id(), signal);
    }

    /// Waits until the child has ended.
    ///
    /// # Errors
    ///
    /// If the system reports an error.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        // A forked child has another parent, which waits for it.
        if let Process::Started(process) = &self.process {
            wait_for_end(process.id());
        }
        self.reap()
    }

    /// Reaps the child; from here on another process may have its number.
    fn reap(&mut self) -> io::Result<ExitStatus> {
        let mut living = living();
        living.retain(|&id| id != self.id());
        children::remove_connection(self.id());
        match &mut self.process {
            Process::Started(process) => process.wait(),
            Process::Forked(copy) => copy.wait(),
        }
    }

    /// Waits at most this long until the child has ended, and does not reap it.
    ///
    /// # Errors
    ///
    /// If the system reports an error.
    pub(crate) fn has_ended_within(&self, time: Duration) -> io::Result<bool> {
        has_ended_reading(self.id(), time, self.messages.output())
    }

    /// Waits at most this long until the child has ended.
    ///
    /// # Errors
    ///
    /// If the system reports an error.
    pub(crate) fn wait_at_most(&mut self, time: Duration) -> io::Result<Option<ExitStatus>> {
        if self.has_ended_within(time)? { self.reap().map(Some) } else { Ok(None) }
    }

    /// The signal that has stopped it, if it is stopped now. `None` if a debugger has stopped it: the kernel reports that only to the
    /// debugger.
    pub(crate) fn stopped_by(&self) -> Option<String> {
        match &self.process {
            Process::Started(process) => exit_status::stopping_signal(Pid::from_child(process)),
            Process::Forked(copy) => copy.stopping_signal(),
        }
        .map(exit_status::signal_name)
    }
}

/// Whether the child has ended, or ends within this time.
pub(crate) fn has_ended_within(id: u32, time: Duration) -> io::Result<bool> {
    has_ended_reading(id, time, None)
}

/// As [`has_ended_within`], and reads the output of the child meanwhile: it could not end while it writes to a full pipe.
fn has_ended_reading(id: u32, time: Duration, output: Option<&OutputPipe>) -> io::Result<bool> {
    let Some(pid) = procfs::pid(id) else { return Ok(true) };
    let deadline = Instant::now() + time;
    #[cfg(target_os = "linux")]
    if let Ok(process) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
        return is_readable_before(&process, deadline, output);
    }
    // Other systems, and Linux in a sandbox or an emulator without such descriptors. They cannot wait for a process and a deadline at the
    // same time without a handler for SIGCHLD, which belongs to the suite.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    loop {
        if rustix::process::waitid(WaitId::Pid(pid), options)?.is_some() {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        output.map_or(Ok(()), OutputPipe::drain)?;
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(target_os = "linux")]
fn is_readable_before(process: &OwnedFd, deadline: Instant, output: Option<&OutputPipe>) -> io::Result<bool> {
    output_pipe::is_ready_before(PollFd::new(process, PollFlags::IN), Some(deadline), output)
}

/// Sends a signal to a group of processes.
pub(crate) fn signal_group(id: u32, signal: Signal) {
    if let Some(group) = procfs::pid(id) {
        let _ = rustix::process::kill_process_group(group, signal);
    }
}

impl Drop for Child {
    /// No child outlives its handle, even after an error.
    fn drop(&mut self) {
        if living().contains(&self.id()) {
            self.signal(Signal::KILL);
            let _ = self.wait();
        }
    }
}

/// Whether this process has ended all its children.
static ARE_ALL_ENDED: AtomicBool = AtomicBool::new(false);

/// Whether [`end_all`] was called.
pub(crate) fn are_all_ended() -> bool {
    ARE_ALL_ENDED.load(Ordering::Acquire)
}

/// Gives up the attempts of all worker processes, which tear down fixtures and exit. After `limit`, kills those that remain. Does not wait.
pub(crate) fn give_up_all(limit: Duration) {
    if ARE_ALL_ENDED.swap(true, Ordering::AcqRel) {
        return;
    }
    children::give_up_attempts();
    let kill = move || {
        let deadline = Instant::now() + limit;
        let ids = living().clone();
        for id in ids {
            let _ = has_ended_within(id, deadline.saturating_duration_since(Instant::now()));
        }
        end_all();
    };
    if GIVEN_UP.is_empty() || thread::start_small("kill", kill).is_err() {
        end_all();
    }
}

/// Suspends the job: stops all children of this process with their groups, and this process. When it is continued, continues them. They have
/// their own groups, so the terminal does not stop them.
pub(crate) fn suspend_all() {
    let ids = living().clone();
    ids.iter().for_each(|&id| signal_group(id, Signal::STOP));
    // The shell continues the whole job.
    sys::stop_this_process();
    ids.iter().for_each(|&id| signal_group(id, Signal::CONT));
}

/// Kills all children of this process with their groups, and waits for the children.
pub(crate) fn end_all() {
    ARE_ALL_ENDED.store(true, Ordering::Release);
    let living = living();
    living.iter().for_each(|&id| signal_group(id, Signal::KILL));
    for &id in &*living {
        // Since they are killed, only a defect of the system could keep them alive.
        let _ = has_ended_within(id, STEP);
    }
}

/// The interval of checks whether the threads of a child prevent its end.
const STEP: Duration = Duration::from_secs(1);

/// Waits until the child or fork has ended; it can still be reaped.
pub(crate) fn wait_for_end(id: u32) {
    let Some(pid) = procfs::pid(id) else { return };
    #[cfg(target_os = "linux")]
    if let Ok(process) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
        while let Ok(false) = is_readable_before(&process, Instant::now() + STEP, None) {
            procfs::reap_threads(id);
        }
        return;
    }
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(rustix::io::Errno::INTR) = rustix::process::waitid(WaitId::Pid(pid), options) {}
}

/// Reaps a fork that has ended, and returns whether it succeeded.
#[cfg(target_os = "linux")]
pub(crate) fn has_ended_well(id: u32) -> bool {
    let pid = procfs::pid(id);
    let status = pid.and_then(|pid| rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED).ok().flatten());
    status.and_then(|status| status.exit_status()) == Some(0)
}

/// Whether any process of the group exists. To be called after its leader was reaped.
pub(crate) fn is_group_alive(id: u32) -> bool {
    let group = procfs::pid(id);
    group.is_some_and(|group| rustix::process::test_kill_process_group(group).is_ok())
}

/// The event that a child sees when its parent gives up the attempt: the parent stops sending, but still listens. Only Linux distinguishes
/// that from a parent that is gone.
#[cfg(target_os = "linux")]
pub(crate) const GIVEN_UP: PollFlags = PollFlags::RDHUP;
#[cfg(not(target_os = "linux"))]
pub(crate) const GIVEN_UP: PollFlags = PollFlags::empty();

/// Gives up the attempt of the child: the child reports where its test is, tears down fixtures, and exits. Returns `false` if it cannot notice
/// that.
pub(crate) fn give_up(messages: &MessageChannel) -> bool {
    !GIVEN_UP.is_empty() && messages.stream().shutdown(Shutdown::Write).is_ok()
}

/// The command that starts this program with the same arguments, as a child of this process, with the other end of its connection.
pub(crate) fn this_command(messages: UnixStream) -> io::Result<Command> {
    let mut words = std::env::args_os();
    let mut command = Command::new(this_program()?);
    if let Some(name) = words.next() {
        command.arg0(name);
    }
    command.args(words).env(MARK, std::process::id().to_string()).stdin(Stdio::from(OwnedFd::from(messages)));
    Ok(command)
}

/// The running program, even if its file was replaced or removed. In an emulator or valgrind, only the path is correct.
pub(crate) fn this_program() -> io::Result<PathBuf> {
    let path = match std::env::current_exe() {
        Ok(path) => path,
        // Without /proc, this is what cargo has started.
        Err(cause) => {
            return std::env::args_os().next().map(PathBuf::from).filter(|path| path.is_absolute()).ok_or(cause);
        }
    };
    // Then Linux returns "… (deleted)", which is not the name of a file.
    Ok(if path.exists() { path } else { "/proc/self/exe".into() })
}
