//! The clock of a run: moments are durations since its start.

use std::time::{Duration, Instant};

/// Counts from the moment it was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// How long ago the run started.
    pub(crate) fn now(self) -> Duration {
        self.start.elapsed()
    }
}
