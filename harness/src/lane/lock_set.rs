//! The locks of a test against other processes. Within the process, the scheduler has admitted the test already.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::model::error::Error;
use crate::model::hash::fnv;
use crate::model::mutex::MutexExt;
use crate::model::tags::{Access, Constraint, LockClaim, LockNamespace};
use crate::os::env;
use crate::os::file_lock::{FileLock, Mode};
use crate::os::state_dir::StateDir;
use crate::os::sys;

/// How long a lock that was waited for is reserved for the test that needs it, if no worker is free. Other processes wait in the
/// meantime.
const RESERVED_FOR: Duration = Duration::from_millis(50);

/// The named locks of a test, held until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct LockSet {
    _locks: Vec<FileLock>,
}

/// The result of trying to take all locks.
pub(crate) enum TryLock {
    Held(LockSet),
    /// Another process has this lock. Nothing is held.
    Busy(LockClaim),
}

/// The named locks of a suite: one file each. The name of the file depends on the workspace, so two projects that both lock `redis` do
/// not wait for each other.
#[derive(Debug)]
pub(crate) struct LockDirectory {
    state_dir: StateDir,
    namespace: std::ffi::OsString,
    use_of_files: UseOfFiles,
    /// Locks that were waited for, which the next test that needs them takes over. Otherwise another process could always be faster.
    reserved: Mutex<Reserved>,
    reserved_changed: Condvar,
}

type Reserved = Vec<(LockClaim, Vec<FileLock>)>;

/// How often a process takes the same locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UseOfFiles {
    Once,
    /// Their files stay open.
    Repeated,
}

impl LockDirectory {
    /// For a process that runs many tests.
    pub(crate) fn for_workspace() -> Self {
        sys::install_atfork();
        Self::at(StateDir::for_user(), env::namespace(), UseOfFiles::Repeated)
    }

    /// For a process that runs one test.
    pub(crate) fn for_single_test() -> Self {
        Self::at(StateDir::for_user(), env::namespace(), UseOfFiles::Once)
    }

    fn at(state_dir: StateDir, namespace: std::ffi::OsString, use_of_files: UseOfFiles) -> Self {
        Self { state_dir, namespace, use_of_files, reserved: Mutex::default(), reserved_changed: Condvar::new() }
    }

    /// Takes all the locks among `needs`, or none. `capacity` returns the capacity of a counted resource.
    ///
    /// # Errors
    ///
    /// When a lock file cannot be used.
    pub(crate) fn try_take(
        &self,
        needs: &[Constraint],
        capacity: &dyn Fn(&LockClaim) -> Option<u32>,
    ) -> Result<TryLock, Error> {
        let mut locks = Vec::new();
        for lock in named(needs) {
            match self.try_one(&lock, capacity(&lock))? {
                Some(mut file_locks) => locks.append(&mut file_locks),
                None => return Ok(TryLock::Busy(lock)),
            }
        }
        Ok(TryLock::Held(LockSet { _locks: locks }))
    }

    /// Takes all the locks among `needs`. Waits without a limit, and holds none of them while it waits.
    ///
    /// # Errors
    ///
    /// When a lock file cannot be used.
    pub(crate) fn take(
        &self,
        needs: &[Constraint],
        capacity: &dyn Fn(&LockClaim) -> Option<u32>,
    ) -> Result<LockSet, Error> {
        loop {
            match self.try_take(needs, capacity)? {
                TryLock::Held(hold) => return Ok(hold),
                TryLock::Busy(lock) => self.wait(&lock, capacity(&lock))?,
            }
        }
    }

    /// Waits until the lock is free, and reserves it for the next test of this process that needs it. Units of a counted resource are
    /// waited for one after the other.
    ///
    /// # Errors
    ///
    /// When a lock file cannot be used.
    pub(crate) fn wait(&self, lock: &LockClaim, capacity: Option<u32>) -> Result<(), Error> {
        let (mode, units) = demand(lock, capacity);
        let mut file_locks = vec![FileLock::take(&self.state_dir, &self.path(lock, None), mode)?];
        for unit in (0..capacity.unwrap_or(0)).take(units.unwrap_or(0) as usize) {
            file_locks.push(FileLock::take(&self.state_dir, &self.path(lock, Some(unit)), Mode::Exclusive)?);
        }
        if self.use_of_files == UseOfFiles::Repeated {
            file_locks = file_locks.into_iter().map(FileLock::kept).collect();
        }
        self.reserved.lock_even_if_poisoned().push((*lock, file_locks));
        Ok(())
    }

    /// Releases the lock unless a test takes it over within [`RESERVED_FOR`].
    pub(crate) fn end_reservation(&self, lock: &LockClaim) {
        let is_reserved = |reserved: &Reserved| reserved.iter().any(|(other, _)| is_same(other, lock));
        let reserved = self.reserved.lock_even_if_poisoned();
        let waited = self.reserved_changed.wait_timeout_while(reserved, RESERVED_FOR, |reserved| is_reserved(reserved));
        let (mut reserved, _) = waited.unwrap_or_else(PoisonError::into_inner);
        reserved.retain(|(other, _)| !is_same(other, lock));
    }

    /// The lock, if it was reserved with this access. If a test needs another access, the reservation ends.
    fn take_over(&self, lock: &LockClaim) -> Option<Vec<FileLock>> {
        let mut reserved = self.reserved.lock_even_if_poisoned();
        let place = reserved.iter().position(|(other, _)| is_same(other, lock))?;
        let (claim, file_locks) = reserved.swap_remove(place);
        self.reserved_changed.notify_all();
        (claim.access == lock.access).then_some(file_locks)
    }

