//! The directory of a run, shared by all its processes, and the removal of directories of killed runs.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
#[cfg(target_os = "linux")]
use std::time::Duration;

use once_cell::sync::OnceCell;

use crate::fixture::context::FixtureContext;
use crate::fixture::scope_state::ScopeState;
use crate::model::error::{Error, FixtureResult};
use crate::model::hash::fnv;
use crate::model::mutex::MutexExt;
use crate::model::worker::Slot;
use crate::os::file_lock::{FileLock, Mode};
#[cfg(target_os = "linux")]
use crate::os::procfs;
use crate::os::remove_dir::remove_all;
use crate::os::state_dir::StateDir;
use crate::os::sys;

/// The files of a run. Each process of the run holds its lock while it lives, so other runs know that the run is alive. The
/// directory is created on first use.
#[derive(Debug)]
pub(crate) struct RunDir {
    state_dir: StateDir,
    path: PathBuf,
    kept: PathBuf,
    dir: OnceCell<()>,
    presence: Mutex<Option<FileLock>>,
    /// The workers whose lanes were given up in this process.
    given_up: Mutex<Vec<Slot>>,
}

impl RunDir {
    /// Joins the run.
    ///
    /// # Errors
    ///
    /// When the lock of the run cannot be taken.
    pub(crate) fn enter(state_dir: StateDir, run_id: &str) -> Result<Self, Error> {
        let path = path_of(&state_dir, run_id);
        let presence = FileLock::take(&state_dir, &lock_of(&path), Mode::Shared)?;
        let kept = state_dir.path().join(format!("kept-{run_id}"));
        Ok(Self {
            state_dir,
            path,
            kept,
            dir: OnceCell::new(),
            presence: Mutex::new(Some(presence)),
            given_up: Mutex::default(),
        })
    }

    /// The `RunDir` of this run. Each process of the run has at most one.
    ///
    /// # Errors
    ///
    /// When the lock of the run cannot be taken.
    pub(crate) fn of(setup: &FixtureContext<'_>) -> FixtureResult<Arc<Self>> {
        Ok(Self::for_run(setup.process_scope, setup.worker().run_id())?)
    }

    /// The `RunDir` of the run with this scope.
    ///
    /// # Errors
    ///
    /// When the lock of the run cannot be taken.
    pub(crate) fn for_run(process_scope: &ScopeState, run_id: &str) -> Result<Arc<Self>, Error> {
        process_scope.values.get_or_make(|| Self::enter(StateDir::for_user(), run_id))
    }

    pub(crate) fn base(&self) -> &StateDir {
        &self.state_dir
    }

    /// The directory, which is created if necessary.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub(crate) fn dir(&self) -> Result<&Path, Error> {
        // The path is safe to use, because the lock of the run is held: see `os::state_dir`.
        self.dir.get_or_try_init(|| match sys::make_private_directory(&self.path) {
            Ok(()) => {
                sweep(&self.state_dir);
                Ok(())
            }
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(cause) => Err(Error::file("make the directory", &self.path, cause)),
        })?;
        Ok(&self.path)
    }

    /// The directory of the lane of this worker, which is created if necessary. It is the same for all processes of the run in which tests of
    /// this worker run. `generation` counts the lanes in one process that were given up before, as their tests still run.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub(crate) fn lane_dir(&self, slot: Slot, generation: u32) -> Result<PathBuf, Error> {
        let name = if generation == 0 { format!("w{slot}") } else { format!("w{slot}.{generation}") };
        let path = self.dir()?.join(name);
        match sys::make_private_directory(&path) {
            Err(cause) if cause.kind() != ErrorKind::AlreadyExists => {
                Err(Error::file("make the directory", &path, cause))
            }
            _ => Ok(path),
        }
    }

    /// The number of lanes of this worker that were given up in this process.
    pub(crate) fn generation(&self, slot: Slot) -> u32 {
        self.given_up.lock_even_if_poisoned().iter().filter(|&&other| other == slot).count() as u32
    }

    /// A lane of this worker was given up. Its test may still use the directory.
    pub(crate) fn lane_given_up(&self, slot: Slot) {
        self.given_up.lock_even_if_poisoned().push(slot);
    }

    /// The directory for files that outlive the run. It is never swept, because the user asked to keep the files.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub(crate) fn kept(&self) -> Result<&Path, Error> {
        match sys::make_private_directory(&self.kept) {
            Err(cause) if cause.kind() != ErrorKind::AlreadyExists => {
                Err(Error::file("make the directory", &self.kept, cause))
            }
            _ => Ok(&self.kept),
        }
    }

    /// Leaves the run. The last process removes the files of the run.
    ///
    /// # Errors
    ///
    /// When the directory cannot be removed.
    pub(crate) fn leave(&self) -> Result<(), Error> {
        let presence = self.presence.lock_even_if_poisoned().take();
        let Some(presence) = presence else { return Ok(()) };
        // Succeeds only when nothing is kept.
        let _ = fs::remove_dir(&self.kept);
        let mut removed = Ok(());
        presence.release(|| removed = remove_all(&self.path));
        self.state_dir.remove_if_empty();
        removed.map_err(|cause| Error::file("remove the directory", &self.path, cause))
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        // To learn about errors, call `leave`.
        let _ = self.leave();
    }
}

