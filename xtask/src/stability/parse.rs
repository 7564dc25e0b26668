//! Reads what a suite reported in one run, in each format. Judges nothing.

pub(super) mod events;
pub(super) mod libtest;

use std::collections::BTreeMap;

use crate::stability::model::Failure;

/// What a suite reports of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReportedResult {
    Passed,
    Failed(Failure),
    Skipped,
    /// It did not run, as the suite reports.
    NotRun,
}

/// What a run reported. After a crash it may be incomplete, but it is never wrong.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ParsedRun {
    /// By the test's name.
    pub(super) reported: BTreeMap<String, ReportedResult>,
    /// Tests that had started when the record broke off.
    pub(super) open: Vec<String>,
    /// What went wrong outside of any test, and what cannot be read.
    pub(super) remarks: Vec<String>,
}
