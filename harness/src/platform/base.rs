//! The directory that everything of ours on this machine lives in: runs, locks, port blocks.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::model::error::Error;
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
use crate::platform::daemon;
use crate::platform::env;
use crate::platform::sys::{self, Others, OwnDirectory};

/// Whether this process has made or used anything in a base.
static IS_USED: AtomicBool = AtomicBool::new(false);

/// `swimlanes-<user>` in the directory for temporary files. Only this user can look into it.
///
/// Others can write to the directory above it and know its name, so each use begins with the directory itself: it is opened without
/// following a link, and what was opened must belong to this user and be closed to others. From then on nobody else can put another one
/// in its place, if the directory above is as directories for temporary files are: sticky, or writable by this user alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    path: PathBuf,
    others: Others,
}

impl Base {
    /// The base of this user. Touches nothing.
    pub(crate) fn of_user() -> Self {
        let mut name = "swimlanes-".to_owned();
        name += &sys::user();
        Self { path: env::temporary_directory().join(name), others: Others::None }
    }

    /// Where the servers of this user have their data, which others may be allowed to pass through: see
    /// [`daemon::data_directory`](crate::platform::daemon::data_directory).
    #[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
    pub(crate) fn of_servers() -> Self {
        let name = format!("swimlanes-{}-s", sys::user());
        Self { path: daemon::data_directory(env::temporary_directory()).join(name), others: Others::Pass }
    }

    #[cfg(test)]
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, others: Others::None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is there.
    ///
    /// # Errors
    ///
    /// When something else is in its place.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_there(&self) -> Result<bool, Error> {
        match OwnDirectory::open(&self.path, self.others) {
            Ok(_) => Ok(true),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(false),
            Err(cause) => Err(self.refused(&cause)),
        }
    }

    /// The file at this path in the base; makes the file, and before it the base, if they are not there. The last process to end removes
    /// the base, and that may happen between the two; then both are done again.
    ///
    /// # Errors
    ///
    /// When the base cannot be made, something else is in its place, or the file cannot be opened.
    pub(crate) fn file(&self, path: &Path) -> Result<File, Error> {
        let within = path.strip_prefix(&self.path).unwrap_or(path);
        // Each try loses only to another process that ended within it.
        for _ in 0..1_000 {
            let directory = match OwnDirectory::open(&self.path, self.others) {
                Ok(directory) => directory,
                Err(cause) if cause.kind() == ErrorKind::NotFound => {
                    self.make()?;
                    continue;
                }
                Err(cause) => return Err(self.refused(&cause)),
            };
            match directory.file(within) {
                // It has been removed meanwhile, or the directory below it that the file is to be in is not there.
                Err(cause) if cause.kind() == ErrorKind::NotFound => {}
                Err(cause) => return Err(Error::file("use the directory", &self.path, cause)),
                Ok(file) => {
                    IS_USED.store(true, Ordering::Relaxed);
                    return Ok(file);
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
        match sys::make_private_directory(&self.path) {
            // What that is, the next look will say.
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Ok(()),
            // Not made here: it would be a mistyped one.
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                let message = "the directory it is to be in does not exist; see SWIMLANES_TMPDIR and TMPDIR";
                Err(Error::file("make the directory", &self.path, io::Error::new(cause.kind(), message)))
            }
            made => made.map_err(|cause| Error::file("make the directory", &self.path, cause)),
        }
    }

    fn refused(&self, cause: &io::Error) -> Error {
        let what_to_do = "remove it, or set SWIMLANES_TMPDIR to a directory that only you can write to";
        Error::file("use the directory", &self.path, io::Error::new(cause.kind(), format!("{cause}; {what_to_do}")))
    }
}
