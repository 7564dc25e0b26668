//! The locks for `serial` and `no_parallel` between tests that are processes of their own, as under cargo-nextest.

use std::path::PathBuf;

use crate::model::error::Error;
use crate::model::hash::fnv;
use crate::os::env;
use crate::os::file_lock::{FileLock, Mode};
use crate::os::state_dir::StateDir;

/// One of these locks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RunLock<'a> {
    /// Keeps `no_parallel` tests apart from the tests of other processes, of the same run or of other runs in the workspace: a `no_parallel`
    /// test takes `Mode::Exclusive`, every other test `Mode::Shared`.
    NoParallel(Mode),
    /// Keeps apart the `serial` tests of the run with this id.
    Serial(&'a str),
}

impl RunLock<'_> {
    /// Takes the lock if it is free.
    ///
    /// # Errors
    ///
    /// When its file cannot be locked.
    pub(crate) fn try_take(self) -> Result<Option<FileLock>, Error> {
        let state_dir = StateDir::for_user();
        match self {
            Self::NoParallel(mode) => FileLock::try_borrow(&state_dir, &manifest(), &in_state_dir("turn"), mode)
                .or_else(|_| FileLock::try_take(&state_dir, &in_state_dir("machine"), mode)),
            Self::Serial(run_id) => FileLock::try_take(&state_dir, &serial(run_id), Mode::Exclusive),
        }
    }

    /// Takes the lock. Waits in the kernel until it is free.
    ///
    /// # Errors
    ///
    /// When its file cannot be locked.
    pub(crate) fn take(self) -> Result<FileLock, Error> {
        let state_dir = StateDir::for_user();
        match self {
            // On a file system that cannot lock the manifest, a lock file in the state directory is used.
            Self::NoParallel(mode) => FileLock::borrow(&state_dir, &manifest(), &in_state_dir("turn"), mode)
                .or_else(|_| FileLock::take(&state_dir, &in_state_dir("machine"), mode)),
            Self::Serial(run_id) => FileLock::take(&state_dir, &serial(run_id), Mode::Exclusive),
        }
    }

    /// The tag that it is for.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::NoParallel(_) => "no_parallel",
            Self::Serial(_) => "serial",
        }
    }

    /// The files that may be locked.
    pub(crate) fn files(self) -> Vec<PathBuf> {
        match self {
            Self::NoParallel(_) => vec![manifest(), in_state_dir("machine")],
            Self::Serial(run_id) => vec![serial(run_id)],
        }
    }
}

/// Every workspace has this file, and nothing else locks it.
fn manifest() -> PathBuf {
    PathBuf::from(env::namespace()).join("Cargo.toml")
}

fn in_state_dir(kind: &str) -> PathBuf {
    let hash = fnv(manifest().as_os_str().as_encoded_bytes());
    StateDir::for_user().path().join(format!("{kind}-{hash:016x}.lock"))
}

fn serial(run_id: &str) -> PathBuf {
    StateDir::for_user().path().join(format!("serial-{run_id}.lock"))
}
