//! Locks between processes, on files, held by the kernel: who dies lets go.
//!
//! A file that is there only for its lock is removed by the last one who held it. So whoever locks one has to look
//! whether the file it locked is still the one that stands at the path, and start again if not.
//!
//! A shared lock is refused while somebody waits for the exclusive one, or a steady stream of sharers would keep that
//! one out for ever: the waiter holds a second lock meanwhile, the turn.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::model::error::Error;
use crate::model::mutex::MutexExt;
use crate::os::state_dir::StateDir;
use crate::os::sys;

/// How a file is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Shared,
    Exclusive,
}

/// A lock that is held. Dropping it lets go.
#[derive(Debug)]
pub(crate) struct FileLock {
    file: Option<File>,
    path: PathBuf,
    mode: Mode,
    kind: LockKind,
}

/// The files of locks that this process holds exclusively.
static HELD: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// How many files are open for their locks.
static OPEN: AtomicI64 = AtomicI64::new(0);

/// How many files this process has open for locks.
pub(crate) fn n_open() -> i64 {
    OPEN.load(Ordering::Relaxed)
}

/// Removes the files of all locks that are still held: by tests that hang, for example. For a process that ends now; with it
/// the locks themselves go.
pub(crate) fn remove_held_files() {
    for path in std::mem::take(&mut *held()) {
        // Somebody else was quicker.
        let _ = fs::remove_file(path);
    }
}

fn held() -> MutexGuard<'static, Vec<PathBuf>> {
    HELD.lock_even_if_poisoned()
}

/// Its file is not to be removed at the end any more. `false`: it has been already.
fn forget(path: &Path) -> bool {
    let mut held = held();
    let place = held.iter().position(|held| held == path);
    place.map(|ix| held.swap_remove(ix)).is_some()
}

/// What the file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LockKind {
    /// For its lock: made when it is not there, and removed by the last one who held it.
    Ours,
    /// For something else.
    Borrowed,
}

/// Whether to wait for a lock that is not free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    Wait,
    Try,
}

impl FileLock {
    /// Takes the lock at `path`, in `base`, if it is free.
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

    /// Takes the lock at `path`, in `base`; waits in the kernel until it is free.
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
        Ok(lock.expect("who waits gets it in the end"))
    }

    /// Takes the lock of a file that is there for something else, at most in the eyes of others who do so too; waits
    /// until it is free. The turn is in `base`. Saves making and removing a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or locked.
    pub(crate) fn borrow(state_dir: &StateDir, path: &Path, turn: &Path, mode: Mode) -> Result<Self, Error> {
        let fail = |cause| Error::file("lock the file", path, cause);
        let file = File::open(path).map_err(fail)?;
        let is_free = !is_turn_of_another(state_dir, turn, mode)? && lock(&file, mode, Patience::Try).map_err(fail)?;
        if !is_free {
            let turn = lock_ours(state_dir, turn, mode, Patience::Wait)?;
            lock(&file, mode, Patience::Wait).map_err(fail)?;
            drop(turn);
        }
        Ok(Self::held(file, path, mode, LockKind::Borrowed))
    }

    fn held(file: File, path: &Path, mode: Mode, kind: LockKind) -> Self {
        OPEN.fetch_add(1, Ordering::Relaxed);
        Self { file: Some(file), path: path.to_owned(), mode, kind }
    }

    /// Lets go. If nobody else holds it, calls `when_last` first, while nobody else can take it.
    pub(crate) fn release(mut self, when_last: impl FnOnce()) {
        self.let_go(when_last);
    }

    fn let_go(&mut self, when_last: impl FnOnce()) {
        let Some(file) = self.file.take() else { return };
        OPEN.fetch_sub(1, Ordering::Relaxed);
        let is_last = match (self.kind, self.mode) {
            (LockKind::Borrowed, _) => false,
            (LockKind::Ours, Mode::Exclusive) => forget(&self.path),
            // The shared lock is lost either way; it was to be given back.
            // Who closes descriptors that are not its own has put another file behind this one, perhaps.
            (LockKind::Ours, Mode::Shared) => sys::is_same_file(&file, &self.path) && file.try_lock().is_ok(),
        };
        if is_last {
            when_last();
            let _ = fs::remove_file(&self.path);
        }
        // The file is closed here, which lets go.
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        self.let_go(|| {});
    }
}

fn turn(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".turn");
    PathBuf::from(name)
}

/// Whether somebody waits for the exclusive lock, so that nobody may share it now.
fn is_turn_of_another(state_dir: &StateDir, turn: &Path, mode: Mode) -> Result<bool, Error> {
    if mode == Mode::Exclusive
        || state_dir.look(|dir| state_dir.below(turn).is_ok_and(|turn| dir.has(turn)))? != Some(true)
    {
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
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Uses the base, has something happen to it, and uses it again. What was made in the end, in the directory that links lead to, and
    /// in the base; or why nothing was.
    #[track_caller]
    fn check(happens: impl FnOnce(&Path, &Path), expected: &str) {
        let dir = tempfile::tempdir().expect("a directory");
        let [path, elsewhere] = ["base", "elsewhere"].map(|name| dir.path().join(name));
        fs::create_dir(&elsewhere).expect("made");
        let state_dir = StateDir::at(path.clone());
        let take = || FileLock::take(&state_dir, &path.join("x.lock"), Mode::Exclusive);
        drop(take().expect("taken"));
        happens(&path, &elsewhere);
        let acquired = take();
        let names = |dir: &Path| {
            let entries = fs::read_dir(dir).into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&elsewhere), [] as [&str; 0]);
        let (state_dir, test_id) = (format!("{}", path.display()), acquired.as_ref().err().map(ToString::to_string));
        let test_id =
            test_id.map_or_else(|| format!("{:?}", names(&path)), |test_id| test_id.replace(&state_dir, "BASE"));
        assert_eq!(test_id.split("; ").next(), Some(expected));
    }

    #[test]
    fn the_base_is_checked_again_when_it_was_made_anew() {
        check(|_, _| {}, "[\"x.lock\"]");
        check(|path, _| fs::remove_dir(path).expect("removed"), "[\"x.lock\"]");
        check(|path, _| fs::rename(path, path.with_extension("moved")).expect("renamed"), "[\"x.lock\"]");
        let link = "cannot use the directory BASE: it is a symbolic link";
        let replace = |path: &Path, elsewhere: &Path| {
            fs::remove_dir(path).expect("removed");
            symlink(elsewhere, path).expect("linked");
        };
        check(replace, link);
        let replace_one_that_is_there_still = |path: &Path, elsewhere: &Path| {
            fs::rename(path, path.with_extension("moved")).expect("renamed");
            symlink(elsewhere, path).expect("linked");
        };
        check(replace_one_that_is_there_still, link);
        let reopen = |path: &Path, _: &Path| {
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            fs::set_permissions(path, open).expect("it is ours");
        };
        check(reopen, "cannot use the directory BASE: it is open to other users (mode 0777)");
    }

    #[test]
    fn a_lock_outside_of_the_base_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let state_dir = StateDir::at(dir.path().join("base"));
        assert!(FileLock::take(&state_dir, &dir.path().join("x.lock"), Mode::Exclusive).is_err());
    }
}
