//! The outcome of an attempt, and the verdict of a test.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum AttemptOutcome<'a> {
    /// It passed.
    Passed,
    /// It failed.
    Failed(FailureRecord<'a>),
    /// It requested to be skipped.
    Skipped {
        /// The reason.
        reason: Cow<'a, str>,
    },
}

/// The verdict of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum CaseVerdict<'a> {
    /// It passed.
    Pass,
    /// It passed after it had failed.
    Flaky {
        /// How the first attempt failed.
        first: FailureRecord<'a>,
    },
    /// It failed.
    Fail(FailureRecord<'a>),
    /// It is ignored, or requested to be skipped.
    Skip {
        /// The reason, if there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<Cow<'a, str>>,
    },
    /// It was not started.
    NotRun {
        /// The reason.
        because: NotRunReason,
    },
}

/// How an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureRecord<'a> {
    /// The kind of failure.
    pub kind: FailureKind,
    /// The text of the panic or of the error.
    pub message: Cow<'a, str>,
    /// `file:line:column` of the panic, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Cow<'a, str>>,
}

/// The kinds of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The test panicked.
    Panic,
    /// The test returned an error.
    Error,
    /// The test returned a failing exit code.
    ExitCode,
    /// A test with `#[should_panic]` did not panic, or panicked with another message.
    ShouldPanic,
    /// A fixture failed.
    Fixture,
    /// The test timed out.
    TimedOut,
    /// A signal killed the process of the test.
    Crash,
    /// The test called `exit`.
    Exit,
    /// The test leaked, with `--leak fail`.
    Leak,
    /// A kind that this version of the crate does not know. It is never written.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// Why a test was not started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotRunReason {
    /// As many tests failed as `--max-fail` allows.
    TooManyFailures,
    /// Ctrl-C, or a signal that asks the process to exit.
    Interrupted,
    /// `--run-timeout`.
    OutOfTime,
    /// The harness failed.
    Broken,
    /// A test that timed out still runs, and holds a lock that this test needs.
    Held,
    /// A reason that this version of the crate does not know. It is never written.
    #[serde(other, skip_serializing)]
    Unknown,
}
