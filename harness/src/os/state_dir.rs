//! The base: the directory for everything that swimlanes keeps on this machine, such as runs, locks and port blocks.
//!
//! Its name can be predicted, and other users can write to the directory around it. So each process opens it without following a link and
//! checks the descriptor before it first uses it, and again after the base was removed and recreated. Lock files are opened through that
//! descriptor: between a check and the use of a path, the last process of another run may remove the base, and another user may put
//! something in its place.
//!
//! While a process holds a lock whose file is in the base, paths are as safe as the descriptor. The base is not empty, so no process of
//! ours removes it. In a directory with the sticky bit, only the owner of the base, the owner of the directory and root can remove or
//! rename the base. So the files of a run are used by their paths, but only under the lock of the run, which is checked to be at its path
//! after it was taken. A directory that others can write to and that has no sticky bit gives no protection, and no check can change that.
//! The run goes on with a note, as `mktemp`, `tmux` and `ssh-agent` do: containers with such a `/tmp` are common and have one user.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::model::error::Error;
use crate::model::mutex::MutexExt;
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
use crate::os::service_user;
use crate::os::sys::{Door, OwnDir};
use crate::os::{env, sys};

/// What to do about a base that must not be used.
const ADVICE: &str = "remove it, or set SWIMLANES_TMPDIR to a directory of your own";

/// Whether this process has created or used anything in a base.
static IS_USED: AtomicBool = AtomicBool::new(false);

/// The bases that this process has open: that of the user, and that of servers if it starts any.
static OPEN: Mutex<Vec<(PathBuf, OwnDir)>> = Mutex::new(Vec::new());

/// How many descriptors this process has open for bases.
#[cfg(target_os = "linux")]
pub(crate) fn n_open() -> i64 {
    open().len() as i64
}

fn open() -> MutexGuard<'static, Vec<(PathBuf, OwnDir)>> {
    OPEN.lock_even_if_poisoned()
}

/// `swimlanes-<user>` in the directory for temporary files. Only this user can look into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateDir {
    path: PathBuf,
    door: Door,
}

impl StateDir {
    /// The base of this user. Does not access the file system.
    pub(crate) fn for_user() -> Self {
        let mut name = "swimlanes-".to_owned();
        name += &sys::user();
        Self { path: env::temporary_directory().join(name), door: Door::Closed }
    }

    /// The base for the data of this user's servers. Servers of root run as another user, who may pass through the base: see
    /// [`service_user::data_directory`](crate::os::service_user::data_directory).
    #[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
    pub(crate) fn for_servers() -> Self {
        let name = format!("swimlanes-{}-s", sys::user());
        let door = if service_user::is_root() { Door::Passable } else { Door::Closed };
        Self { path: service_user::data_directory(env::temporary_directory()).join(name), door }
    }

    #[cfg(test)]
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, door: Door::Closed }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Checks the base, if it exists. Returns the reason if other users could replace it nevertheless.
    ///
    /// # Errors
    ///
    /// When it is a symbolic link, belongs to another user, or is open to others.
    pub(crate) fn check(&self) -> Result<Option<String>, Error> {
        self.look(|_| ())?;
        let parent = self.path.parent().unwrap_or(&self.path);
        let note = |why| {
            let (path, dir) = (self.path.display(), parent.display());
            format!(
                "other users can replace {path}, as they can rename entries of {dir}: {why}; set SWIMLANES_TMPDIR to a directory of your own"
            )
        };
        Ok(sys::danger_in(parent).map(note))
    }

    /// Calls `work` with the base, if it exists.
    ///
    /// # Errors
    ///
    /// When the base must not be used.
    pub(crate) fn look<T>(&self, work: impl FnOnce(&OwnDir) -> T) -> Result<Option<T>, Error> {
        match self.opened(|dir| Ok(work(dir))) {
            Ok(done) => Ok(Some(done)),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(self.not_usable(cause)),
        }
    }

    /// Calls `work` with the base, and creates the base first if it does not exist. The last process to end removes it, possibly between
    /// the two steps; then both are repeated.
    ///
    /// # Errors
    ///
    /// When the base cannot be created, must not be used, or `work` fails.
    pub(crate) fn with<T>(&self, work: impl Fn(&OwnDir) -> io::Result<T>) -> Result<T, Error> {
        // An attempt fails only if another process ends during it.
        for _ in 0..1_000 {
            match self.opened(&work) {
                Err(cause) if cause.kind() == ErrorKind::NotFound => {
                    self.forget();
                    self.make()?;
                }
                Err(cause) => return Err(self.not_usable(cause)),
                Ok(value) => {
                    IS_USED.store(true, Ordering::Relaxed);
                    return Ok(value);
                }
            }
        }
        let cause = io::Error::other("it was removed again and again; does another program remove it?");
        Err(self.not_usable(cause))
    }

    /// This path relative to the base.
    ///
    /// # Errors
    ///
    /// When it is not below the base.
    pub(crate) fn below<'path>(&self, path: &'path Path) -> io::Result<&'path Path> {
        path.strip_prefix(&self.path).map_err(io::Error::other)
    }

    /// Closes the base, so that the next use opens it again: the open directory is not the one at its path.
    pub(crate) fn forget(&self) {
        let mut open = open();
        if let Some(ix) = open.iter().position(|(path, _)| *path == self.path) {
            open.swap_remove(ix).1.close();
        }
    }

    /// Removes the base if it is empty. Only processes that have used it do so: under cargo-nextest every test ends here.
    pub(crate) fn remove_if_empty(&self) {
        if !IS_USED.load(Ordering::Relaxed) {
            return;
        }
        // It may contain files of other processes, or another process may have removed it first: either is fine.
        let _ = fs::remove_dir(&self.path);
    }

    /// Calls `work` with the base, which is opened and checked before its first use.
    fn opened<T>(&self, work: impl FnOnce(&OwnDir) -> io::Result<T>) -> io::Result<T> {
        let mut open = open();
        let place = open.iter().position(|(path, _)| *path == self.path);
        if let Some(ix) = place {
            if open[ix].1.is_whole() {
                return work(&open[ix].1);
            }
            open.swap_remove(ix).1.close();
        }
        let dir = OwnDir::open(&self.path, self.door, ADVICE)?;
        let done = work(&dir);
        open.push((self.path.clone(), dir));
        done
    }

    fn make(&self) -> Result<(), Error> {
        let fail = |cause| Error::file("make the directory", &self.path, cause);
        match sys::make_private_directory(&self.path) {
            // Another process of ours has made it, or another user: it is checked before it is used.
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Ok(()),
            // The parent is not created, because its path is probably mistyped.
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                let message = "the directory it is to be in does not exist; see SWIMLANES_TMPDIR and TMPDIR";
                Err(fail(io::Error::new(cause.kind(), message)))
            }
            made => made.map_err(fail),
        }
    }

    fn not_usable(&self, cause: io::Error) -> Error {
        Error::file("use the directory", &self.path, cause)
    }
}
