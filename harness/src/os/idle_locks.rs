//! Lock files that this process has open and does not lock now, for its next lock on them. To make, open and remove a file takes 20 times as
//! long as to lock one that is open.
//!
//! Another process may lock or remove such a file at any time. So who takes one from here has to lock it, and to look whether it is still
//! the one at its path.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use crate::model::hash::fnv;
use crate::model::mutex::MutexExt;
use crate::os::sys::{self, InodeId};

/// How many there are at most, and which part of the descriptors that the process may have: they are for the tests.
const MOST: usize = 128;
const PART_OF_LIMIT: u64 = 8;

/// Those that were used last are at the end.
static IDLE: Mutex<Vec<IdleLock>> = Mutex::new(Vec::new());

/// A lock file that is open.
#[derive(Debug)]
pub(super) struct IdleLock {
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// Which file it is. A test may close descriptors that are not its own.
    pub(super) id: InodeId,
    hash: u64,
}

impl IdleLock {
    pub(super) fn new(file: File, path: PathBuf, id: InodeId) -> Self {
        let hash = hash_of(&path);
        Self { file, path, id, hash }
    }
}

/// Keeps it. The answer is one that has to go for it.
pub(super) fn put(lock: IdleLock) -> Option<IdleLock> {
    let mut idle = IDLE.lock_even_if_poisoned();
    idle.push(lock);
    (idle.len() > most()).then(|| idle.remove(0))
}

/// One for this path.
pub(super) fn take(path: &Path) -> Option<IdleLock> {
    let hash = hash_of(path);
    let mut idle = IDLE.lock_even_if_poisoned();
    let place = idle.iter().rposition(|lock| lock.hash == hash && lock.path == path)?;
    Some(idle.remove(place))
}

/// All of them.
pub(super) fn take_all() -> Vec<IdleLock> {
    std::mem::take(&mut *IDLE.lock_even_if_poisoned())
}

/// As the limit was when this was first asked.
fn most() -> usize {
    static MOST_HERE: OnceLock<usize> = OnceLock::new();
    let part = || sys::descriptor_limit().map_or(MOST, |limit| MOST.min((limit / PART_OF_LIMIT) as usize));
    *MOST_HERE.get_or_init(part)
}

fn hash_of(path: &Path) -> u64 {
    fnv(path.as_os_str().as_encoded_bytes())
}
