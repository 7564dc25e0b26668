//! Settings that are read once, and read again when that is said.

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
/// Whoever reads the file keeps everybody else from the cache until it is filled: two callers at once read it once, and what is
/// cleared while somebody reads is cleared after that.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    /// The variable that counts more than the file's line.
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
    /// An empty one, for that file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), variable: None, kept: Mutex::new(None), n_reads: AtomicU32::new(0) }
    }

    /// The settings, which are read if that was not done since the cache was cleared.
    ///
    /// # Errors
    ///
    /// As [`Settings::read`]. Errors are not kept: the next one reads again.
    pub async fn get(&self) -> Result<Arc<Settings>, Error> {
        let mut kept = self.kept.lock().await;
        if let Some(settings) = &*kept {
            return Ok(Arc::clone(settings));
        }
        // A few lines, which are not worth a thread.
        let database_url = self.variable.and_then(|name| env::var(name).ok());
        let settings = Arc::new(Settings::read(&self.path, database_url)?);
        self.n_reads.fetch_add(1, Ordering::Relaxed);
        point!(async "after reading");
        *kept = Some(Arc::clone(&settings));
        Ok(settings)
    }

    /// The next one who asks has the file read again.
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
