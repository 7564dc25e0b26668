//! Database servers that the fixture server starts. Each ends with it, even if it is killed.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::model::mutex::MutexExt;
use crate::os::service_user::open_plain;
use crate::os::{procfs, sys, thread};
use crate::process::child;

/// The interval of checks whether a server is ready, which it writes into a file.
const STEP: Duration = Duration::from_millis(1);

/// The limit for the part of a log that an error contains.
const TAIL: u64 = 4096;

/// A command, and the channel for its result.
struct Spawn {
    command: Box<Command>,
    started: Sender<io::Result<Child>>,
}

/// The thread that starts servers. It never ends, since the kernel ends a server when the thread that has started it
/// ends.
static SPAWNER: Mutex<Option<Sender<Spawn>>> = Mutex::new(None);

/// A running server.
#[derive(Debug)]
pub(crate) struct ServiceProcess {
    child: Child,
    end: Signal,
}

impl ServiceProcess {
    /// Starts a server in this directory, with its output in this file. `end` is the signal that makes it end
    /// immediately.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(crate) fn start(mut command: Command, dir: &Path, log: &Path, end: Signal) -> io::Result<Self> {
        let log = open_plain(log, File::options().create(true).append(true))?;
        command.current_dir(dir).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
        sys::set_pdeathsig(&mut command, end.as_raw());
        let (sender, started) = channel();
        let spawn = Spawn { command: Box::new(command), started: sender };
        spawner()?.send(spawn).map_err(io::Error::other)?;
        let child = started.recv().map_err(io::Error::other)??;
        Ok(Self { child, end })
    }

    /// Waits until the server is ready.
    ///
    /// # Errors
    ///
    /// If it has exited, or is not ready in time.
    pub(crate) fn wait_until(&mut self, limit: Duration, mut is_ready: impl FnMut() -> bool) -> io::Result<()> {
        let deadline = Instant::now() + limit;
        while !is_ready() {
            if let Some(status) = self.exit_status() {
                return Err(io::Error::other(format!("it has ended: {status}")));
            }
            if Instant::now() >= deadline {
                return Err(io::Error::other(format!("it is not ready after {limit:?}")));
            }
            let _ = child::has_ended_within(self.child.id(), STEP);
        }
        Ok(())
    }

    /// Its status, if it has exited.
    pub(crate) fn exit_status(&mut self) -> Option<ExitStatus> {
        // A server that is exiting accepts no requests any more, and is gone in a moment.
        if procfs::is_exiting(self.child.id()) {
            return self.child.wait().ok();
        }
        self.child.try_wait().ok().flatten()
    }

    /// Ends the server: sends its signal first, and SIGKILL after the grace period.
    pub(crate) fn end(&mut self, grace: Duration) {
        if self.exit_status().is_some() {
            return;
        }
        let pid = Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, self.end);
        if !child::has_ended_within(self.child.id(), grace).unwrap_or(false) {
            let _ = rustix::process::kill_process_group(pid, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

fn spawner() -> io::Result<Sender<Spawn>> {
    let mut spawner = SPAWNER.lock_even_if_poisoned();
    if let Some(spawner) = &*spawner {
        return Ok(spawner.clone());
    }
    let (sender, requests) = channel::<Spawn>();
    let spawn = move || {
        while let Ok(Spawn { mut command, started }) = requests.recv() {
            // The caller waits for this.
            let _ = started.send(command.spawn());
        }
    };
    thread::start_small("spawner", spawn)?;
    *spawner = Some(sender.clone());
    Ok(sender)
}

/// The end of a log, from this position on.
pub(crate) fn tail(log: &Path, from: u64) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = open_plain(log, File::options().read(true))?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(from.max(length.saturating_sub(TAIL))))?;
        let mut bytes = Vec::new();
        file.take(TAIL).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

/// The current length of the log.
pub(crate) fn length(log: &Path) -> u64 {
    fs::symlink_metadata(log).map_or(0, |log| log.len())
}
