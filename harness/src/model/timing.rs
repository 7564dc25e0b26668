//! How long something took, the part that went into fixtures told apart.

use std::ops::AddAssign;
use std::time::Duration;

/// How long something took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Timing {
    /// From before the first fixture to when all are torn down.
    pub(crate) all: Duration,
    /// How much of it was not the body: fixtures were set up, or torn down. Nothing where nobody can tell: the process is gone that
    /// knew, or the body runs on.
    pub(crate) in_fixtures: Duration,
}

impl Timing {
    /// So long, and nobody knows what for.
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
