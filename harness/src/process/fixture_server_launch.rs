//! The fixture server, seen from outside: how it is started, where it listens, and which process the run ends with. Only for Linux, since
//! it uses descriptors of processes.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::process::PidfdFlags;
use serde::Serialize;

use crate::model::error::Error;
use crate::model::hash::fnv;
use crate::os::message_channel::MessageChannel;
use crate::os::{children, procfs, sys};
use crate::process::child;
use crate::process::orphans;

/// How long the servers of a killed fixture server may take to end.
const ENDING: Duration = Duration::from_secs(2);

/// Starts a fixture server, which runs this executable with the same arguments and writes into this file, and sends it its role. The caller
/// need not wait for it. It has its own session as soon as it calls [`settle`].
///
/// # Errors
///
/// If it cannot be started.
pub(crate) fn start(order: &impl Serialize, log: File) -> Result<MessageChannel, Error> {
    let fail = |cause| Error::io("start the fixture server", cause);
    sys::restore_sigchld();
    let (ours, its) = UnixStream::pair().map_err(fail)?;
    let mut command = child::this_command(its).map_err(fail)?;
    command.stdout(log.try_clone().map_err(fail)?).stderr(log);
    children::spawn_detached(&mut command).map_err(fail)?;
    drop(command);
    let messages = MessageChannel::new(ours).map_err(fail)?;
    let nothing = File::open("/dev/null").map_err(fail)?;
    messages.send_fds(&[nothing.as_fd()]).and_then(|()| messages.send(order)).map_err(fail)?;
    Ok(messages)
}

/// Detaches the fixture server from the terminal, and makes it the parent of the processes that its children leave behind. The code of
/// fixtures may end the process. So the fixture server continues in a fork; the original waits for the fork, ends the processes that it has
/// left, and cleans up. If the process has a second thread already, it cannot fork, and what it starts outlives it if it crashes.
///
/// # Errors
///
/// If the system reports an error.
pub(crate) fn settle(clean_up: impl FnOnce()) -> io::Result<()> {
    rustix::process::setsid()?;
    adopt()?;
    match sys::copy_of_this_process() {
        Ok(None) => adopt(),
        Ok(Some(copy)) => {
            child::wait_for_end(copy);
            // A fixture server that has finished leaves nothing.
            if !child::has_ended_well(copy) {
                orphans::end_family(ENDING);
                clean_up();
            }
            sys::exit_immediately(b"", 0)
        }
        Err(_) => Ok(()),
    }
}

fn adopt() -> io::Result<()> {
    Ok(rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?)
}

/// The name of its socket. Each executable has its own, since another one has other fixtures.
///
/// # Errors
///
/// If this executable cannot be found.
pub(crate) fn socket_name() -> io::Result<String> {
    let program = std::fs::metadata(child::this_program()?)?;
    let what = [program.dev(), program.ino(), program.mtime() as u64, program.mtime_nsec() as u64];
    let bytes: Vec<u8> = what.iter().flat_map(|number| number.to_le_bytes()).collect();
    Ok(format!("keeper-{:016x}", fnv(&bytes)))
}

/// Listens on the socket of this name in the directory.
///
/// # Errors
///
/// If the system cannot create the socket.
pub(crate) fn listen(dir: &Path, name: &str) -> io::Result<UnixListener> {
    let dir = File::open(dir)?;
    UnixListener::bind(path_in(&dir, name))
}

/// Connects to the process that listens there.
///
/// # Errors
///
/// If no process listens.
pub(crate) fn connect(dir: &Path, name: &str) -> io::Result<MessageChannel> {
    connect_in(&File::open(dir)?, name)
}

/// Connects to the process that listens in this directory.
///
/// # Errors
///
/// If no process listens.
pub(crate) fn connect_in(dir: &File, name: &str) -> io::Result<MessageChannel> {
    MessageChannel::new(UnixStream::connect(path_in(dir, name))?)
}

/// Opens the log of the process that listens in this directory.
///
/// # Errors
///
/// If there is no log.
pub(crate) fn log_in(dir: &File, socket: &str) -> io::Result<File> {
    File::open(path_in(dir, socket).with_extension("log"))
}

/// The path of a socket can have 107 bytes, and directories for temporary files can be longer.
fn path_in(dir: &File, name: &str) -> PathBuf {
    Path::new("/proc/self/fd").join(dir.as_raw_fd().to_string()).join(name)
}

/// A process to wait for that is not a child of this one.
#[derive(Debug)]
pub(crate) struct RunnerProcess(OwnedFd);

impl RunnerProcess {
    /// The process with this number. `None`: it is gone.
    pub(crate) fn of(id: u32) -> Option<Self> {
        let pid = procfs::pid(id)?;
        rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok().map(Self)
    }
}

/// The events of the fixture server.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Attended {
    pub(crate) has_runner_ended: bool,
    pub(crate) has_guest: bool,
    /// The indices of the clients that have closed their connections.
    pub(crate) left: Vec<usize>,
}

/// Waits until the runner ends, a client connects, or a client closes its connection.
///
/// # Errors
///
/// If the system reports an error.
pub(crate) fn attend(
    runner: Option<&RunnerProcess>,
    listener: &UnixListener,
    guests: &[UnixStream],
) -> io::Result<Attended> {
    let mut fds = vec![PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN)];
    fds.extend(guests.iter().map(|guest| PollFd::from_borrowed_fd(guest.as_fd(), PollFlags::RDHUP)));
    fds.extend(runner.map(|RunnerProcess(fd)| PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN)));
    rustix::io::retry_on_intr(|| rustix::event::poll(&mut fds, None))?;
    let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
    Ok(Attended {
        has_guest: ready[0],
        left: (0..guests.len()).filter(|ix| ready[1 + ix]).collect(),
        has_runner_ended: ready.get(1 + guests.len()).is_some_and(|ready| *ready),
    })
}

/// The process of cargo-nextest, seen from a process that it has started for a test: the nearest ancestor that does not belong to this run.
/// There may be others between them, which wrap the test.
pub(crate) fn nextest(run_id: &str) -> u32 {
    let own = std::process::id();
    let variable = format!("NEXTEST_RUN_ID={run_id}");
    let is_of_run = |id: u32| {
        let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|it| it == variable.as_bytes())
    };
    let ancestors = std::iter::successors(parent_of(own), |&id| parent_of(id));
    ancestors.into_iter().find(|&id| !is_of_run(id)).unwrap_or(own)
}

fn parent_of(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // After the name, which may contain anything, come the state and the parent. The parent is 0 if it is outside of this container.
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(1)?.parse().ok().filter(|&parent| parent > 0)
}

/// The file with the output of fixtures.
pub(crate) fn log_of(dir: &Path, socket: &str) -> PathBuf {
    dir.join(socket).with_extension("log")
}
