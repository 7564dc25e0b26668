//! Settings that are read once, and again after the cache is cleared.

use std::env;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use swimlanes_kit::point;
use tokio::sync::Mutex;

use crate::error::Error;
use crate::settings::{FILE, Settings, VARIABLE};

/// The settings of one file.
///
/// The cache is locked during a read: two concurrent callers read the file once, and a clear during a read takes effect after it.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    /// The variable that overrides the file's line.
    variable: Option<&'static str>,
    kept: Mutex<Option<Arc<Settings>>>,
    n_reads: AtomicU32,
}

/// The cache of this process, for `depot.conf` in the current directory and the variable `DEPOT_DATABASE_URL`.
pub fn process() -> &'static Cache {
    static CACHE: LazyLock<Cache> = LazyLock::new(|| Cache { variable: Some(VARIABLE), ..Cache::new(FILE) });
    &CACHE
}

impl Cache {
    /// An empty cache for this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), variable: None, kept: Mutex::new(None), n_reads: AtomicU32::new(0) }
    }

    /// The settings. Reads the file if the cache is empty.
    ///
    /// # Errors
    ///
    /// As [`Settings::read`]. Errors are not cached: the next caller reads again.
    pub async fn get(&self) -> Result<Arc<Settings>, Error> {
        let mut kept = self.kept.lock().await;
        if let Some(settings) = &*kept {
            return Ok(Arc::clone(settings));
        }
        // Reads a few lines, which do not need a separate thread.
        let database_url = self.variable.and_then(|name| env::var(name).ok());
        let settings = Arc::new(Settings::read(&self.path, database_url)?);
        self.n_reads.fetch_add(1, Ordering::Relaxed);
        point!(async "after reading");
        *kept = Some(Arc::clone(&settings));
        Ok(settings)
    }

    /// The next caller reads the file again.
    pub async fn clear(&self) {
        *self.kept.lock().await = None;
        point!(async "after clearing");
    }

    /// How often the file was read.
    #[must_use]
    pub fn n_reads(&self) -> u32 {
        self.n_reads.load(Ordering::Relaxed)
    }
}
