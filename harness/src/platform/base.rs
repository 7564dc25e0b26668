//! The directory that everything of ours on this machine lives in: runs, locks, port blocks.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::model::error::Error;
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
use crate::platform::daemon;
use crate::platform::{env, sys};

/// Whether this process has made or used anything in a base.
static IS_USED: AtomicBool = AtomicBool::new(false);

/// `swimlanes-<user>` in the directory for temporary files. Only this user can look into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    path: PathBuf,
}

impl Base {
    /// The base of this user. Touches nothing.
    pub(crate) fn of_user() -> Self {
        let mut name = "swimlanes-".to_owned();
        name += &sys::user();
        Self { path: env::temporary_directory().join(name) }
    }

    /// Where the servers of this user have their data, which others may be allowed to pass through: see
    /// [`daemon::data_directory`](crate::platform::daemon::data_directory).
    #[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
    pub(crate) fn of_servers() -> Self {
        let name = format!("swimlanes-{}-s", sys::user());
        Self { path: daemon::data_directory(env::temporary_directory()).join(name) }
    }

    #[cfg(test)]
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Does `work` in the base, and makes the base first if it is not there. The last process to end removes it, and
    /// that may happen between the two; then both are done again.
    ///
    /// # Errors
    ///
    /// When the base cannot be made, belongs to somebody else, or `work` fails.
    pub(crate) fn with<T>(&self, work: impl Fn() -> io::Result<T>) -> Result<T, Error> {
        // Each try loses only to another process that ended within it.
        for _ in 0..1_000 {
            match work() {
                Err(cause) if cause.kind() == ErrorKind::NotFound => self.make()?,
                Err(cause) => return Err(Error::file("use the directory", &self.path, cause)),
                Ok(value) => {
                    IS_USED.store(true, Ordering::Relaxed);
                    return Ok(value);
                }
            }
        }
        let cause = io::Error::other("it vanishes again and again; does something else remove it?");
        Err(Error::file("use the directory", &self.path, cause))
    }

    /// Removes the base if nothing is in it any more. Left to those who have used it: under cargo-nextest every test ends
    /// here.
    pub(crate) fn remove_if_empty(&self) {
        if !IS_USED.load(Ordering::Relaxed) {
            return;
        }
        // Somebody else's things in it, or another process that was quicker: either is fine.
        let _ = fs::remove_dir(&self.path);
    }

    fn make(&self) -> Result<(), Error> {
        let fail = |cause| Error::file("make the directory", &self.path, cause);
        match sys::make_private_directory(&self.path) {
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {}
            // Not made here: it would be a mistyped one.
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                let message = "the directory it is to be in does not exist; see SWIMLANES_TMPDIR and TMPDIR";
                return Err(fail(io::Error::new(cause.kind(), message)));
            }
            made => made.map_err(fail)?,
        }
        // In a directory that everybody can write to, somebody else may have made it first.
        match sys::is_own_directory(&self.path) {
            Ok(true) => Ok(()),
            Ok(false) => Err(fail(io::Error::other("it belongs to another user, or is no directory; remove it"))),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(()),
            Err(cause) => Err(fail(cause)),
        }
    }
}
