//! The content of a report. Serialized, it is the JSON report; the other reports are made only from it.

use serde::Serialize;

use crate::stability::model::{ExcludedSuite, Outcome};
use crate::stability::options::Order;
use crate::stability::stats::Interval;
use crate::stability::verdict::{FlakyPolicy, Tally, Verdict};
use crate::suite::binary::{Harness, RunEnd};

/// The version of the JSON report. It is incremented when a field is removed or changes its meaning.
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
    /// Runs in which so many flaky tests failed that the failures probably have one cause.
    pub(super) together: Vec<JointFailure>,
    /// Contradictions in this report.
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
    /// Runs that count: all that were not interrupted.
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
    /// The sum of all its tests; `runs` counts each test in each run.
    pub(super) results: Tally,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct TestPart {
    pub(super) suite: String,
    pub(super) name: String,
    pub(super) verdict: Verdict,
    pub(super) levels: Vec<LevelPart>,
    pub(super) total: Tally,
    /// Among the runs with a result. Absent if the test never failed: no number of runs proves that a rate is 0.
    pub(super) rate: Option<f64>,
    pub(super) interval: Option<Interval>,
    pub(super) exact_interval: Option<Interval>,
    pub(super) upper_bound: Option<UpperBound>,
    pub(super) differs_by_level: Option<Difference>,
    pub(super) messages: Vec<FailureMessage>,
    /// The number of runs whose process ended early while this test was running, as far as is known.
    pub(super) suspected: u32,
    pub(super) again: Option<RerunCommands>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct LevelPart {
    pub(super) level: u32,
    #[serde(flatten)]
    pub(super) tally: Tally,
}

/// The maximum rate of a test that never failed.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct UpperBound {
    pub(super) value: f64,
    pub(super) confidence: f64,
}

/// Two levels with different rates.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Difference {
    pub(super) levels: [u32; 2],
    /// Fisher's exact test, adjusted for the number of pairs of levels and of tests that failed.
    pub(super) p: f64,
}

/// Failures that differ only in numbers and similar parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct FailureMessage {
    /// The message with placeholders.
    pub(super) message: String,
    /// The original message of the first one.
    pub(super) first: String,
    pub(super) location: Option<String>,
    pub(super) count: u32,
    /// How many of them passed in a retry.
    pub(super) passed_later: u32,
    /// The level of the first one.
    pub(super) level: u32,
    pub(super) seed: Option<u64>,
}

/// Commands that may reproduce it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RerunCommands {
    /// The whole run in which it first happened.
    pub(super) run: String,
    /// The test alone.
    pub(super) alone: String,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct RunPart {
    pub(super) suite: String,
    pub(super) level: u32,
    /// Absent if the suite takes no seed.
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
    /// The number of failed tests.
    pub(super) failed: usize,
}

impl Report {
    /// Whether the campaign fails.
    pub(in crate::stability) fn is_red(&self, flaky_policy: FlakyPolicy) -> bool {
        self.tests.iter().any(|test| test.verdict.is_red(flaky_policy))
            || self.runs.iter().any(|run| run.outcome.is_fault())
            || !self.faults.is_empty()
    }

    pub(super) fn with(&self, verdict: Verdict) -> impl Iterator<Item = &TestPart> {
        self.tests.iter().filter(move |test| test.verdict == verdict)
    }
}
