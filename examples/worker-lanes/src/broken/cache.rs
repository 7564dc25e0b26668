//! A cache that checks, reads, and then fills.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use swimlanes_kit::point;

use crate::error::Error;
use crate::settings::Settings;

/// As [`crate::Cache`], but without a lock during a read: two concurrent callers both read the file, and settings that were read before the
/// cache was cleared can be stored in it afterwards.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    kept: Mutex<Option<Arc<Settings>>>,
    n_reads: AtomicU32,
}

impl Cache {
    /// An empty cache for this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), kept: Mutex::new(None), n_reads: AtomicU32::new(0) }
    }

    /// The settings. Reads the file if the cache is empty.
    ///
    /// # Errors
    ///
    /// As [`Settings::read`].
    pub async fn get(&self) -> Result<Arc<Settings>, Error> {
        if let Some(settings) = &*self.kept() {
            return Ok(Arc::clone(settings));
        }
        let settings = Arc::new(Settings::read(&self.path, None)?);
        self.n_reads.fetch_add(1, Ordering::Relaxed);
        point!(async "after reading");
        *self.kept() = Some(Arc::clone(&settings));
        Ok(settings)
    }

    /// The next caller reads the file again, unless another one is reading it now.
    pub async fn clear(&self) {
        *self.kept() = None;
        point!(async "after clearing");
    }

    /// How often the file was read.
    #[must_use]
    pub fn n_reads(&self) -> u32 {
        self.n_reads.load(Ordering::Relaxed)
    }

    fn kept(&self) -> MutexGuard<'_, Option<Arc<Settings>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
