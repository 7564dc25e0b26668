//! The clock of an attempt's time limit, as the attempt sees it: it stands while something is made that outlives it.

use std::fmt;
use std::sync::Arc;

/// Who keeps the time of the attempts in one lane.
pub(crate) trait Timekeeper: Send + Sync {
    /// The clock stands from now on, if the attempt with this number is the one that runs.
    fn stand(&self, number: u64);
    /// It goes on, unless somebody else wants it to stand.
    fn go_on(&self, number: u64);
}

/// The clock of one attempt. One that is over does nothing to the next.
#[derive(Clone)]
pub(crate) struct Stopwatch {
    keeper: Arc<dyn Timekeeper>,
    number: u64,
}

/// The clock stands as long as this is there.
#[must_use = "the clock goes on when it is dropped"]
pub(crate) struct Standing<'a>(&'a Stopwatch);

impl Stopwatch {
    pub(crate) fn new(keeper: Arc<dyn Timekeeper>, number: u64) -> Self {
        Self { keeper, number }
    }

    /// Lets it stand.
    pub(crate) fn stand(&self) -> Standing<'_> {
        self.keeper.stand(self.number);
        Standing(self)
    }
}

impl fmt::Debug for Stopwatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopwatch").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        self.0.keeper.go_on(self.0.number);
    }
}
