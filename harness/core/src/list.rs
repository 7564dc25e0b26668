//! The lines of `--list --format json`: one JSON object per line, first one for the suite, then one for each test. The library writes these
//! types, and `cargo xtask stability` reads them.
//!
//! A reader must ignore fields that it does not know: they can be added without a new [`VERSION`](crate::events::VERSION).
//!
//! ```
//! use swimlanes_core::list::ListRecord;
//!
//! let line = r#"{"type":"test","name":"pays","ignored":false,"file":"tests/shop.rs","line":3,"tags":["serial"],"more":1}"#;
//! let ListRecord::Test(test) = serde_json::from_str(line)? else { unreachable!("it is a test") };
//! assert_eq!((test.name.as_ref(), test.line), ("pays", 3));
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::attributes::LockNamespace;

/// The [`harness`](ListedSuite::harness) of a suite on swimlanes.
pub const HARNESS: &str = "swimlanes";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ListRecord<'a> {
    /// The first line.
    Suite(ListedSuite<'a>),
    /// A test.
    Test(ListedTest<'a>),
}

/// The suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedSuite<'a> {
    /// [`HARNESS`]. Another program can print lines of the same form.
    pub harness: Cow<'a, str>,
    /// The [version](crate::events::VERSION) of all lines.
    pub version: u32,
    /// The number of lines that follow.
    pub test_count: usize,
}

/// A test that the selection contains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedTest<'a> {
    /// The name, with its modules.
    pub name: Cow<'a, str>,
    /// Whether the test has the attribute `ignore`.
    pub ignored: bool,
    /// The file with its function, as the compiler writes the path.
    pub file: Cow<'a, str>,
    /// The line of its function, from 1.
    pub line: u32,
    /// The names with which `group(…)` of a filterset finds the test.
    pub tags: Vec<Cow<'a, str>>,
    /// What must be free before it starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<ListedConstraint<'a>>,
    /// The tests of a group run one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Cow<'a, str>>,
    /// The timeout of its body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ns: Option<u64>,
    /// How a failed attempt is retried, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<ListedRetries>,
    /// Whether it takes longer than most tests, so that it should start early.
    #[serde(default, skip_serializing_if = "is_false")]
    pub slow: bool,
}

/// How a failed attempt is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedRetries {
    /// The number of retries.
    pub count: u32,
    /// The delay before the first retry; 0 if there is none.
    pub delay_ns: u64,
    /// Whether the delay doubles with each retry.
    pub exponential: bool,
    /// The longest delay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_delay_ns: Option<u64>,
    /// Whether the retries run after all other tests, with no other test at the same time.
    pub alone: bool,
}

/// What must be free before a test starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ListedConstraint<'a> {
    /// `serial`: no other serial test of the run.
    Serial,
    /// `no_parallel`: no other test of the run.
    NoParallel,
    /// A named lock.
    Lock(ListedLock<'a>),
    /// A kind that this version of the crate does not know. It is never written.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// A named lock, and how much of it the test takes: all of it, unless it is shared or has units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedLock<'a> {
    /// The set of names that the lock belongs to.
    pub namespace: LockNamespace,
    /// The name.
    pub name: Cow<'a, str>,
    /// Whether other tests with shared use of the lock can run at the same time.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shared: bool,
    /// The number of units that the test takes of a counted resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<u32>,
    /// The number of units of a counted resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
}

fn is_false(value: &bool) -> bool {
    !value
}
