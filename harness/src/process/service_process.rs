//! Servers that the keeper starts: each ends with it, also if it is killed.

use std::fs::{self, File, OpenOptions};
#[cfg(feature = "postgres")]
use std::io::Write;
use std::io::{self, Read, Seek, SeekFrom};
#[cfg(feature = "postgres")]
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::process::{Pid, Signal};

use crate::os::{procfs, sys, thread};
use crate::process::child;

/// How often to look whether a server is ready that says so in a file.
const STEP: Duration = Duration::from_millis(1);

/// As much of a log as somebody wants to read.
const TAIL: u64 = 4096;

/// A command, and who waits for what has come of it.
struct Spawn {
    command: Box<Command>,
    started: Sender<io::Result<Child>>,
}

/// Who starts them: a thread that never ends. The kernel ends a server when the thread ends that has started it.
static SPAWNER: Mutex<Option<Sender<Spawn>>> = Mutex::new(None);

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    end: Signal,
}

/// As whom a program runs, if not as this user.
#[cfg(feature = "postgres")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunsAs {
    pub(crate) user: u32,
    pub(crate) group: u32,
}

impl Daemon {
    /// Starts one in this directory, which writes into this file; `end` is the signal that asks it to end at once.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub(crate) fn start(mut command: Command, dir: &Path, log: &Path, end: Signal) -> io::Result<Self> {
        let log = open_plain(log, File::options().create(true).append(true))?;
        command.current_dir(dir).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
        sys::end_with_thread(&mut command, end.as_raw());
        let (sender, started) = channel();
        let spawn = Spawn { command: Box::new(command), started: sender };
        spawner()?.send(spawn).map_err(io::Error::other)?;
        let child = started.recv().map_err(io::Error::other)??;
        Ok(Self { child, end })
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    ///
    /// When it has ended, or is not ready in time.
    pub(crate) fn wait_until(&mut self, limit: Duration, mut is_ready: impl FnMut() -> bool) -> io::Result<()> {
        let deadline = Instant::now() + limit;
        while !is_ready() {
            if let Some(status) = self.ended() {
                return Err(io::Error::other(format!("it has ended: {status}")));
            }
            if Instant::now() >= deadline {
                return Err(io::Error::other(format!("it is not ready after {limit:?}")));
            }
            let _ = child::has_ended_within(self.child.id(), STEP);
        }
        Ok(())
    }

