//! All that is told of a campaign. Written as it is, this is the JSON report; the others are made from it alone.

mod aggregate;
mod junit;
mod ledger;
mod markdown;
mod output_files;
mod prose;
mod terminal;
#[cfg(test)]
mod test_data;

use serde::Serialize;

pub(super) use output_files::OutputFiles;
pub(super) use terminal::render;

use crate::stability::model::{Harness, LeftOut, Outcome, RunEnd};
use crate::stability::options::Order;
use crate::stability::stats::Interval;
use crate::stability::verdict::{FlakyPolicy, Tally, Verdict};

/// The version of the JSON report. Counts up when a field changes its meaning or goes.
const VERSION: u32 = 1;

/// The report. Rates are shares of 1, and times are seconds.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
    version: u32,
    campaign: CampaignPart,
    suites: Vec<SuitePart>,
    left_out: Vec<LeftOut>,
    tests: Vec<TestPart>,
    runs: Vec<RunPart>,
    /// Runs in which so many flaky tests failed that they are rather one event.
    together: Vec<JointFailure>,
    /// What does not add up in this report.
    faults: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
struct CampaignPart {
    seed: u64,
    /// At each level.
    runs: u32,
    levels: Vec<u32>,
    order: Order,
    started: String,
    finished: String,
    took_s: f64,
    planned_runs: usize,
    /// Runs that count: all that were not cut short.
    counted_runs: usize,
    interrupted: bool,
}

#[derive(Debug, Clone, Serialize)]
struct SuitePart {
    name: String,
    package: String,
    target: String,
    kind: String,
    harness: Harness,
    tests: usize,
    ignored: usize,
    not_selected: usize,
    counted_runs: u32,
    /// Of all its tests; `runs` counts each test in each run.
    results: Tally,
}

#[derive(Debug, Clone, Serialize)]
struct TestPart {
    suite: String,
    name: String,
    verdict: Verdict,
    levels: Vec<LevelPart>,
    total: Tally,
    /// Of the runs with a result. Absent if it never failed: no number of runs shows that a rate is 0.
    rate: Option<f64>,
    interval: Option<Interval>,
    exact_interval: Option<Interval>,
    upper_bound: Option<UpperBound>,
    differs_by_level: Option<Difference>,
    messages: Vec<FailureMessage>,
    /// In how many runs it was the last that was seen running, or one of them, when the process ended early.
    suspected: u32,
    again: Option<RerunCommands>,
}

#[derive(Debug, Clone, Serialize)]
struct LevelPart {
    level: u32,
    #[serde(flatten)]
    tally: Tally,
}

/// The rate that a test exceeds at most, although it never failed.
#[derive(Debug, Clone, Copy, Serialize)]
struct UpperBound {
    value: f64,
    confidence: f64,
}

/// Two levels at which the rates are not the same.
#[derive(Debug, Clone, Copy, Serialize)]
struct Difference {
    levels: [u32; 2],
    /// Fisher's exact test, adjusted for the pairs of levels and for the tests that failed.
    p: f64,
}

/// Failures that are the same but for numbers and the like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct FailureMessage {
    /// With placeholders.
    message: String,
    /// The first one, word for word.
    first: String,
    location: Option<String>,
    count: u32,
    /// How many of them passed when the suite tried them again.
    passed_later: u32,
    /// Of the first one.
    level: u32,
    seed: Option<u64>,
}

/// Commands that may show it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct RerunCommands {
    /// The whole run in which it happened first.
    run: String,
    /// The test by itself.
    alone: String,
}

#[derive(Debug, Clone, Serialize)]
struct RunPart {
    suite: String,
    level: u32,
    /// Absent where a suite takes none.
    seed: Option<u64>,
    outcome: Outcome,
    end: RunEnd,
    took_s: f64,
    failed: Vec<String>,
    lost: usize,
    suspects: Vec<String>,
    remarks: Vec<String>,
    last_words: String,
    again: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct JointFailure {
    suite: String,
    level: u32,
    seed: Option<u64>,
    /// How many.
    failed: usize,
}

impl Report {
    /// Whether the campaign found something that must not be.
    pub(super) fn is_red(&self, flaky_policy: FlakyPolicy) -> bool {
        self.tests.iter().any(|test| test.verdict.is_red(flaky_policy))
            || self.runs.iter().any(|run| run.outcome.is_fault())
            || !self.faults.is_empty()
    }

    fn with(&self, verdict: Verdict) -> impl Iterator<Item = &TestPart> {
        self.tests.iter().filter(move |test| test.verdict == verdict)
    }
}
