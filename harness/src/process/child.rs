//! Another process of this executable that works for this one, and the connection between them.
//!
//! The stdin of the child is one end of a socket. Through it the child receives its role and descriptors, the real stdin among them. The
//! connection is open as long as the parent lives: when it closes, the child ends with everything that it has started.

use std::fmt::Debug;
use std::fs::File;
use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use serde::Serialize;

use crate::model::crash_record::CrashRecord;
use crate::model::error::Error;
use crate::model::outcome::ProcessExit;
use crate::os::children::living;
use crate::os::message_channel::MessageChannel;
use crate::os::{procfs, sys};

/// The variable that marks a child. Its value is the number of the parent process, since a suite that a test starts inherits the variable,
/// but has another parent.
pub(crate) const MARK: &str = "SWIMLANES_CHILD_OF";

/// Where a child writes its output.
#[derive(Debug)]
pub(crate) enum Streams {
    /// To the stdout and stderr of this process.
    Inherited,
    /// Both into this file.
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

/// The signal that has stopped this child of ours, if it is stopped now.
pub(crate) fn stopping_signal(child: Pid) -> Option<i32> {
    let options = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    rustix::process::waitid(WaitId::Pid(child), options).ok().flatten()?.stopping_signal()
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
        match &mut self.process {
            Process::Started(process) => process.wait(),
            Process::Forked(copy) => copy.wait(),
        }
    }

    /// Waits at most this long until the child has ended.
    ///
    /// # Errors
    ///
    /// If the system reports an error.
    pub(crate) fn wait_at_most(&mut self, time: Duration) -> io::Result<Option<ExitStatus>> {
        if has_ended_within(self.id(), time)? { self.reap().map(Some) } else { Ok(None) }
    }

    /// The signal that has stopped it, if it is stopped now. `None` if a debugger has stopped it: the kernel reports that only to the
    /// debugger.
    pub(crate) fn stopped_by(&self) -> Option<String> {
        match &self.process {
            Process::Started(process) => stopping_signal(Pid::from_child(process)),
            Process::Forked(copy) => copy.stopping_signal(),
        }
        .map(signal_name)
    }
}

/// Whether the child has ended, or ends within this time.
pub(crate) fn has_ended_within(id: u32, time: Duration) -> io::Result<bool> {
    let Some(pid) = procfs::pid(id) else { return Ok(true) };
    let deadline = Instant::now() + time;
    #[cfg(target_os = "linux")]
    if let Ok(process) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
        return is_readable_before(&process, deadline);
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
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(target_os = "linux")]
fn is_readable_before(process: &OwnedFd, deadline: Instant) -> io::Result<bool> {
    loop {
        let mut fds = [PollFd::from_borrowed_fd(process.as_fd(), PollFlags::IN)];
        let time = deadline.saturating_duration_since(Instant::now());
        let time = Timespec::try_from(time).map_err(io::Error::other)?;
        match rustix::event::poll(&mut fds, Some(&time)) {
            Ok(n) => return Ok(n > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(cause) => return Err(cause.into()),
        }
    }
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
        while let Ok(false) = is_readable_before(&process, Instant::now() + STEP) {
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

/// The signal that ended the process, or its exit code.
pub(crate) fn end_of(status: Option<ExitStatus>) -> (Option<i32>, Option<i32>) {
    (status.and_then(|status| status.signal()), status.and_then(|status| status.code()))
}

/// How a process ended that had not finished. `None`: its status is not known.
pub(crate) fn process_exit(status: Option<ExitStatus>, note: &CrashRecord) -> ProcessExit {
    let (first, last) = note.signals.unzip();
    match (first.or_else(|| status?.signal()), status.and_then(|status| status.code())) {
        (Some(signal), _) => {
            // The standard library reports a stack overflow in this way.
            let is_overflow = signal == Signal::SEGV.as_raw() && last == Some(Signal::ABORT.as_raw());
            ProcessExit::Signal { name: signal_name(signal), is_overflow }
        }
        (None, Some(code)) => ProcessExit::Exit { code },
        (None, None) => ProcessExit::Unknown,
    }
}

fn signal_name(number: i32) -> String {
    let names = [
        (Signal::SEGV, "SIGSEGV"),
        (Signal::BUS, "SIGBUS"),
        (Signal::ILL, "SIGILL"),
        (Signal::FPE, "SIGFPE"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::KILL, "SIGKILL"),
        (Signal::TERM, "SIGTERM"),
        (Signal::INT, "SIGINT"),
        (Signal::HUP, "SIGHUP"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::XCPU, "SIGXCPU"),
        (Signal::XFSZ, "SIGXFSZ"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::SYS, "SIGSYS"),
        (Signal::STOP, "SIGSTOP"),
        (Signal::TSTP, "SIGTSTP"),
        (Signal::TTIN, "SIGTTIN"),
        (Signal::TTOU, "SIGTTOU"),
    ];
    let signal_entry = names.into_iter().find(|(signal, _)| signal.as_raw() == number);
    signal_entry.map_or_else(|| format!("signal {number}"), |(_, name)| name.to_owned())
}

/// The event that a child sees when its parent gives up the attempt: the parent stops sending, but still listens. Only Linux distinguishes
/// that from a parent that is gone.
#[cfg(target_os = "linux")]
pub(crate) const GIVEN_UP: PollFlags = PollFlags::RDHUP;
#[cfg(not(target_os = "linux"))]
pub(crate) const GIVEN_UP: PollFlags = PollFlags::empty();

/// Gives up the attempt of the child, and waits at most this long for its backtrace.
pub(crate) fn request_backtrace(messages: &MessageChannel, time: Duration) {
    if GIVEN_UP.is_empty() || messages.stream().shutdown(Shutdown::Write).is_err() {
        return;
    }
    // Any message ends the wait: the backtrace is written, or a response comes too late. So does the end of the process.
    let _ = messages.anything_within(time);
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
fn this_program() -> io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    // Then Linux returns "… (deleted)", which is not the name of a file.
    Ok(if path.exists() { path } else { "/proc/self/exe".into() })
}