    /// How it has ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        // A server that is exiting answers no request any more, and is gone at once.
        if procfs::is_exiting(self.child.id()) {
            return self.child.wait().ok();
        }
        self.child.try_wait().ok().flatten()
    }

    /// Ends it: asks, and kills when the time is up.
    pub(crate) fn end(&mut self, grace: Duration) {
        if self.ended().is_some() {
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
    let mut spawner = SPAWNER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(spawner) = &*spawner {
        return Ok(spawner.clone());
    }
    let (sender, asked) = channel::<Spawn>();
    let spawn = move || {
        while let Ok(Spawn { mut command, started }) = asked.recv() {
            // Who has asked waits.
            let _ = started.send(command.spawn());
        }
    };
    thread::start_small("spawner", spawn)?;
    *spawner = Some(sender.clone());
    Ok(sender)
}

/// The last lines of a log, from this place on.
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

/// How long it is by now.
pub(crate) fn length(log: &Path) -> u64 {
    fs::symlink_metadata(log).map_or(0, |log| log.len())
}

/// Whether this process may do what only the system's administrator may, and servers refuse to run so.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The user of this name.
#[cfg(feature = "postgres")]
pub(crate) fn user(name: &str) -> Option<RunsAs> {
    let number = |option: &str| -> Option<u32> {
        let output = Command::new("id").args([option, name]).stderr(Stdio::null()).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    Some(RunsAs { user: number("-u")?, group: number("-g")? })
}

/// The command runs as that user.
#[cfg(feature = "postgres")]
pub(crate) fn run_as(command: &mut Command, who: Option<RunsAs>) {
    if let Some(RunsAs { user, group }) = who {
        command.uid(user).gid(group);
    }
}

/// Gives a file or directory to that user.
///
/// # Errors
///
/// When this process may not.
#[cfg(feature = "postgres")]
pub(crate) fn give(path: &Path, who: Option<RunsAs>) -> io::Result<()> {
    match who {
        Some(RunsAs { user, group }) => std::os::unix::fs::chown(path, Some(user), Some(group)),
        None => Ok(()),
    }
}

// As root, a server runs as another user, and that user owns the directory of the server. The user can replace a file there by a link, a
// pipe or a file of their own before root opens it.

/// Opens a file and nothing else, and follows no link to it.
fn open_plain(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Without `NONBLOCK`, opening a pipe would wait for a process that opens the other end.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = options.mode(0o600).custom_flags(flags.bits().cast_signed()).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is not a file")),
    }
}

/// The text of a file.
///
/// # Errors
///
/// When it cannot be read, or is no file.
#[cfg(feature = "postgres")]
pub(crate) fn read(path: &Path) -> io::Result<String> {
    io::read_to_string(open_plain(path, File::options().read(true))?)
}

/// The text of a file that this user has written.
///
/// # Errors
///
/// When it cannot be read, is no file, or is one of another user.
#[cfg(feature = "postgres")]
pub(crate) fn read_own(path: &Path) -> io::Result<String> {
    let file = open_plain(path, File::options().read(true))?;
    let owner = file.metadata()?.uid();
    match owner == rustix::process::geteuid().as_raw() {
        true => io::read_to_string(file),
        false => Err(io::Error::other(format!("it belongs to user {owner}"))),
    }
}

/// Writes a file that only that user can read, in place of what was there.
///
/// # Errors
///
/// When it cannot be written.
#[cfg(feature = "postgres")]
pub(crate) fn write_private(path: &Path, text: &str, who: Option<RunsAs>) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut file = open_plain(path, File::options().write(true).create_new(true))?;
    file.write_all(text.as_bytes())?;
    match who {
        Some(RunsAs { user, group }) => std::os::unix::fs::fchown(&file, Some(user), Some(group)),
        None => Ok(()),
    }
}

/// Where servers put their data: in memory if there is a file system for that with room, as they neither wait for a disk then nor wear it
/// out. A directory that the user has chosen wins.
pub(crate) fn data_directory(elsewhere: &Path) -> PathBuf {
    const ROOM: u64 = 1 << 30;
    let memory = Path::new("/dev/shm");
    let has_room = || {
        let stat = rustix::fs::statvfs(memory).ok()?;
        let is_writable = rustix::fs::access(memory, rustix::fs::Access::WRITE_OK).is_ok();
        Some(is_writable && stat.f_bavail.saturating_mul(stat.f_frsize) >= ROOM)
    };
    if std::env::var_os("SWIMLANES_TMPDIR").is_none_or(|dir| dir.is_empty()) && has_room() == Some(true) {
        memory.to_owned()
    } else {
        elsewhere.to_owned()
    }
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// What another user put at a path is neither read nor written to, and what is written replaces it.
    #[track_caller]
    fn check(put: impl FnOnce(&Path, &Path)) {
        let dir = tempfile::tempdir().expect("a directory");
        let [path, other] = ["path", "other"].map(|name| dir.path().join(name));
        fs::write(&other, "of another user").expect("written");
        put(&path, &other);
        assert!(read(&path).is_err() && read_own(&path).is_err());
        assert!(open_plain(&path, File::options().create(true).append(true)).is_err());
        assert_eq!(tail(&path, 0), "");
        write_private(&path, "secret", None).expect("written");
        assert_eq!((read(&path).expect("read"), read_own(&path).expect("read")), ("secret".into(), "secret".into()));
        let found = path.symlink_metadata().expect("it is there");
        assert!(found.is_file() && found.permissions().mode() & 0o777 == 0o600);
        assert_eq!(fs::read_to_string(other).expect("read"), "of another user");
    }

    #[test]
    fn what_root_uses_in_the_directory_of_another_user_is_a_file_and_no_link() {
        check(|path, other| symlink(other, path).expect("linked"));
        check(|path, other| symlink(other.with_extension("gone"), path).expect("linked"));
        check(|path, _| assert!(Command::new("mkfifo").arg(path).status().is_ok_and(|status| status.success())));
    }
}
