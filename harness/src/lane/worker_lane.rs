//! What a worker owns: a directory with everything of its lane.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use once_cell::sync::OnceCell;

use crate::fixture::context::FixtureContext;
use crate::lane::run_dir::RunDir;
use crate::lane::temp_dir::LeasedDir;
use crate::model::config::Keep;
use crate::model::error::{Error, FixtureResult};
use crate::model::worker::Slot;
use crate::os::remove_dir::remove_all;

/// How many characters of a test's name are part of the name of its directory. Sockets must fit in it, whose paths are
/// limited to 107 bytes.
const NAME_IN_PATH: usize = 20;

/// The name of the directory of [`WorkerDir`](crate::WorkerDir).
const WORK: &str = "work";

/// The lane of one worker. Each part of it is created on first use.
#[derive(Debug)]
pub(crate) struct Lane {
    run: Arc<RunDir>,
    slot: Slot,
    root: OnceCell<PathBuf>,
    /// Whether another process removes the directory.
    is_borrowed: bool,
    /// Whether a test has requested the directory of [`WorkerDir`](crate::WorkerDir).
    has_work_dir: AtomicBool,
    /// Databases of this worker that were made from a template, by the template's name.
    #[cfg(feature = "sqlite")]
    pub(crate) databases: std::sync::Mutex<std::collections::HashMap<&'static str, PathBuf>>,
    /// Templates in memory, by their names.
    #[cfg(feature = "sqlite")]
    pub(crate) templates: std::sync::Mutex<std::collections::HashMap<&'static str, rusqlite::Connection>>,
}

impl Lane {
    /// The lane of the worker that `setup` is for.
    ///
    /// # Errors
    ///
    /// When the lock of the run cannot be taken.
    pub(crate) fn of(setup: &FixtureContext<'_>) -> FixtureResult<Arc<Self>> {
        let slot = Slot(u32::try_from(setup.worker().slot()).expect("slots are counted in u32"));
        setup.worker_scope.values.get_or_make(|| {
            let run = RunDir::of(setup)?;
            Ok(Self {
                run,
                slot,
                root: OnceCell::new(),
                is_borrowed: false,
                has_work_dir: AtomicBool::new(false),
                #[cfg(feature = "sqlite")]
                databases: std::sync::Mutex::default(),
                #[cfg(feature = "sqlite")]
                templates: std::sync::Mutex::default(),
            })
        })
    }

    /// A lane whose directory another process has created, and will remove.
    #[cfg(unix)]
    pub(crate) fn in_directory(run: Arc<RunDir>, slot: Slot, root: PathBuf) -> Self {
        // An earlier process of the worker may have made it.
        let has_work_dir = AtomicBool::new(root.join(WORK).exists());
        Self {
            run,
            slot,
            has_work_dir,
            root: OnceCell::with_value(root),
            is_borrowed: true,
            #[cfg(feature = "sqlite")]
            databases: std::sync::Mutex::default(),
            #[cfg(feature = "sqlite")]
            templates: std::sync::Mutex::default(),
        }
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn run(&self) -> &Arc<RunDir> {
        &self.run
    }

    /// The directory of the lane.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub(crate) fn root(&self) -> Result<&std::path::Path, Error> {
        let root = self.root.get_or_try_init(|| self.run.lane_dir(self.slot, self.run.generation(self.slot)))?;
        Ok(root)
    }

    /// The directory of [`WorkerDir`](crate::WorkerDir), inside that of the lane.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub(crate) fn work_dir(&self) -> Result<PathBuf, Error> {
        let path = self.root()?.join(WORK);
        fs::create_dir_all(&path).map_err(|cause| Error::file("make the directory", &path, cause))?;
        self.has_work_dir.store(true, Ordering::Relaxed);
        Ok(path)
    }

    /// How many files and directories tests have put into the directory of `WorkerDir`.
    pub(crate) fn n_files(&self) -> usize {
        let Some(root) = self.root.get().filter(|_| self.has_work_dir.load(Ordering::Relaxed)) else { return 0 };
        fs::read_dir(root.join(WORK)).map_or(0, Iterator::count)
    }

    /// A new directory for one attempt. If it may be kept, it is created where it outlives the run.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub(crate) fn attempt_dir(&self, keep: Keep, function: &str) -> Result<LeasedDir, Error> {
        let parent = match keep {
            Keep::None => self.root()?,
            Keep::Failed | Keep::All => self.run.kept()?,
        };
        LeasedDir::new(parent, &format!("{}-", name_in_path(function)))
    }

    /// Removes the directory of the lane.
    ///
    /// # Errors
    ///
    /// When a part of it cannot be removed.
    pub(crate) fn close(&self) -> Result<(), Error> {
        let Some(root) = self.root.get().filter(|_| !self.is_borrowed) else { return Ok(()) };
        remove_all(root).map_err(|cause| Error::file("remove the directory", root, cause))
    }
}

fn name_in_path(name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    name.chars().take(NAME_IN_PATH).map(allowed).collect()
}
