//! Another process of this executable that works for this one, and the line between the two.
//!
//! The child finds one end of a socket as its stdin. Over it come the order, and the descriptors that belong to it, the
//! real stdin among them. As long as the parent lives, the line is open: a child whose line ends has no parent any more, and
//! ends with everything it has started.

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

/// The variable that tells a child whose it is. With the number of the process in it, as a suite that a test starts
/// inherits the variable, but not the parent.
pub(crate) const MARK: &str = "SWIMLANES_CHILD_OF";

/// Where a child writes to.
#[derive(Debug)]
pub(crate) enum Streams {
    /// Where we do.
    Inherited,
    /// Into this file, both.
    Into(File),
}

/// A process that works for this one, in a group of its own.
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

/// A process that another one has made, and waits for.
pub(crate) trait ForkedChild: Debug {
    fn id(&self) -> u32;

    /// Waits for its end, and how that was. Asked again, it says the same.
    ///
    /// # Errors
    ///
    /// When the one that made it is gone.
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
    /// Starts one, which runs this executable with the same arguments, and gives it an order.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
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

    /// One that another process has made, which has the other end of this line, and gives it an order.
    ///
    /// # Errors
    ///
    /// When it is gone.
    pub(crate) fn copied(
        copy: Box<dyn ForkedChild>,
        messages: UnixStream,
        order: &impl Serialize,
        fds: &[BorrowedFd<'_>],
    ) -> io::Result<Self> {
        living().push(copy.id());
        let child = Self { process: Process::Forked(copy), messages: MessageChannel::new(messages)? };
        // Who ended all meanwhile did not know of this one.
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

    /// Sends a signal to everything of the child's group. That nobody is there any more is fine.
    pub(crate) fn signal(&self, signal: Signal) {
        signal_group(self.id(), signal);
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    ///
    /// When the system does not say.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        // Whose parent another one is, that waits.
        if let Process::Started(process) = &self.process {
            wait_for_end(process.id());
        }
        self.reap()
    }

    /// Takes leave of it; from here on its number may be another's.
    fn reap(&mut self) -> io::Result<ExitStatus> {
        let mut living = living();
        living.retain(|&id| id != self.id());
        match &mut self.process {
            Process::Started(process) => process.wait(),
            Process::Forked(copy) => copy.wait(),
        }
    }

    /// Waits for its end at most so long.
    ///
    /// # Errors
    ///
    /// When the system does not say.
    pub(crate) fn wait_at_most(&mut self, time: Duration) -> io::Result<Option<ExitStatus>> {
        if has_ended_within(self.id(), time)? { self.reap().map(Some) } else { Ok(None) }
    }

    /// The signal that has stopped it, if it is stopped now. Not one that a debugger has stopped: the kernel tells that to the
    /// debugger alone.
    pub(crate) fn stopped_by(&self) -> Option<String> {
        match &self.process {
            Process::Started(process) => stopping_signal(Pid::from_child(process)),
            Process::Forked(copy) => copy.stopping_signal(),
        }
        .map(signal_name)
    }
}

/// Whether the child has ended, or does so within this time.
pub(crate) fn has_ended_within(id: u32, time: Duration) -> io::Result<bool> {
    let Some(pid) = procfs::pid(id) else { return Ok(true) };
    let deadline = Instant::now() + time;
    #[cfg(target_os = "linux")]
    if let Ok(process) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
        return is_readable_before(&process, deadline);
    }
    // Other systems, and Linux where a sandbox or an emulator has no such descriptors. No way to wait for a process and a time at
    // once without a handler for SIGCHLD, which is the suite's to have.
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
    /// Nobody is left behind, whatever went wrong.
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

/// Ends all children of this process and what they have started, at once, and waits for the children.
pub(crate) fn end_all() {
    ARE_ALL_ENDED.store(true, Ordering::Release);
    let living = living();
    living.iter().for_each(|&id| signal_group(id, Signal::KILL));
    for &id in &*living {
        // Killed as they are, only a defect of the system's could keep them.
        let _ = has_ended_within(id, STEP);
    }
}

/// How often to look whether a child does not end because of its threads.
const STEP: Duration = Duration::from_secs(1);

/// Waits until the child, or a copy of one, has ended; it can be waited for again.
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

/// Takes leave of a copy that has ended, and says whether that was with success.
#[cfg(target_os = "linux")]
pub(crate) fn has_ended_well(id: u32) -> bool {
    let pid = procfs::pid(id);
    let status = pid.and_then(|pid| rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED).ok().flatten());
    status.and_then(|status| status.exit_status()) == Some(0)
}

/// Whether somebody of the group is there. For when its first process has been waited for.
pub(crate) fn is_group_alive(id: u32) -> bool {
    let group = procfs::pid(id);
    group.is_some_and(|group| rustix::process::test_kill_process_group(group).is_ok())
}

/// The signal that ended the process, or the code that it answered.
pub(crate) fn end_of(status: Option<ExitStatus>) -> (Option<i32>, Option<i32>) {
    (status.and_then(|status| status.signal()), status.and_then(|status| status.code()))
}

/// How a process ended that was not through. `None`: nobody can say any more.
pub(crate) fn process_exit(status: Option<ExitStatus>, note: &CrashRecord) -> ProcessExit {
    let (first, last) = note.signals.unzip();
    match (first.or_else(|| status?.signal()), status.and_then(|status| status.code())) {
        (Some(signal), _) => {
            // That is how the standard library puts it.
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

/// What the parent does to its side of the line when it gives up what runs: it says no more, and still listens. Other systems
/// than Linux do not tell that from a parent that is gone.
#[cfg(target_os = "linux")]
pub(crate) const GIVEN_UP: PollFlags = PollFlags::RDHUP;
#[cfg(not(target_os = "linux"))]
pub(crate) const GIVEN_UP: PollFlags = PollFlags::empty();

/// Gives up what the child runs, and waits for its last words, at most so long.
pub(crate) fn request_backtrace(messages: &MessageChannel, time: Duration) {
    if GIVEN_UP.is_empty() || messages.stream().shutdown(Shutdown::Write).is_err() {
        return;
    }
    // Whatever comes: that they are out, an answer that comes too late, or the end.
    let _ = messages.anything_within(time);
}

/// This program again, with the same arguments, as a child of this process, which has the other end of its line.
pub(crate) fn this_command(messages: UnixStream) -> io::Result<Command> {
    let mut words = std::env::args_os();
    let mut command = Command::new(this_program()?);
    if let Some(name) = words.next() {
        command.arg0(name);
    }
    command.args(words).env(MARK, std::process::id().to_string()).stdin(Stdio::from(OwnedFd::from(messages)));
    Ok(command)
}

/// The program that runs, even if another one has been put into its place meanwhile, or nothing. Where an emulator or valgrind runs
/// it, only the path is right.
fn this_program() -> io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    // Linux says "… (deleted)" then, which is the name of nothing.
    Ok(if path.exists() { path } else { "/proc/self/exe".into() })
}
