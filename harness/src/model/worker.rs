//! Who runs a case: the worker, its slot, and the run it belongs to.

use std::fmt;
use std::sync::Arc;

use crate::model::seed::Seed;

/// The stable number of a lane, from 0. Resources belong to the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Slot(pub(crate) u32);

impl Slot {
    pub(crate) fn ix(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The worker a test runs on. A fixture: write `worker: Worker` among the parameters of a test.
///
/// ```
/// use swimlanes::prelude::*;
///
/// #[swimlanes::test]
/// fn queue_is_mine(worker: Worker) {
///     let queue = format!("jobs-{}-{}", worker.run_id(), worker.slot());
///     assert!(worker.slot() < worker.count(), "{queue}");
/// }
/// # fn main() {}
/// ```
#[derive(Debug, Clone)]
pub struct Worker {
    slot: Slot,
    count: u32,
    run: Arc<str>,
    seed: Seed,
}

impl Worker {
    pub(crate) fn new(slot: Slot, count: u32, run: Arc<str>, seed: Seed) -> Self {
        Self { slot, count, run, seed }
    }

    /// The number of this worker: `0..count()`. No two workers of a run have the same one at the same time;
    /// under cargo-nextest it is `NEXTEST_TEST_GLOBAL_SLOT`.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.slot.ix()
    }

    /// How many workers the run has.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count as usize
    }

    /// A name of this run that no other run on this machine has; short, and made of letters, digits and dashes.
    /// All processes of one cargo-nextest run share it.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run
    }

    /// The seed of the run, which `--seed` and `--shuffle-seed` set, and where no flags can be given the variable
    /// `RUST_TEST_SHUFFLE_SEED`. All processes of one cargo-nextest run have the same. Derive the random choices of a test from it,
    /// and a failure can be seen again.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed.value()
    }
}
