//! Records which tests failed and which passed, for `--last-failed`.

use std::collections::BTreeSet;

use crate::model::event::Event;
use crate::model::verdict::{FlakyResult, Tally};
use crate::os::last_failed::LastFailed;

/// Collects the names, and updates the file at the end of the run.
pub(crate) struct FailedTests {
    file: LastFailed,
    flaky: FlakyResult,
    failed: BTreeSet<&'static str>,
    passed: BTreeSet<&'static str>,
}

impl FailedTests {
    pub(crate) fn new(file: LastFailed, flaky: FlakyResult) -> Self {
        Self { file, flaky, failed: BTreeSet::new(), passed: BTreeSet::new() }
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

    /// Updates the file. A test that failed in one iteration has failed. An error is no error of the run: the file is a convenience, and the
    /// target directory may be read-only.
    pub(crate) fn finish(mut self) {
        self.passed.retain(|name| !self.failed.contains(name));
        let _ = self.file.update(&self.failed, &self.passed);
    }
}
