//! The worker that runs a case: its slot, and the run that it belongs to.

use std::fmt;
use std::sync::Arc;

use crate::model::seed::Seed;

/// The number of a lane, from 0. What a worker owns belongs to its slot.
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

/// The worker that a test runs on. A fixture: write `worker: Worker` among the parameters of a test.
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

    /// The number of this worker, from `0` to `count() - 1`. At any time, no two workers of a run have the same number. Under cargo-nextest
    /// it is `NEXTEST_TEST_GLOBAL_SLOT`.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.slot.ix()
    }

    /// The number of workers in the run.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count as usize
    }

    /// A short name of the run, made of letters, digits and dashes. No other run on this machine has the same name. All processes of one
    /// cargo-nextest run share it.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run
    }

    /// The seed of the run. Derive the random choices of a test from it, so that a failure can be reproduced. The options `--seed` and
    /// `--shuffle-seed` set it, and where options cannot be given, the variable `RUST_TEST_SHUFFLE_SEED`. All processes of one
    /// cargo-nextest run share it.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed.value()
    }
}
