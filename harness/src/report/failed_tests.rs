//! Collects which tests failed and which passed, for `--last-failed`.

use std::collections::BTreeSet;

use crate::model::event::Event;
use crate::model::verdict::{FlakyResult, Tally};

/// Names of tests.
pub(crate) type Names = BTreeSet<&'static str>;

/// Collects the names.
pub(crate) struct FailedTests {
    flaky: FlakyResult,
    failed: Names,
    /// In the order of the results: sorting all names would cost more than it gains, as there is nearly never a file to change.
    passed: Vec<&'static str>,
}

impl FailedTests {
    pub(crate) fn new(flaky: FlakyResult) -> Self {
        Self { flaky, failed: Names::new(), passed: Vec::new() }
    }

    pub(crate) fn handle(&mut self, event: &Event) {
        let Event::CaseFinished(finished) = event else { return };
        let name = finished.test_id.name;
        match finished.verdict.counts_as(self.flaky) {
            Tally::Failed => _ = self.failed.insert(name),
            Tally::Passed => self.passed.push(name),
            Tally::Skipped | Tally::NotRun => {}
        }
    }

    /// The tests that failed, and those that passed. A test that failed in one iteration has failed.
    pub(crate) fn finish(mut self) -> (Names, Vec<&'static str>) {
        if !self.failed.is_empty() {
            self.passed.retain(|name| !self.failed.contains(name));
        }
        (self.failed, self.passed)
    }
}
