//! The verdict of a case, when all its attempts are over.

use crate::model::outcome::Failure;

/// The result of a case.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Verdict {
    Pass,
    /// It passed after it had failed.
    Flaky {
        /// How its first attempt failed.
        first: Failure,
    },
    Fail(Failure),
    Skip {
        /// The reason, if one was given.
        reason: Option<String>,
    },
    /// It never started.
    NotRun {
        because: NotRunReason,
    },
}

/// Why a case never started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum NotRunReason {
    TooManyFailures,
    Interrupted,
    /// The run took longer than its limit.
    OutOfTime,
    /// The harness itself failed.
    HarnessError,
    /// A test that timed out still runs, and holds a resource that this case needs.
    Held,
}

/// How a flaky case is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum FlakyResult {
    #[default]
    Pass,
    Fail,
}

/// The count that a case belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tally {
    Passed,
    Failed,
    Skipped,
    NotRun,
}

impl Verdict {
    /// How a verdict is counted. This is the only place that decides it.
    pub(crate) fn counts_as(&self, flaky: FlakyResult) -> Tally {
        match (self, flaky) {
            (Self::Pass, _) | (Self::Flaky { .. }, FlakyResult::Pass) => Tally::Passed,
            (Self::Fail(_), _) | (Self::Flaky { .. }, FlakyResult::Fail) => Tally::Failed,
            (Self::Skip { .. }, _) => Tally::Skipped,
            (Self::NotRun { .. }, _) => Tally::NotRun,
        }
    }

    /// Whether the verdict makes the run fail.
    pub(crate) fn is_failure(&self, flaky: FlakyResult) -> bool {
        self.counts_as(flaky) == Tally::Failed
    }

    /// The last failure, if the case did not pass in the end.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Fail(failure) => Some(failure),
            Self::Pass | Self::Flaky { .. } | Self::Skip { .. } | Self::NotRun { .. } => None,
        }
    }

    /// Whether it passed after it had failed.
    pub(crate) fn is_flaky(&self) -> bool {
        matches!(self, Self::Flaky { .. })
    }
}
