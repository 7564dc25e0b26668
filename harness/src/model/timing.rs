//! Durations, and the part of them that was spent in fixtures.

use std::ops::AddAssign;
use std::time::Duration;

/// The duration of an attempt or a case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Timing {
    /// From the start of the first setup to the end of the last teardown.
    pub(crate) all: Duration,
    /// The time in which fixtures were set up or torn down. Zero if it is not known: the process that knew it is gone, or the body still
    /// runs.
    pub(crate) in_fixtures: Duration,
}

impl Timing {
    /// A duration with an unknown part for fixtures.
    pub(crate) fn of(all: Duration) -> Self {
        Self { all, in_fixtures: Duration::ZERO }
    }
}

impl AddAssign for Timing {
    fn add_assign(&mut self, other: Self) {
        self.all += other.all;
        self.in_fixtures += other.in_fixtures;
    }
}
