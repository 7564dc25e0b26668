//! How long something took, the part that went into fixtures told apart.

use std::ops::AddAssign;
use std::time::Duration;

/// How long something took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Took {
    /// From before the first fixture to when all are torn down.
    pub(crate) all: Duration,
    /// How much of it was not the body: fixtures were set up, or torn down. Nothing where nobody can tell: the process is gone that
    /// knew, or the body runs on.
    pub(crate) in_fixtures: Duration,
}

impl Took {
    /// So long, and nobody knows what for.
    pub(crate) fn of(all: Duration) -> Self {
        Self { all, in_fixtures: Duration::ZERO }
    }

    /// What there is to tell of fixtures: at least a hundredth of it, and a millisecond.
    pub(crate) fn worth_telling(&self) -> Option<Duration> {
        let least = (self.all / 100).max(Duration::from_millis(1));
        (self.in_fixtures >= least).then_some(self.in_fixtures)
    }
}

impl AddAssign for Took {
    fn add_assign(&mut self, other: Self) {
        self.all += other.all;
        self.in_fixtures += other.in_fixtures;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(all: u64, in_fixtures: u64, is_told: bool) {
        let [all, in_fixtures] = [all, in_fixtures].map(Duration::from_micros);
        assert_eq!(Took { all, in_fixtures }.worth_telling(), is_told.then_some(in_fixtures));
    }

    #[test]
    fn little_time_in_fixtures_is_not_told() {
        check(0, 0, false);
        check(900, 900, false);
        check(1_000, 1_000, true);
        check(5_000, 1_000, true);
        check(200_000, 1_999, false);
        check(200_000, 2_000, true);
    }
}
