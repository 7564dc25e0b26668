//! Lock files that this process keeps open without locking them, for its next lock on them. Creating, opening and removing a file takes
//! about 7 times as long as locking an open one with all checks (34 and 5 us). If too many are open, the one that was used longest ago is
//! closed, and its file is removed only when the process ends.
//!
//! Another process may lock or remove such a file at any time. So the caller that takes one from here must lock it, and check whether it
//! is still the file at its path.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use crate::model::hash::fnv;
use crate::model::mutex::MutexExt;
use crate::os::sys::{self, InodeId};

/// How many files are kept at most, and which part of the process's descriptor limit they may use. The other descriptors are for the
/// tests.
const MOST: usize = 128;
const PART_OF_LIMIT: u64 = 8;

/// The most recently used ones are at the end.
static IDLE: Mutex<Vec<IdleLock>> = Mutex::new(Vec::new());

/// The files that were closed and not removed.
static CLOSED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// An open lock file.
#[derive(Debug)]
pub(super) struct IdleLock {
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// The identity of the file. A test may close descriptors that are not its own.
    pub(super) id: InodeId,
    hash: u64,
}

impl IdleLock {
    pub(super) fn new(file: File, path: PathBuf, id: InodeId) -> Self {
        let hash = hash_of(&path);
        Self { file, path, id, hash }
    }
}

/// Keeps the file. If there are too many, returns one to be closed, and remembers its path.
pub(super) fn put(lock: IdleLock) -> Option<IdleLock> {
    let mut idle = IDLE.lock_even_if_poisoned();
    idle.push(lock);
    if idle.len() <= most() {
        return None;
    }
    let oldest = idle.remove(0);
    CLOSED.lock_even_if_poisoned().insert(oldest.path.clone());
    Some(oldest)
}

/// Takes the file for this path.
pub(super) fn take(path: &Path) -> Option<IdleLock> {
    let hash = hash_of(path);
    let mut idle = IDLE.lock_even_if_poisoned();
    let place = idle.iter().rposition(|lock| lock.hash == hash && lock.path == path)?;
    Some(idle.remove(place))
}

/// Takes all files, and the paths of those that were closed.
pub(super) fn take_all() -> (Vec<IdleLock>, BTreeSet<PathBuf>) {
    (std::mem::take(&mut *IDLE.lock_even_if_poisoned()), std::mem::take(&mut *CLOSED.lock_even_if_poisoned()))
}

/// According to the limit at the first call.
fn most() -> usize {
    static MOST_HERE: OnceLock<usize> = OnceLock::new();
    let part = || sys::descriptor_limit().map_or(MOST, |limit| MOST.min((limit / PART_OF_LIMIT) as usize));
    *MOST_HERE.get_or_init(part)
}

fn hash_of(path: &Path) -> u64 {
    fnv(path.as_os_str().as_encoded_bytes())
}
