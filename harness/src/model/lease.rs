//! Things that are taken for a while and given back.

use std::path::PathBuf;
use std::sync::Mutex;

use crate::model::error::Error;
use crate::model::mutex::MutexExt;

/// What becomes of a thing that was leased for an attempt or a worker, when that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cleanup {
    /// Given back, and gone.
    Returned,
    /// Kept for somebody to look at.
    Kept,
}

/// A thing that is given back when the attempt or the worker it was leased for is over.
pub(crate) trait Lease: Send {
    /// Gives it back, or keeps it. Says what was kept, where somebody can look at it.
    fn close(self: Box<Self>, cleanup: Cleanup) -> Result<Option<PathBuf>, Error>;
}

/// What was leased for one attempt, one worker or one run.
#[derive(Default)]
pub(crate) struct Leases(Mutex<Vec<Box<dyn Lease>>>);

impl Leases {
    pub(crate) fn add(&self, lease: impl Lease + 'static) {
        self.0.lock_even_if_poisoned().push(Box::new(lease));
    }

    /// Gives back, or keeps, what is leased now, last first; what came of each.
    pub(crate) fn close(&self, cleanup: Cleanup) -> Vec<Result<Option<PathBuf>, Error>> {
        let leases = std::mem::take(&mut *self.0.lock_even_if_poisoned());
        leases.into_iter().rev().map(|lease| lease.close(cleanup)).collect()
    }
}
