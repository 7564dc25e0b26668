//! What a report contains. Written as it is, this is the JSON report; the others are made from it alone.

use serde::Serialize;

use crate::stability::model::{ExcludedSuite, Harness, Outcome, RunEnd};
use crate::stability::options::Order;
use crate::stability::stats::Interval;
use crate::stability::verdict::{FlakyPolicy, Tally, Verdict};

/// The version of the JSON report. Counts up when a field changes its meaning or goes.
pub(super) const VERSION: u32 = 1;

/// The report. Rates are shares of 1, and times are seconds.
#[derive(Debug, Clone, Serialize)]
pub(in crate::stability) struct Report {
    pub(super) version: u32,
    pub(super) campaign: CampaignPart,
    pub(super) suites: Vec<SuitePart>,
    pub(super) left_out: Vec<ExcludedSuite>,
    pub(super) tests: Vec<TestPart>,
    pub(super) runs: Vec<RunPart>,
    /// Runs in which so many flaky tests failed that they are rather one event.
    pub(super) together: Vec<JointFailure>,
    /// What does not add up in this report.
    pub(super) faults: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct CampaignPart {
    pub(super) seed: u64,
    /// At each level.
    pub(super) runs: u32,
    pub(super) levels: Vec<u32>,
    pub(super) order: Order,
    pub(super) started: String,
    pub(super) finished: String,
    pub(super) took_s: f64,
    pub(super) planned_runs: usize,
    /// Runs that count: all that were not cut short.
    pub(super) counted_runs: usize,
    pub(super) interrupted: bool,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct SuitePart {
    pub(super) name: String,
    pub(super) package: String,
    pub(super) target: String,
    pub(super) kind: String,
    pub(super) harness: Harness,
    pub(super) tests: usize,
    pub(super) ignored: usize,
    pub(super) not_selected: usize,
    pub(super) counted_runs: u32,
    /// Of all its tests; `runs` counts each test in each run.
    pub(super) results: Tally,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct TestPart {
    pub(super) suite: String,
    pub(super) name: String,
    pub(super) verdict: Verdict,
    pub(super) levels: Vec<LevelPart>,
    pub(super) total: Tally,
    /// Of the runs with a result. Absent if it never failed: no number of runs shows that a rate is 0.
    pub(super) rate: Option<f64>,
    pub(super) interval: Option<Interval>,
    pub(super) exact_interval: Option<Interval>,
    pub(super) upper_bound: Option<UpperBound>,
    pub(super) differs_by_level: Option<Difference>,
    pub(super) messages: Vec<FailureMessage>,
    /// In how many runs it was the last that was seen running, or one of them, when the process ended early.
    pub(super) suspected: u32,
    pub(super) again: Option<RerunCommands>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct LevelPart {
    pub(super) level: u32,
    #[serde(flatten)]
    pub(super) tally: Tally,
}

/// The rate that a test exceeds at most, although it never failed.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct UpperBound {
    pub(super) value: f64,
    pub(super) confidence: f64,
}

/// Two levels at which the rates are not the same.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Difference {
    pub(super) levels: [u32; 2],
    /// Fisher's exact test, adjusted for the pairs of levels and for the tests that failed.
    pub(super) p: f64,
}

/// Failures that are the same but for numbers and the like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct FailureMessage {
    /// With placeholders.
    pub(super) message: String,
    /// The first one, word for word.
    pub(super) first: String,
    pub(super) location: Option<String>,
    pub(super) count: u32,
    /// How many of them passed when the suite tried them again.
    pub(super) passed_later: u32,
    /// Of the first one.
    pub(super) level: u32,
    pub(super) seed: Option<u64>,
}

/// Commands that may show it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RerunCommands {
    /// The whole run in which it happened first.
    pub(super) run: String,
    /// The test by itself.
    pub(super) alone: String,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct RunPart {
    pub(super) suite: String,
    pub(super) level: u32,
    /// Absent where a suite takes none.
    pub(super) seed: Option<u64>,
    pub(super) outcome: Outcome,
    pub(super) end: RunEnd,
    pub(super) took_s: f64,
    pub(super) failed: Vec<String>,
    pub(super) lost: usize,
    pub(super) suspects: Vec<String>,
    pub(super) remarks: Vec<String>,
    pub(super) last_words: String,
    pub(super) again: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct JointFailure {
    pub(super) suite: String,
    pub(super) level: u32,
    pub(super) seed: Option<u64>,
    /// How many.
    pub(super) failed: usize,
}

impl Report {
    /// Whether the campaign found something that must not be.
    pub(in crate::stability) fn is_red(&self, flaky_policy: FlakyPolicy) -> bool {
        self.tests.iter().any(|test| test.verdict.is_red(flaky_policy))
            || self.runs.iter().any(|run| run.outcome.is_fault())
            || !self.faults.is_empty()
    }

    pub(super) fn with(&self, verdict: Verdict) -> impl Iterator<Item = &TestPart> {
        self.tests.iter().filter(move |test| test.verdict == verdict)
    }
}
