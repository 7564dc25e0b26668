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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}
