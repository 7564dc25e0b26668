//! A directory that is removed, or kept for inspection.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use crate::model::error::Error;
use crate::model::lease::{Cleanup, Lease};
use crate::model::mutex::MutexExt;
use crate::os::remove_dir::remove_all;

/// The number of random characters in a name: few, since sockets must fit in the directory. A name that exists is not taken.
const RANDOM: usize = 4;

/// A directory that its owner closes. Its path remains known afterwards.
#[derive(Debug)]
pub(crate) struct LeasedDir {
    path: PathBuf,
    dir: Mutex<Option<TempDir>>,
}

impl LeasedDir {
    /// A new directory in `parent`, whose name begins with `prefix`.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub(crate) fn new(parent: &Path, prefix: &str) -> Result<Self, Error> {
        let dir = tempfile::Builder::new().prefix(prefix).rand_bytes(RANDOM).tempdir_in(parent);
        let dir = dir.map_err(|cause| Error::file("make a directory in", parent, cause))?;
        Ok(Self { path: dir.path().to_owned(), dir: Mutex::new(Some(dir)) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes or keeps the directory. Returns its path if it was kept.
    ///
    /// # Errors
    ///
    /// When it cannot be removed.
    pub(crate) fn close(&self, cleanup: Cleanup) -> Result<Option<PathBuf>, Error> {
        let dir = self.dir.lock_even_if_poisoned().take();
        match (dir, cleanup) {
            (None, _) => Ok(None),
            (Some(dir), Cleanup::Kept) => Ok(Some(dir.keep())),
            (Some(dir), Cleanup::Returned) => {
                let removed = remove_all(&dir.keep());
                removed.map_err(|cause| Error::file("remove the directory", &self.path, cause))?;
                Ok(None)
            }
        }
    }
}

impl Lease for Arc<LeasedDir> {
    fn close(self: Box<Self>, cleanup: Cleanup) -> Result<Option<PathBuf>, Error> {
        LeasedDir::close(&self, cleanup)
    }
}
