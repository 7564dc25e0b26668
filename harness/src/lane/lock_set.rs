//! The locks of a case against other processes. Within the process the scheduler has admitted it already.

use std::path::PathBuf;

use crate::model::error::Error;
use crate::model::hash::fnv;
use crate::model::tags::{Access, Constraint, LockClaim, LockNamespace};
use crate::os::env;
use crate::os::file_lock::{FileLock, Mode};
use crate::os::state_dir::StateDir;

/// Keeps apart the processes of one run, or of several runs in one workspace: `no_parallel` asks for `Mode::Exclusive`,
/// every other test for `Mode::Shared`. Waits as long as it must.
///
/// # Errors
///
/// When there is nothing that could be locked.
pub(crate) fn machine(mode: Mode) -> Result<FileLock, Error> {
    let state_dir = StateDir::for_user();
    let manifest = PathBuf::from(env::namespace()).join("Cargo.toml");
    let path = |kind: &str| {
        state_dir.path().join(format!("{kind}-{:016x}.lock", fnv(manifest.as_os_str().as_encoded_bytes())))
    };
    // Every workspace has one, and nobody locks it for other reasons. Some file systems lock only files of their own.
    FileLock::borrow(&state_dir, &manifest, &path("turn"), mode)
        .or_else(|_| FileLock::take(&state_dir, &path("machine"), mode))
}

/// The lock that the `serial` cases of all processes of this run take; waits until it is free.
///
/// # Errors
///
/// When the lock file cannot be used.
pub(crate) fn serial(run_id: &str) -> Result<FileLock, Error> {
    let state_dir = StateDir::for_user();
    FileLock::take(&state_dir, &state_dir.path().join(format!("serial-{run_id}.lock")), Mode::Exclusive)
}

/// The named locks of a case, held until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct LockSet {
    _locks: Vec<FileLock>,
}

/// How a try to take all locks ended.
pub(crate) enum TryLock {
    Held(LockSet),
    /// Another process has this one. Nothing is held.
    Busy(LockClaim),
}

/// Where the named locks of a suite are: one file each, whose name tells the workspace, so that two projects with a
/// `redis` each do not wait for each other.
#[derive(Debug)]
pub(crate) struct LockDirectory {
    state_dir: StateDir,
    namespace: std::ffi::OsString,
}

impl LockDirectory {
    pub(crate) fn for_workspace() -> Self {
        Self { state_dir: StateDir::for_user(), namespace: env::namespace() }
    }

    /// Takes all the locks among `needs`, or none. `capacity` knows the counted resources.
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

    /// Takes all the locks among `needs`; waits as long as it must, and holds none meanwhile.
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

    /// Returns when the lock was free for a moment. For units of a counted resource: when the first unit that is
    /// taken came back, or at once if enough are free.
    ///
    /// # Errors
    ///
    /// When a lock file cannot be used.
    pub(crate) fn wait(&self, lock: &LockClaim, capacity: Option<u32>) -> Result<(), Error> {
        let (mode, units) = demand(lock, capacity);
        drop(FileLock::take(&self.state_dir, &self.path(lock, None), mode)?);
        if let (Some(units), Some(capacity)) = (units, capacity) {
            let mut free = Vec::new();
            for unit in 0..capacity {
                if free.len() as u32 == units {
                    break;
                }
                free.push(FileLock::take(&self.state_dir, &self.path(lock, Some(unit)), Mode::Exclusive)?);
            }
        }
        Ok(())
    }

    fn try_one(&self, lock: &LockClaim, capacity: Option<u32>) -> Result<Option<Vec<FileLock>>, Error> {
        let (mode, units) = demand(lock, capacity);
        let mut file_locks = Vec::new();
        match FileLock::try_take(&self.state_dir, &self.path(lock, None), mode)? {
            Some(lock) => file_locks.push(lock),
            None => return Ok(None),
        }
        if let (Some(units), Some(capacity)) = (units, capacity) {
            for unit in 0..capacity {
                if file_locks.len() as u32 > units {
                    break;
                }
                file_locks.extend(FileLock::try_take(&self.state_dir, &self.path(lock, Some(unit)), Mode::Exclusive)?);
            }
            if (file_locks.len() as u32) <= units {
                return Ok(None);
            }
        }
        Ok(Some(file_locks))
    }

    fn path(&self, lock: &LockClaim, unit: Option<u32>) -> PathBuf {
        let namespace = self.namespace.as_encoded_bytes();
        let key = fnv(&[namespace, &[0, lock.domain as u8], lock.name.as_bytes()].concat());
        let unit = unit.map_or(String::new(), |unit| format!("-{unit}"));
        self.state_dir.path().join(format!("key-{key:016x}{unit}.lock"))
    }
}

/// How the lock's own file is taken, and how many of the files of its units.
fn demand(lock: &LockClaim, capacity: Option<u32>) -> (Mode, Option<u32>) {
    match lock.access {
        Access::Exclusive => (Mode::Exclusive, None),
        Access::Shared => (Mode::Shared, None),
        Access::Units(n) => (Mode::Shared, capacity.map(|_| n.get())),
    }
}

/// In one order everywhere, so that two processes that try the same ones meet at the first.
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
