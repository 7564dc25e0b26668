//! Decides the verdict of a test from all its runs, and whether the campaign fails because of it.

use serde::Serialize;

use crate::stability::model::TestResult;

/// The results of a test in several runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally {
    pub(super) runs: u32,
    pub(super) passed: u32,
    pub(super) failed: u32,
    /// The number of failures that passed in a retry of the suite.
    pub(super) passed_later: u32,
    pub(super) skipped: u32,
    pub(super) lost: u32,
}

/// The verdict of a test. It does not attribute failures to a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// It failed in some runs and passed in others, or first failed and then passed in one.
    Flaky,
    /// It failed whenever it had a result.
    Broken,
    /// It never failed, but some runs ended without its result.
    Lost,
    /// It never failed, and every run has its result.
    Stable,
    /// It was skipped in every run.
    Skipped,
    /// The campaign was interrupted before its first run.
    NotRun,
}

/// Whether flaky and broken tests make the campaign fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlakyPolicy {
    Fail,
    Allow,
}

impl Tally {
    /// Adds a run.
    pub(super) fn add(&mut self, result: &TestResult) {
        self.runs += 1;
        match result {
            TestResult::Passed => self.passed += 1,
            TestResult::Failed(failure) => {
                self.failed += 1;
                self.passed_later += u32::from(failure.passed_later);
            }
            TestResult::Skipped => self.skipped += 1,
            TestResult::Lost => self.lost += 1,
        }
    }

    /// The sum of both.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            runs: self.runs + other.runs,
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            passed_later: self.passed_later + other.passed_later,
            skipped: self.skipped + other.skipped,
            lost: self.lost + other.lost,
        }
    }

    /// The number of runs in which it passed or failed, on which the rate is based.
    pub(super) fn judged(self) -> u32 {
        self.passed + self.failed
    }

    /// The number of results of all kinds.
    pub(super) fn results(self) -> u32 {
        self.passed + self.failed + self.skipped + self.lost
    }

    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self { failed: 1.., passed: 0, passed_later: 0, .. } => Verdict::Broken,
            Self { failed: 1.., .. } => Verdict::Flaky,
            Self { lost: 1.., .. } => Verdict::Lost,
            Self { passed: 1.., .. } => Verdict::Stable,
            Self { skipped: 1.., .. } => Verdict::Skipped,
            Self { .. } => Verdict::NotRun,
        }
    }
}

impl Verdict {
    /// All verdicts, the worst first as far as they can be compared.
    pub(super) const ALL: [Self; 6] =
        [Self::Flaky, Self::Broken, Self::Lost, Self::Stable, Self::Skipped, Self::NotRun];

    /// Whether this verdict fails the campaign.
    pub(super) fn is_red(self, flaky_policy: FlakyPolicy) -> bool {
        match (self, flaky_policy) {
            (Self::Flaky | Self::Broken, FlakyPolicy::Fail) | (Self::Lost, _) => true,
            (Self::Flaky | Self::Broken, FlakyPolicy::Allow) => false,
            (Self::Stable | Self::Skipped | Self::NotRun, _) => false,
        }
    }

    /// The text of the verdict.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Flaky => "flaky",
            Self::Broken => "broken",
            Self::Lost => "lost",
            Self::Stable => "stable",
            Self::Skipped => "skipped",
            Self::NotRun => "not run",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stability::model::Failure;

    /// A letter for each run: `+` passed, `-` failed, `~` passed in a retry, `s` skipped, `!` lost.
    #[track_caller]
    fn check(runs: &str, expected: Verdict) {
        let mut tally = Tally::default();
        let failed =
            |passed_later| TestResult::Failed(Failure { message: String::new(), location: None, passed_later });
        for run in runs.chars() {
            tally.add(&match run {
                '+' => TestResult::Passed,
                '-' => failed(false),
                '~' => failed(true),
                's' => TestResult::Skipped,
                '!' => TestResult::Lost,
                other => panic!("what is {other}?"),
            });
        }
        assert_eq!(tally.verdict(), expected);
        assert_eq!((tally.runs, tally.results()), (runs.len() as u32, runs.len() as u32));
    }

    #[test]
    fn verdicts_follow_from_the_runs() {
        check("+++", Verdict::Stable);
        check("++s", Verdict::Stable);
        check("+-+", Verdict::Flaky);
        check("+-!", Verdict::Flaky);
        check("~~~", Verdict::Flaky);
        check("---", Verdict::Broken);
        check("-!s", Verdict::Broken);
        check("++!", Verdict::Lost);
        check("!!!", Verdict::Lost);
        check("sss", Verdict::Skipped);
        check("", Verdict::NotRun);
    }

    #[test]
    fn allow_flaky_does_not_allow_lost_results() {
        let red =
            |flaky_policy| Verdict::ALL.into_iter().filter(|verdict| verdict.is_red(flaky_policy)).collect::<Vec<_>>();
        assert_eq!(red(FlakyPolicy::Fail), [Verdict::Flaky, Verdict::Broken, Verdict::Lost]);
        assert_eq!(red(FlakyPolicy::Allow), [Verdict::Lost]);
    }
}
