//! Collects the results of the tests for the history of the suite.

use crate::model::event::Event;
use crate::model::history::{Observation, PastResult};
use crate::model::verdict::{FlakyResult, Tally};

/// Collects the results.
pub(crate) struct Observed {
    flaky: FlakyResult,
    /// In the order of the results.
    results: Vec<Observation>,
}

impl Observed {
    pub(crate) fn new(flaky: FlakyResult) -> Self {
        Self { flaky, results: Vec::new() }
    }

    pub(crate) fn handle(&mut self, event: &Event) {
        let Event::CaseFinished(finished) = event else { return };
        let result = match finished.verdict.counts_as(self.flaky) {
            Tally::Failed => PastResult::Failed,
            Tally::Passed if finished.verdict.is_flaky() => PastResult::Flaky,
            Tally::Passed => PastResult::Passed,
            Tally::Skipped | Tally::NotRun => return,
        };
        let took = finished.took.all / finished.attempts.max(1);
        self.results.push(Observation { name: finished.test_id.name, result, took });
    }

    /// The results. Those of a test that failed in one iteration are last, so that it has failed.
    pub(crate) fn finish(mut self) -> Vec<Observation> {
        self.results.sort_by_key(|observation| observation.result == PastResult::Failed);
        self.results
    }
}
