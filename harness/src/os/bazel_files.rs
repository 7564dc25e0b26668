//! The two files with which a test program tells Bazel that it supports shards, and that it has ended too early.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::os::env::Bazel;

/// The file that Bazel takes for the sign of a premature end: it exists while the run is not over. A test that ends this process leaves it
/// behind.
pub(crate) struct PrematureExitFile {
    path: Option<PathBuf>,
}

impl PrematureExitFile {
    /// Creates it, and the file that says that shards are supported, if Bazel has named them.
    ///
    /// # Errors
    ///
    /// The path of the file that cannot be created, and why.
    pub(crate) fn create(bazel: &Bazel) -> Result<Self, (&Path, io::Error)> {
        for path in [&bazel.shard_status_file, &bazel.premature_exit_file].into_iter().flatten() {
            File::options().append(true).create(true).open(path).map_err(|cause| (path.as_path(), cause))?;
        }
        Ok(Self { path: bazel.premature_exit_file.clone() })
    }

    /// The run is over. If the file cannot be removed, Bazel reports the test as failed.
    pub(crate) fn remove(self) {
        if let Some(path) = self.path {
            _ = fs::remove_file(path);
        }
    }
}
