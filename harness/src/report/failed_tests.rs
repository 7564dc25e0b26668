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
    passed: Names,
}

impl FailedTests {
    pub(crate) fn new(flaky: FlakyResult) -> Self {
        Self { flaky, failed: Names::new(), passed: Names::new() }
    }

    pub(crate) fn handle(&mut self, event: &Event) {
        let Event::CaseFinished(finished) = event else { return };
        let name = finished.test_id.name;
        match finished.verdict.counts_as(self.flaky) {
            Tally::Failed => _ = self.failed.insert(name),
            Tally::Passed => _ = self.passed.insert(name),
            Tally::Skipped | Tally::NotRun => {}
        }
    }

    /// The tests that failed, and those that passed. A test that failed in one iteration has failed.
    pub(crate) fn finish(mut self) -> (Names, Names) {
        self.passed.retain(|name| !self.failed.contains(name));
        (self.failed, self.passed)
    }
}
