//! Resources that are leased for some time and then released.

use std::path::PathBuf;
use std::sync::Mutex;

use crate::model::error::Error;
use crate::model::mutex::MutexExt;

/// What happens to a resource that was leased for an attempt or a worker, when that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cleanup {
    /// It is released and removed.
    Returned,
    /// It is kept for inspection.
    Kept,
}

/// A resource that is released at the end of the attempt or worker that it was leased for.
pub(crate) trait Lease: Send {
    /// Releases the resource, or keeps it. Returns the path of what was kept.
    fn close(self: Box<Self>, cleanup: Cleanup) -> Result<Option<PathBuf>, Error>;
}

/// The leases of one attempt, one worker or one process.
#[derive(Default)]
pub(crate) struct Leases(Mutex<Vec<Box<dyn Lease>>>);

impl Leases {
    pub(crate) fn add(&self, lease: impl Lease + 'static) {
        self.0.lock_even_if_poisoned().push(Box::new(lease));
    }

    /// Releases or keeps all current leases, the last one first, and returns the result of each.
    pub(crate) fn close(&self, cleanup: Cleanup) -> Vec<Result<Option<PathBuf>, Error>> {
        let leases = std::mem::take(&mut *self.0.lock_even_if_poisoned());
        leases.into_iter().rev().map(|lease| lease.close(cleanup)).collect()
    }
}