    fn try_one(&self, lock: &LockClaim, capacity: Option<u32>) -> Result<Option<Vec<FileLock>>, Error> {
        if let Some(file_locks) = self.take_over(lock) {
            return Ok(Some(file_locks));
        }
        let (mode, units) = demand(lock, capacity);
        let mut file_locks = Vec::new();
        match self.try_file(&self.path(lock, None), mode)? {
            Some(lock) => file_locks.push(lock),
            None => return Ok(None),
        }
        if let (Some(units), Some(capacity)) = (units, capacity) {
            for unit in 0..capacity {
                if file_locks.len() as u32 > units {
                    break;
                }
                file_locks.extend(self.try_file(&self.path(lock, Some(unit)), Mode::Exclusive)?);
            }
            if (file_locks.len() as u32) <= units {
                return Ok(None);
            }
        }
        Ok(Some(file_locks))
    }

    fn try_file(&self, path: &Path, mode: Mode) -> Result<Option<FileLock>, Error> {
        match self.use_of_files {
            UseOfFiles::Once => FileLock::try_take(&self.state_dir, path, mode),
            UseOfFiles::Repeated => FileLock::try_take_kept(&self.state_dir, path, mode),
        }
    }

    /// The files of the lock.
    pub(crate) fn files(&self, lock: &LockClaim, capacity: Option<u32>) -> Vec<PathBuf> {
        let units = (0..capacity.unwrap_or(0)).map(Some);
        std::iter::once(None).chain(units).map(|unit| self.path(lock, unit)).collect()
    }

    fn path(&self, lock: &LockClaim, unit: Option<u32>) -> PathBuf {
        let namespace = self.namespace.as_encoded_bytes();
        let key = fnv(&[namespace, &[0, lock.domain as u8], lock.name.as_bytes()].concat());
        let unit = unit.map_or(String::new(), |unit| format!("-{unit}"));
        self.state_dir.path().join(format!("key-{key:016x}{unit}.lock"))
    }
}

fn is_same(a: &LockClaim, b: &LockClaim) -> bool {
    (a.domain, a.name) == (b.domain, b.name)
}

/// How the lock's own file is taken, and how many of its units' files.
fn demand(lock: &LockClaim, capacity: Option<u32>) -> (Mode, Option<u32>) {
    match lock.access {
        Access::Exclusive => (Mode::Exclusive, None),
        Access::Shared => (Mode::Shared, None),
        Access::Units(n) => (Mode::Shared, capacity.map(|_| n.get())),
    }
}

/// In the same order everywhere, so that two processes that need the same locks compete for the same one first.
fn named(needs: &[Constraint]) -> Vec<LockClaim> {
    let mut locks: Vec<LockClaim> = needs
        .iter()
        .filter_map(|need| match need {
            Constraint::Lock(lock) => Some(*lock),
            Constraint::Serial | Constraint::NoParallel => None,
        })
        .collect();
    locks.sort_by_key(|lock: &LockClaim| -> (LockNamespace, &'static str) { (lock.domain, lock.name) });
    locks
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Two processes need this lock. The one that waits for it gets it before the other one gets it again.
    #[track_caller]
    fn check(access: Access, capacity: Option<u32>) {
        let dir = tempfile::tempdir().expect("a directory");
        let state_dir = StateDir::at(dir.path().join("base"));
        let [one, other] = [(); 2].map(|()| LockDirectory::at(state_dir.clone(), "space".into(), UseOfFiles::Repeated));
        let lock = LockClaim { domain: LockNamespace::Resource, name: "r", access };
        let take = |directory: &LockDirectory| match directory.try_take(&[Constraint::Lock(lock)], &|_| capacity) {
            Ok(TryLock::Held(locks)) => Some(locks),
            Ok(TryLock::Busy(_)) => None,
            Err(error) => panic!("{error}"),
        };
        let held = take(&one).expect("it is free");
        assert!(take(&other).is_none());
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| other.wait(&lock, capacity).expect("waited"));
            drop(held);
            waiter.join().expect("it has waited");
        });
        assert!(take(&one).is_none());
        assert!(take(&other).is_some());
        assert!(take(&one).is_some());
        other.wait(&lock, capacity).expect("waited");
        other.end_reservation(&lock);
        assert!(take(&one).is_some());
    }

    #[test]
    fn holders_never_overlap_while_lock_files_are_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let state_dir = StateDir::at(dir.path().join("base"));
        let lock = LockClaim { domain: LockNamespace::Resource, name: "r", access: Access::Exclusive };
        let is_held = AtomicBool::new(false);
        let repeat = || {
            let directory = LockDirectory::at(state_dir.clone(), "space".into(), UseOfFiles::Repeated);
            for _ in 0..300 {
                let locks = directory.take(&[Constraint::Lock(lock)], &|_| None).expect("taken");
                assert!(!is_held.swap(true, Ordering::SeqCst));
                is_held.store(false, Ordering::SeqCst);
                drop(locks);
                // Removes the file, as a sweep does.
                drop(FileLock::try_take(&state_dir, &directory.path(&lock, None), Mode::Exclusive).expect("tried"));
            }
        };
        std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(repeat))));
    }

    #[test]
    fn lock_is_reserved_for_the_process_that_waited() {
        check(Access::Exclusive, None);
        check(Access::Units(NonZeroU32::MIN), Some(1));
    }
}