/// The path of the directory of this run, whether it exists or not. The paths of sockets are limited to 107 bytes, so a path does not contain
/// the whole name of the run: that of cargo-nextest has 36 bytes.
pub(crate) fn path_of(state_dir: &StateDir, run_id: &str) -> PathBuf {
    let hash = fnv(run_id.as_bytes());
    state_dir.path().join(format!("run-{:08x}", (hash ^ hash >> 32) & u64::from(u32::MAX)))
}

fn lock_of(run: &Path) -> PathBuf {
    run.with_extension("lock")
}

/// Removes the files of killed processes: everything whose lock no process holds, whatever its age.
pub(crate) fn sweep(state_dir: &StateDir) {
    sweep_with(state_dir, |_| {});
}

/// Like [`sweep`], and calls `before` with each directory before it is removed.
pub(crate) fn sweep_with(state_dir: &StateDir, before: impl Fn(&Path)) {
    let Ok(Some(())) = state_dir.look(|_| ()) else { return };
    let Ok(entries) = fs::read_dir(state_dir.path()) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        // A lock that a living process holds, or that has been removed in the meantime, is skipped. A lock that is taken is in the
        // base that was checked, and at this path, so the directory beside it is in the base, too.
        let Ok(Some(lock)) = FileLock::try_take(state_dir, &path, Mode::Exclusive) else { continue };
        lock.release(|| {
            let run = path.with_extension("");
            before(&run);
            let _ = remove_all(&run);
        });
    }
}

/// Waits until every process of this run has exited, and then sweeps. The caller must not be part of the run.
#[cfg(target_os = "linux")]
pub(crate) fn sweep_when_over(state_dir: &StateDir, run_id: &str) {
    let path = path_of(state_dir, run_id);
    if let Ok(lock) = FileLock::take(state_dir, &lock_of(&path), Mode::Exclusive) {
        lock.release(|| {
            let _ = remove_all(&path);
        });
    }
    procfs::wait_for_exiting_lock_holders(EXITING);
    sweep(state_dir);
    state_dir.remove_if_empty();
}

/// How long an exiting process may take; less than 10 ms were measured.
#[cfg(target_os = "linux")]
const EXITING: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn base(dir: &tempfile::TempDir) -> StateDir {
        StateDir::at(dir.path().join("swimlanes"))
    }

    fn names(state_dir: &StateDir) -> Vec<String> {
        let Ok(entries) = fs::read_dir(state_dir.path()) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
        names.sort();
        names
    }

    /// The directories of these runs, and their locks.
    fn names_of(runs: &[&RunDir]) -> Vec<String> {
        let paths = runs.iter().flat_map(|run| [run.path.clone(), lock_of(&run.path)]);
        let mut names: Vec<String> =
            paths.map(|path| path.file_name().expect("a name").to_str().expect("text").to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn last_process_removes_the_run_directory() {
        let dir = tempfile::tempdir().expect("a directory");
        let state_dir = base(&dir);
        let first = RunDir::enter(state_dir.clone(), "1").expect("entered");
        let second = RunDir::enter(state_dir.clone(), "1").expect("entered");
        fs::write(first.dir().expect("made").join("file"), "x").expect("written");
        first.leave().expect("left");
        assert_eq!(names(&state_dir), names_of(&[&first]));
        second.leave().expect("left");
        assert!(!state_dir.path().exists());
    }

    #[test]
    fn only_directories_of_killed_runs_are_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let state_dir = base(&dir);
        let living = RunDir::enter(state_dir.clone(), "living").expect("entered");
        living.dir().expect("made");
        // The state that a killed process leaves behind: files without locks.
        fs::create_dir(state_dir.path().join("run-dead")).expect("made");
        fs::write(state_dir.path().join("run-dead").join("file"), "x").expect("written");
        fs::write(state_dir.path().join("run-dead.lock"), "").expect("written");
        fs::write(state_dir.path().join("key-dead.lock"), "").expect("written");
        let next = RunDir::enter(state_dir.clone(), "next").expect("entered");
        next.dir().expect("made");
        assert_eq!(names(&state_dir), names_of(&[&living, &next]));
        drop((living, next));
        assert!(!state_dir.path().exists());
    }

    #[test]
    fn kept_files_remain_after_the_run() {
        let dir = tempfile::tempdir().expect("a directory");
        let state_dir = base(&dir);
        let run = RunDir::enter(state_dir.clone(), "1").expect("entered");
        fs::write(run.kept().expect("made").join("file"), "x").expect("written");
        run.leave().expect("left");
        assert_eq!(names(&state_dir), ["kept-1"]);
    }
}
