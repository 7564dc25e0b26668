//! What a suite told of its tests in one run, whichever language it spoke. Reads, and judges nothing.

pub(super) mod events;
pub(super) mod libtest;

use std::collections::BTreeMap;

use crate::stability::model::Failure;

/// What was said of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReportedResult {
    Passed,
    Failed(Failure),
    Skipped,
    /// It did not run, and the suite said so.
    NotRun,
}

/// What a run told. May be less than all, after a crash, but never more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ParsedRun {
    /// By the test's name.
    pub(super) reported: BTreeMap<String, ReportedResult>,
    /// Tests that had started when the record broke off.
    pub(super) open: Vec<String>,
    /// What went wrong outside of any test, and what cannot be read.
    pub(super) remarks: Vec<String>,
}
