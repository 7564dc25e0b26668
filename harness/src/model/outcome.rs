//! How one attempt of a case ended.

use std::fmt;
use std::time::Duration;

/// What a body gave back when it ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestReturn {
    /// It returned a success.
    Passed,
    /// It returned an error; the text says which.
    Failed(String),
    /// It returned something that makes `main` fail; the text says what.
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
    /// Whether it was given up while it ran.
    pub(crate) fn has_timed_out(&self) -> bool {
        matches!(self, Self::Failed(Failure { kind: FailureKind::TimedOut, .. }))
    }
}

/// What went wrong in an attempt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    /// In libtest's words where libtest has some.
    pub(crate) message: String,
    /// `file:line:column` of the panic, where there was one.
    pub(crate) location: Option<String>,
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
    /// `should_panic`, and it did not, or not with the expected message.
    ShouldPanic,
    /// A fixture could not be set up.
    Fixture,
    /// The body ran longer than it may.
    TimedOut,
    /// The body ended its process by a signal: it crashed.
    Crash,
    /// The body ended its process with `exit`.
    Exit,
    /// It left something behind, and must not.
    Leak,
}

/// How a body ended, before anybody judged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyResult {
    /// It returned by itself.
    Returned(TestReturn),
    /// It panicked.
    Panicked(Panic),
    /// It never began: a fixture panicked.
    FixturePanicked(Panic),
    /// It asked to be skipped.
    Skipped { reason: String },
    /// It never began: a fixture failed.
    FixtureFailed { message: String },
    /// It is running still.
    TimedOut { limit: Duration },
    /// It never began: its fixtures took longer than it may.
    FixturesTimedOut { limit: Duration },
    /// It is running still, in a process that is stopped.
    Stopped { limit: Duration, signal: String },
    /// It is running still, in a process that hangs with all its threads.
    Hung { limit: Duration },
    /// It was running still when the run had taken longer than it may.
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
        /// The standard library has seen that the stack was used up.
        is_overflow: bool,
    },
    /// It was ended, as this signal had stopped it.
    Stopped { signal: String },
    /// It was ended, as nobody in it saw that a time limit was over.
    Hung,
    /// It was ended, as it did not answer any more, or not with sense.
    Cut,
    /// In a way that the system does not tell.
    Unknown,
}

impl fmt::Display for ProcessExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit { code } => write!(f, "`exit({code})`"),
            Self::Signal { name, is_overflow: true } => write!(f, "{name}, its stack overflowed"),
            Self::Signal { name, is_overflow: false } => f.write_str(name),
            Self::Stopped { signal } => write!(f, "it was stopped by {signal}, did not answer any more, and was ended"),
            Self::Hung => f.write_str("it hung with all its threads, past the timeout of a test, and was ended"),
            Self::Cut => f.write_str("it closed, or wrote to, descriptors that are not its own"),
            Self::Unknown => f.write_str("nobody knows how"),
        }
    }
}

/// A panic of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Panic {
    /// The text of the panic; `None` when its payload is no text.
    pub(crate) message: Option<String>,
    /// `file:line:column`, when our panic hook saw it.
    pub(crate) location: Option<String>,
}
