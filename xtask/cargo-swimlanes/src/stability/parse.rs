//! Reads the reports of a suite's run, in each format. Judges nothing.

pub(super) mod events;
pub(super) mod libtest;

use std::collections::BTreeMap;

use crate::stability::model::Failure;

/// The result of a test that a suite reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReportedResult {
    Passed,
    Failed(Failure),
    Skipped,
    /// It did not run, as the suite reports.
    NotRun,
}

/// The reports of a run. After a crash they may be incomplete, but they are never wrong.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ParsedRun {
    /// By the test's name.
    pub(super) reported: BTreeMap<String, ReportedResult>,
    /// Tests that had started when the output ended.
    pub(super) open: Vec<String>,
    /// Problems outside of any test, and lines that cannot be read.
    pub(super) remarks: Vec<String>,
}
