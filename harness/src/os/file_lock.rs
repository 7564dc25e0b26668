//! Locks between processes, on files. The kernel releases the locks of a process that dies.
//!
//! A file that exists only for its lock is removed by the last process that held it. So a process that locks a file must check whether it
//! is still the file at the path, and start again if not.
//!
//! A process that waits for a lock holds a second lock in the meantime, the turn. A process does not take a lock that another one waits
//! for. Otherwise it could keep the other one out forever: by locking again at once, or by a steady stream of sharers.
//!
//! The same process takes some locks again and again. Their files stay open after the release: see [`idle_locks`].

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::model::error::Error;
use crate::model::mutex::MutexExt;
use crate::os::idle_locks::{self, IdleLock};
use crate::os::state_dir::StateDir;
use crate::os::sys;

/// How a file is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Shared,
    Exclusive,
}

/// A held lock. Dropping it releases it.
#[derive(Debug)]
pub(crate) struct FileLock {
    file: Option<File>,
    path: PathBuf,
    mode: Mode,
    kind: LockKind,
}

/// The files of locks that this process holds exclusively.
static HELD: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// How many files are open for locks.
static OPEN: AtomicI64 = AtomicI64::new(0);

/// How many files this process has open for locks.
pub(crate) fn n_open() -> i64 {
    OPEN.load(Ordering::Relaxed)
}

/// Removes the files of all locks that are still held, for example by tests that hang. For a process that is about to end, which releases
/// the locks.
pub(crate) fn remove_held_files() {
    for path in std::mem::take(&mut *held()) {
        // Another process may have removed it first.
        let _ = fs::remove_file(path);
    }
    let (idle, closed) = idle_locks::take_all();
    idle.into_iter().for_each(discard);
    for path in closed {
        if let Ok(file) = File::open(&path) {
            remove_if_free(&file, &path);
        }
    }
}

/// Removes the lock file at this path if it is this file, and no process has locked it.
fn remove_if_free(file: &File, path: &Path) {
    if file.try_lock().is_ok() && sys::is_same_file(file, path) {
        let _ = fs::remove_file(path);
    }
}

fn held() -> MutexGuard<'static, Vec<PathBuf>> {
    HELD.lock_even_if_poisoned()
}

/// Forgets a held lock, so that its file is not removed at the end. Returns `false` if it has been removed already.
fn forget(path: &Path) -> bool {
    let mut held = held();
    let place = held.iter().position(|held| held == path);
    place.map(|ix| held.swap_remove(ix)).is_some()
}

/// What the file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LockKind {
    /// For its lock: created if it does not exist, and removed by the last process that held it.
    Ours,
    /// The same, but it stays open for the next lock of this process on it.
    Kept(sys::InodeId),
    /// For another purpose.
    Borrowed,
}

/// Whether to wait for a lock that is not free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    Wait,
    Try,
}

impl FileLock {
    /// Takes the lock at `path`, in `state_dir`, if it is free.
    ///
    /// # Errors
    ///
    /// When the file cannot be made or locked.
    pub(crate) fn try_take(state_dir: &StateDir, path: &Path, mode: Mode) -> Result<Option<Self>, Error> {
        if is_turn_of_another(state_dir, &turn(path), mode)? {
            return Ok(None);
        }
        lock_ours(state_dir, path, mode, Patience::Try)
    }

    /// The same, for a lock that this process takes again and again: its file stays open after the release.
    ///
    /// # Errors
    ///
    /// When the file cannot be made or locked.
    pub(crate) fn try_take_kept(state_dir: &StateDir, path: &Path, mode: Mode) -> Result<Option<Self>, Error> {
        while let Some(idle) = idle_locks::take(path) {
            match relock(state_dir, &idle, mode) {
                Ok(Relocked::Locked) => {
                    if mode == Mode::Exclusive {
                        held().push(path.to_owned());
                    }
                    let IdleLock { file, path, id, .. } = idle;
                    return Ok(Some(Self { file: Some(file), path, mode, kind: LockKind::Kept(id) }));
                }
                Ok(Relocked::Busy) => {
                    let_idle(idle);
                    return Ok(None);
                }
                Ok(Relocked::Moved) => {
                    close(idle.file);
                    state_dir.forget();
                }
                Ok(Relocked::Closed) => forget_descriptor(idle.file),
                Err(error) => {
                    close(idle.file);
                    return Err(error);
                }
            }
        }
        let lock = Self::try_take(state_dir, path, mode)?;
        Ok(lock.map(Self::kept))
    }

