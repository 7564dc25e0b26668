//! The records that a suite writes with `--events FILE`: one JSON object per line. This module is the only definition of their form: the
//! library writes these types, `cargo xtask stability` and the tests read them. For programs in other languages, `events.schema.json`, next
//! to this crate's manifest, describes them as a JSON schema.
//!
//! Times are in nanoseconds. Points in time are relative to the start of the run. A field without a value is omitted, unless the
//! documentation of the field says that it is null.
//!
//! A reader must ignore fields, events and reasons that it does not know: they can be added without a new [`VERSION`].
//!
//! ```
//! use swimlanes_core::events::Record;
//!
//! let line = r#"{"event":"diagnostic","message":"a directory is still there","severity":"note","more":1}"#;
//! let Record::Diagnostic(diagnostic) = serde_json::from_str(line)? else { unreachable!("its kind is another") };
//! assert_eq!(diagnostic.message, "a directory is still there");
//! # Ok::<(), serde_json::Error>(())
//! ```

mod result;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use result::{AttemptOutcome, CaseVerdict, FailureKind, FailureRecord, NotRunReason};

/// The version of the records, and of the output of `--list --format json`. It is incremented when a field is removed or changes its
/// meaning.
pub const VERSION: u32 = 1;

/// The version in the first record of a file, without the other fields of that record. A program that supports another version stops there.
///
/// ```
/// use swimlanes_core::events::{VERSION, Versioned};
///
/// let Versioned { version } = serde_json::from_str(r#"{"event":"run_started","version":1}"#)?;
/// assert_eq!(version, VERSION);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Versioned {
    /// Equal to [`VERSION`] if this crate can read the file.
    pub version: u32,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Record<'a> {
    /// The first record.
    RunStarted(RunStarted<'a>),
    /// A worker started an attempt.
    AttemptStarted(AttemptStarted<'a>),
    /// An attempt ended.
    AttemptFinished(AttemptFinished<'a>),
    /// The result of a test. Each planned test has exactly one in each iteration.
    CaseFinished(CaseFinished<'a>),
    /// A directory was kept for inspection.
    Kept(Kept<'a>),
    /// An attempt has exceeded `--slow-after`.
    Slow(Slow<'a>),
    /// A thread of a test wrote this after the attempt had ended.
    LateOutput(LateOutput<'a>),
    /// A problem outside of any test.
    Diagnostic(Diagnostic<'a>),
    /// The last record.
    RunFinished(RunFinished),
    /// An event that this version of the crate does not know. It is never written.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// The settings of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStarted<'a> {
    /// The [`VERSION`] of all records of the file.
    pub version: u32,
    /// The name of the run.
    pub run: Cow<'a, str>,
    /// The suite, as cargo-nextest names it: `shop`, `shop::api`, `shop::bin/till`. It is unknown in a suite with its own `main`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<Cow<'a, str>>,
    /// All random choices of the run are derived from it.
    pub seed: u64,
    /// Whether the seed decides the order of the tests.
    pub shuffled: bool,
    /// The number of workers.
    pub workers: u32,
    /// The number of `case_finished` records that will follow.
    pub planned: u64,
    /// The number of iterations: `--repeat`.
    pub iterations: u32,
    /// The number of tests that filters excluded.
    pub filtered_out: u64,
    /// Whether the records contain the output of tests; otherwise it went to the terminal.
    pub captured: bool,
    /// The command that runs one test again, without the name of the test.
    pub again: Cow<'a, str>,
}

/// A test in one iteration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestOfIteration<'a> {
    /// The index of the test in the plan.
    pub case: u32,
    /// Its name.
    pub name: Cow<'a, str>,
    /// The iteration, from 1.
    pub iteration: u32,
}

/// An attempt, and the worker that runs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptOfTest<'a> {
    /// Its test.
    #[serde(flatten)]
    pub test: TestOfIteration<'a>,
    /// Its number, from 1.
    pub attempt: u32,
    /// The slot of the worker, from 0.
    pub worker: u32,
}

/// The start of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptStarted<'a> {
    /// The attempt.
    #[serde(flatten)]
    pub attempt: AttemptOfTest<'a>,
    /// When it started.
    pub at_ns: u64,
}

/// A duration, and the part of it that was spent in fixtures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// The whole duration.
    pub took_ns: u64,
    /// The part in which fixtures were set up or torn down; 0, and omitted, if there was none or it is unknown.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub in_fixtures_ns: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// The number of leaks of an attempt, and the names of some of them, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeakCounts {
    /// Threads.
    pub threads: u32,
    /// Child processes.
    pub processes: u32,
    /// File descriptors.
    pub descriptors: u32,
    /// Files in the directory of the worker.
    pub files: u32,
    /// The names of threads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thread_names: Vec<String>,
    /// The command lines of child processes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// The files and other objects that descriptors refer to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
}

/// The end of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptFinished<'a> {
    /// The attempt.
    #[serde(flatten)]
    pub attempt: AttemptOfTest<'a>,
    /// When it started.
    pub at_ns: u64,
    /// The duration.
    #[serde(flatten)]
    pub took: Timing,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: AttemptOutcome<'a>,
    /// The leaks, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaks: Option<LeakCounts>,
    /// Its output to stdout and stderr. Bytes that are not UTF-8 are replaced.
    pub output: Cow<'a, str>,
}

/// The test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFinished<'a> {
    /// Which test.
    #[serde(flatten)]
    pub test: TestOfIteration<'a>,
    /// Its result.
    #[serde(flatten)]
    pub verdict: CaseVerdict<'a>,
    /// The worker of the last attempt; null if there was no attempt.
    pub worker: Option<u32>,
    /// The number of attempts.
    pub attempts: u32,
    /// How long it waited although a worker was free, because a constraint was not met.
    pub queued_ns: u64,
    /// The duration of all attempts.
    #[serde(flatten)]
    pub took: Timing,
    /// Whether it has `#[should_panic]`.
    pub should_panic: bool,
    /// The leaks of the last attempt, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaks: Option<LeakCounts>,
}

/// A directory that was kept for inspection: `--keep`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept<'a> {
    /// The test that used it.
    #[serde(flatten)]
    pub test: TestOfIteration<'a>,
    /// The path. Bytes that are not UTF-8 are replaced.
    pub path: Cow<'a, str>,
}

