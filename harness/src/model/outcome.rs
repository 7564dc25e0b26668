//! How one attempt of a case ended.

use std::fmt;
use std::time::Duration;

/// What a body returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestReturn {
    /// A value that means success.
    Passed,
    /// An error; the text contains it.
    Failed(String),
    /// A value with which `main` would fail; the text contains its exit code.
    FailedByCode(String),
}

/// How one attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Outcome {
    Passed,
    Failed(Failure),
    Skipped { reason: String },
}

impl Outcome {
    /// Whether the attempt timed out.
    pub(crate) fn has_timed_out(&self) -> bool {
        matches!(self, Self::Failed(Failure { kind: FailureKind::TimedOut, .. }))
    }
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    /// In libtest's words, if libtest has any.
    pub(crate) message: String,
    /// `file:line:column` of the panic, if there was one.
    pub(crate) location: Option<String>,
}

impl Failure {
    /// Whether the attempt itself has printed the message: the panic hook prints that of a panic, and the attempt prints `Error: …` for an
    /// error that the test or a fixture returned.
    pub(crate) fn is_printed_by_attempt(&self) -> bool {
        match self.kind {
            FailureKind::Panic | FailureKind::Fixture => true,
            FailureKind::Error => self.message.starts_with("Error: "),
            FailureKind::ExitCode
            | FailureKind::ShouldPanic
            | FailureKind::TimedOut
            | FailureKind::Crash
            | FailureKind::Exit
            | FailureKind::Leak => false,
        }
    }
}

/// The ways in which an attempt can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum FailureKind {
    /// The body panicked.
    Panic,
    /// The body returned an error.
    Error,
    /// The body returned a failing exit code.
    ExitCode,
    /// `should_panic` was set, and the body did not panic, or not with the expected message.
    ShouldPanic,
    /// A fixture could not be set up.
    Fixture,
    /// The body ran longer than its timeout.
    TimedOut,
    /// A signal ended the process of the body: it crashed.
    Crash,
    /// The body ended its process with `exit`.
    Exit,
    /// The attempt leaked, and `--leak fail` is set.
    Leak,
}

/// How a body ended, before `policy::classify` turns it into an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyResult {
    /// It returned.
    Returned(TestReturn),
    /// It panicked.
    Panicked(Panic),
    /// It did not start: a fixture panicked.
    FixturePanicked(Panic),
    /// It was skipped.
    Skipped { reason: String },
    /// It did not start: a fixture failed.
    FixtureFailed { message: String },
    /// It still runs.
    TimedOut { limit: Duration },
    /// It is async, and was dropped when its timeout was over.
    Cancelled { limit: Duration },
    /// It did not start: its fixtures took longer than the timeout.
    FixturesTimedOut { limit: Duration },
    /// It still runs, in a process that is stopped.
    Stopped { limit: Duration, signal: String },
    /// It still runs, in a process with no responsive thread.
    Hung { limit: Duration },
    /// It still ran when the limit of the whole run was reached.
    RunTimedOut { limit: Duration },
    /// It ended its process.
    Died(ProcessExit),
}

/// How a body ended its process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProcessExit {
    /// With `exit`.
    Exit { code: i32 },
    /// By a signal.
    Signal {
        /// "SIGSEGV"
        name: String,
        /// The standard library reported a stack overflow.
        is_overflow: bool,
    },
    /// The controller killed it, because this signal had stopped it.
    Stopped { signal: String },
    /// The controller killed it, because no thread in it noticed that a timeout was over.
    Hung,
    /// It was killed, because it did not respond any more, or sent invalid messages.
    Cut,
    /// The system does not say how.
    Unknown,
}

impl fmt::Display for ProcessExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit { code } => write!(f, "`exit({code})`"),
            Self::Signal { name, is_overflow: true } => write!(f, "{name}, its stack overflowed"),
            Self::Signal { name, is_overflow: false } => f.write_str(name),
            Self::Stopped { signal } => write!(f, "it was stopped by {signal}, did not respond, and was killed"),
            Self::Hung => f.write_str("all its threads hung after the timeout of a test, and it was killed"),
            Self::Cut => f.write_str("a test closed a descriptor that it did not open, or wrote to one"),
            Self::Unknown => f.write_str("for an unknown reason"),
        }
    }
}

/// A panic in the user's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Panic {
    /// The text of the panic; `None` if its payload is no text.
    pub(crate) message: Option<String>,
    /// `file:line:column`, if our panic hook was called.
    pub(crate) location: Option<String>,
}