    /// Keeps the file open after the release.
    pub(crate) fn kept(mut self) -> Self {
        if let Some(id) = self.file.as_ref().and_then(sys::id_of_open) {
            self.kind = LockKind::Kept(id);
        }
        self
    }

    /// Takes the lock at `path`, in `state_dir`. Waits in the kernel until it is free.
    ///
    /// # Errors
    ///
    /// When the file cannot be made or locked.
    pub(crate) fn take(state_dir: &StateDir, path: &Path, mode: Mode) -> Result<Self, Error> {
        if let Some(lock) = Self::try_take(state_dir, path, mode)? {
            return Ok(lock);
        }
        let turn = lock_ours(state_dir, &turn(path), mode, Patience::Wait)?;
        let lock = lock_ours(state_dir, path, mode, Patience::Wait)?;
        drop(turn);
        Ok(lock.expect("a wait without a limit gets the lock"))
    }

    /// Takes the lock of a file that exists for another purpose, and waits until it is free. It excludes only processes that lock the file,
    /// too. The turn is in `state_dir`. This saves creating and removing a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or locked.
    pub(crate) fn borrow(state_dir: &StateDir, path: &Path, turn: &Path, mode: Mode) -> Result<Self, Error> {
        if let Some(lock) = Self::try_borrow(state_dir, path, turn, mode)? {
            return Ok(lock);
        }
        let file = File::open(path).map_err(|cause| Error::file("lock the file", path, cause))?;
        let turn = lock_ours(state_dir, turn, mode, Patience::Wait)?;
        lock(&file, mode, Patience::Wait).map_err(|cause| Error::file("lock the file", path, cause))?;
        drop(turn);
        Ok(Self::held(file, path, mode, LockKind::Borrowed))
    }

    /// The same, if the lock is free.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or locked.
    pub(crate) fn try_borrow(
        state_dir: &StateDir,
        path: &Path,
        turn: &Path,
        mode: Mode,
    ) -> Result<Option<Self>, Error> {
        let fail = |cause| Error::file("lock the file", path, cause);
        let file = File::open(path).map_err(fail)?;
        let may_share = mode == Mode::Exclusive || !is_turn_of_another(state_dir, turn, mode)?;
        let is_free = may_share && lock(&file, mode, Patience::Try).map_err(fail)?;
        Ok(is_free.then(|| Self::held(file, path, mode, LockKind::Borrowed)))
    }

    fn held(file: File, path: &Path, mode: Mode, kind: LockKind) -> Self {
        OPEN.fetch_add(1, Ordering::Relaxed);
        sys::install_atfork();
        Self { file: Some(file), path: path.to_owned(), mode, kind }
    }

    /// Releases the lock. If no other process holds it, calls `when_last` first, while no other process can take it.
    pub(crate) fn release(mut self, when_last: impl FnOnce()) {
        self.let_go(when_last);
    }