/// An attempt that has exceeded `--slow-after`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slow<'a> {
    /// The attempt.
    #[serde(flatten)]
    pub attempt: AttemptOfTest<'a>,
    /// The limit that it has exceeded.
    pub after_ns: u64,
    /// The id of its process.
    pub process: u32,
    /// The name of its thread.
    pub thread: Cow<'a, str>,
}

/// Output after the end of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateOutput<'a> {
    /// The test that started the thread.
    #[serde(flatten)]
    pub test: TestOfIteration<'a>,
    /// The number of the attempt, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The output.
    pub output: Cow<'a, str>,
}

/// A problem outside of any test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic<'a> {
    /// The problem.
    pub message: Cow<'a, str>,
    /// The effect on the run.
    pub severity: Severity,
}

/// The effect of a problem on the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The run is not affected.
    Note,
    /// Code of the suite failed outside of a test: the run fails.
    Failure,
    /// The harness failed: the results cannot be trusted.
    Fault,
}

/// The end of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFinished {
    /// The duration.
    pub took_ns: u64,
    /// Why it ended before all tests had run; null if it did not.
    pub stopped: Option<StopReason>,
}

/// Why a run ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// As many tests failed as `--max-fail` allows.
    TooManyFailures,
    /// Ctrl-C, or a signal that asks the process to exit.
    Interrupted,
    /// `--run-timeout`.
    OutOfTime,
    /// The harness failed.
    Broken,
    /// A reason that this version of the crate does not know. It is never written.
    #[serde(other, skip_serializing)]
    Unknown,
}

#[cfg(test)]
mod tests;
