//! Systems that are not Unix: the same functions, as far as the standard library supports them.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A name for the user, for file names.
pub(crate) fn user() -> String {
    let name = std::env::var("USERNAME").unwrap_or_default();
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The fixture that a thread tears down is not recorded here.
pub(crate) struct TeardownNote;

/// Records nothing.
pub(crate) fn note_teardown(_fixture: String) -> TeardownNote {
    TeardownNote
}

/// Not recorded here.
pub(crate) fn torn_down_here() -> Option<&'static str> {
    None
}

/// Processes are not forked here.
pub(crate) fn install_atfork() {}

/// Processes are not forked here, so this one was not.
pub(crate) fn is_copy() -> bool {
    false
}

/// Creates a directory; the system's directory for temporary files belongs to one user already.
pub(crate) fn make_private_directory(path: &Path) -> io::Result<()> {
    std::fs::create_dir(path)
}

/// What other users may do with a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// Nothing, provided that the system's directory for temporary files is the user's own.
    Closed,
}

/// A directory that is not a link.
#[derive(Debug)]
pub(crate) struct OwnDir {
    path: PathBuf,
}

impl OwnDir {
    /// Checks that the path is a directory.
    pub(crate) fn open(path: &Path, _door: Door, advice: &str) -> io::Result<Self> {
        match path.symlink_metadata()?.is_dir() {
            true => Ok(Self { path: path.to_owned() }),
            false => Err(io::Error::other(format!("it is a symbolic link, or not a directory; {advice}"))),
        }
    }

    /// Whether the directory exists.
    pub(crate) fn is_whole(&self) -> bool {
        self.path.exists()
    }

    /// There is nothing to close.
    pub(crate) fn close(self) {}

    /// Opens a file below it for its lock, and creates the file if it does not exist.
    pub(crate) fn open_file(&self, below: &Path) -> io::Result<File> {
        File::options().create(true).truncate(false).read(true).write(true).open(self.path.join(below))
    }

    /// Whether something of this name is in it.
    pub(crate) fn has(&self, below: &Path) -> bool {
        self.path.join(below).exists()
    }
}

/// Not known here.
pub(crate) fn danger_in(_dir: &Path) -> Option<String> {
    None
}

/// Whether the open file is still the one at this path: a file that is open cannot be replaced here.
pub(crate) fn is_same_file(_file: &File, path: &Path) -> bool {
    path.exists()
}

/// The identity of a file.
pub(crate) type InodeId = (u64, u64);

/// Not known here.
pub(crate) fn id_of_open(_file: &File) -> Option<InodeId> {
    None
}

/// Not known here.
pub(crate) fn id_at(_path: &Path) -> Option<InodeId> {
    None
}

/// Not known here.
pub(crate) fn descriptor_limit() -> Option<u64> {
    None
}

/// Writes everything to stdout.
pub(crate) fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Writes everything to stderr.
pub(crate) fn write_stderr(bytes: &[u8]) -> io::Result<()> {
    io::stderr().write_all(bytes)
}

/// Not supported here; an exit is not noticed.
pub(crate) fn at_exit(_on_exit: fn()) {}

/// Writes to stderr and ends the process.
pub(crate) fn exit_immediately(message: &[u8], code: i32) -> ! {
    let _ = io::stderr().write_all(message);
    std::process::exit(code)
}

/// Not supported here.
pub(crate) fn ignored_signals() -> Vec<i32> {
    Vec::new()
}

/// Not needed here.
pub(crate) fn ignore_signals(_signals: &[i32]) {}

/// Not supported here: a second socket on a bound port either fails or takes the port away.
#[derive(Debug)]
pub(crate) struct ReservedPort;

impl ReservedPort {
    /// Whether a server can bind a reserved port on this system.
    pub(crate) const WORKS: bool = false;

    pub(crate) fn bind(_port: u16) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn port(&self) -> u16 {
        0
    }
}

/// Not supported here: stacks are not captured.
#[derive(Debug, Default)]
pub(crate) struct Stack;

impl Stack {
    /// Does nothing: stacks are not captured here.
    pub(crate) fn enter(&self) -> impl Sized + use<> {}

    /// Like [`Stack::ask`].
    pub(crate) fn ask_at_last(&self) -> Result<Option<&std::backtrace::Backtrace>, super::probe_stuck::ProbeStuck> {
        Ok(None)
    }

    /// Always `None`.
    pub(crate) fn ask(&self) -> Option<&std::backtrace::Backtrace> {
        None
    }
}

/// Only calls `action`: stacks are not captured here.
pub(crate) fn block_probe<T>(action: impl FnOnce() -> T) -> T {
    action()
}
