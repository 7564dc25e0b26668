//! What is said of a case when all its attempts are over.

use crate::model::outcome::Failure;

/// What is said of a case in the end.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Verdict {
    Pass,
    /// It passed, but only after it had failed.
    Flaky {
        /// How its first attempt failed.
        first: Failure,
    },
    Fail(Failure),
    Skip {
        /// Why, if somebody said so.
        reason: Option<String>,
    },
    /// It was never started.
    NotRun {
        because: NotRunReason,
    },
}

/// Why a case was never started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum NotRunReason {
    TooManyFailures,
    Interrupted,
    /// The run has taken longer than it may.
    OutOfTime,
    /// The harness itself failed.
    HarnessError,
    /// A test that timed out still runs, and holds what it needs.
    Held,
}

/// What a flaky case counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum FlakyResult {
    #[default]
    Pass,
    Fail,
}

/// Under which heading a case is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tally {
    Passed,
    Failed,
    Skipped,
    NotRun,
}

impl Verdict {
    /// The one place that says what a verdict comes to.
    pub(crate) fn counts_as(&self, flaky: FlakyResult) -> Tally {
        match (self, flaky) {
            (Self::Pass, _) | (Self::Flaky { .. }, FlakyResult::Pass) => Tally::Passed,
            (Self::Fail(_), _) | (Self::Flaky { .. }, FlakyResult::Fail) => Tally::Failed,
            (Self::Skip { .. }, _) => Tally::Skipped,
            (Self::NotRun { .. }, _) => Tally::NotRun,
        }
    }

    /// Whether the run is red because of it.
    pub(crate) fn is_failure(&self, flaky: FlakyResult) -> bool {
        self.counts_as(flaky) == Tally::Failed
    }

    /// What went wrong last, if it did not pass in the end.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Fail(failure) => Some(failure),
            Self::Pass | Self::Flaky { .. } | Self::Skip { .. } | Self::NotRun { .. } => None,
        }
    }

    /// Whether it passed only after it had failed.
    pub(crate) fn is_flaky(&self) -> bool {
        matches!(self, Self::Flaky { .. })
    }
}