    fn let_go(&mut self, when_last: impl FnOnce()) {
        let Some(file) = self.file.take() else { return };
        if let LockKind::Kept(id) = self.kind {
            // `false`: the process is about to end, and has removed the file.
            let stays = self.mode == Mode::Shared || forget(&self.path);
            // A child that a test has forked shares the lock with this process, which still needs it.
            return match stays && !sys::is_copy() {
                true => unlock(IdleLock::new(file, std::mem::take(&mut self.path), id)),
                false => close(file),
            };
        }
        OPEN.fetch_sub(1, Ordering::Relaxed);
        // A test may have closed the descriptor, which then refers to another file.
        let is_same = sys::is_same_file(&file, &self.path);
        let is_last = match (self.kind, self.mode) {
            (LockKind::Borrowed | LockKind::Kept(_), _) => false,
            (LockKind::Ours, Mode::Exclusive) => forget(&self.path),
            // The shared lock may be lost in this attempt, but it is to be released anyway.
            (LockKind::Ours, Mode::Shared) => is_same && file.try_lock().is_ok(),
        };
        if is_last {
            when_last();
            let _ = fs::remove_file(&self.path);
        }
        // Closing the file does not release the lock while a child has the descriptor: another thread may fork just now, and the child has not
        // called `exec` yet. A child that a test has forked must not release the lock of this process.
        if is_same && !sys::is_copy() {
            let _ = file.unlock();
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        self.let_go(|| {});
    }
}

/// The result of locking a file that was open.
enum Relocked {
    Locked,
    Busy,
    /// The file, or the base, was removed. The file is locked nevertheless.
    Moved,
    /// A test has closed the descriptor.
    Closed,
}

fn relock(state_dir: &StateDir, idle: &IdleLock, mode: Mode) -> Result<Relocked, Error> {
    // Checking by path is sufficient here: the result only decides whether to look more closely.
    let turn = turn(&idle.path);
    if turn.symlink_metadata().is_ok() && is_turn_of_another(state_dir, &turn, mode)? {
        return Ok(Relocked::Busy);
    }
    if sys::id_of_open(&idle.file) != Some(idle.id) {
        return Ok(Relocked::Closed);
    }
    if !lock(&idle.file, mode, Patience::Try).map_err(|cause| Error::file("lock the file", &idle.path, cause))? {
        return Ok(Relocked::Busy);
    }
    Ok(if sys::id_at(&idle.path) == Some(idle.id) { Relocked::Locked } else { Relocked::Moved })
}

/// Unlocks the file, and keeps it open.
fn unlock(idle: IdleLock) {
    match idle.file.unlock() {
        Ok(()) => let_idle(idle),
        // A test has closed the descriptor, which released the lock.
        Err(_) => forget_descriptor(idle.file),
    }
}

/// Keeps an unlocked file open. If too many are open, closes one.
fn let_idle(idle: IdleLock) {
    if let Some((file, _)) = idle_locks::put(idle).and_then(checked) {
        close(file);
    }
}

/// Closes an unlocked file, and removes it if no other process has locked it.
fn discard(idle: IdleLock) {
    if let Some((file, path)) = checked(idle) {
        remove_if_free(&file, &path);
        close(file);
    }
}

/// The file and its path, unless a test has closed the descriptor.
fn checked(idle: IdleLock) -> Option<(File, PathBuf)> {
    if sys::id_of_open(&idle.file) == Some(idle.id) {
        return Some((idle.file, idle.path));
    }
    forget_descriptor(idle.file);
    None
}

fn close(file: File) {
    OPEN.fetch_sub(1, Ordering::Relaxed);
    drop(file);
}

/// Forgets a descriptor that now refers to another file.
fn forget_descriptor(file: File) {
    OPEN.fetch_sub(1, Ordering::Relaxed);
    std::mem::forget(file);
}

fn turn(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".turn");
    PathBuf::from(name)
}

/// Whether another process waits for the lock, and is to get it before a process that takes it in this mode. Processes that share the lock
/// wait together.
fn is_turn_of_another(state_dir: &StateDir, turn: &Path, mode: Mode) -> Result<bool, Error> {
    if state_dir.look(|dir| state_dir.below(turn).is_ok_and(|turn| dir.has(turn)))? != Some(true) {
        return Ok(false);
    }
    Ok(lock_ours(state_dir, turn, mode, Patience::Try)?.is_none())
}

fn lock_ours(state_dir: &StateDir, path: &Path, mode: Mode, patience: Patience) -> Result<Option<FileLock>, Error> {
    loop {
        let file = state_dir.with(|dir| dir.open_file(state_dir.below(path)?))?;
        if !lock(&file, mode, patience).map_err(|cause| Error::file("lock the file", path, cause))? {
            return Ok(None);
        }
        if sys::is_same_file(&file, path) {
            if mode == Mode::Exclusive {
                held().push(path.to_owned());
            }
            return Ok(Some(FileLock::held(file, path, mode, LockKind::Ours)));
        }
        // Either the file was removed, or the base was.
        state_dir.forget();
    }
}

fn lock(file: &File, mode: Mode, patience: Patience) -> io::Result<bool> {
    loop {
        let locked = match (mode, patience) {
            (Mode::Shared, Patience::Wait) => file.lock_shared().map(|()| true),
            (Mode::Exclusive, Patience::Wait) => file.lock().map(|()| true),
            (Mode::Shared, Patience::Try) => tried(file.try_lock_shared()),
            (Mode::Exclusive, Patience::Try) => tried(file.try_lock()),
        };
        match locked {
            Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
            locked => return locked,
        }
    }
}

fn tried(result: Result<(), TryLockError>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}

#[cfg(all(test, unix))]
mod tests;
