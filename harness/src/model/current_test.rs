//! The test that a thread works for.

use crate::model::worker::Slot;

/// A running test, as [`current_test`](crate::current_test) returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CurrentTest {
    name: &'static str,
    attempt: u32,
    slot: Slot,
}

impl CurrentTest {
    pub(crate) fn new(name: &'static str, attempt: u32, slot: Slot) -> Self {
        Self { name, attempt, slot }
    }

    /// The name of the test, as the report prints it: `module::function`, without the crate.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The number of the attempt: 1 for the first one, 2 for the first retry. Retries by cargo-nextest count, too.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The number of the worker that runs the test, as in [`Worker::slot`](crate::Worker::slot).
    #[must_use]
    pub fn worker(&self) -> usize {
        self.slot.ix()
    }
}
