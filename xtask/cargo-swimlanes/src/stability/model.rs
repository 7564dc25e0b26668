//! A campaign and its results: plain values that do not change after their creation.

use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::stability::options::Order;
use crate::suite::binary::{Binary, Harness, RunEnd};

/// The selection of a suite's listed tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Narrowing {
    /// All of them.
    #[default]
    None,
    /// These.
    Only(Vec<String>),
    /// All except these.
    Without(Vec<String>),
}

/// A test binary with the tests that it runs in each run.
#[derive(Debug, Clone)]
pub(super) struct Suite {
    pub(super) binary: Binary,
    pub(super) harness: Harness,
    /// In the order in which the suite lists them.
    pub(super) tests: Vec<String>,
    /// Listed, but ignored.
    pub(super) ignored: usize,
    /// Listed, but not selected.
    pub(super) not_selected: usize,
    pub(super) narrowing: Narrowing,
}

/// A binary that is not part of the campaign, although it is a test target of cargo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ExcludedSuite {
    pub(super) suite: String,
    pub(super) why: String,
}

/// How a test failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) message: String,
    /// `file:line:column`.
    pub(super) location: Option<String>,
    /// The test passed in a retry of the suite.
    pub(super) passed_later: bool,
}

/// The result of a test in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TestResult {
    Passed,
    Failed(Failure),
    /// It requested to be skipped, or its suite does not run it here.
    Skipped,
    /// The run ended without a result. Never counts as a success.
    Lost,
}

/// The outcome of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Passed,
    Failed,
    /// It ended without the results of all tests.
    Crashed,
    TimedOut,
    /// Its reports contradict each other, or its harness failed.
    Untrusted,
    /// By Ctrl-C. It does not count.
    Interrupted,
}

/// A planned run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlannedRun {
    /// Index into the suites.
    pub(super) suite: usize,
    /// The number of workers.
    pub(super) level: u32,
    pub(super) seed: u64,
}

/// A run that has ended.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) planned: PlannedRun,
    pub(super) outcome: Outcome,
    pub(super) end: RunEnd,
    pub(super) took: Duration,
    /// One for each test of the suite, in its order.
    pub(super) results: Vec<TestResult>,
    /// Indices of tests that had started and not ended when the process ended.
    pub(super) suspects: Vec<usize>,
    /// Problems of the run as a whole.
    pub(super) remarks: Vec<String>,
    /// The last lines of stderr, if the run did not end regularly.
    pub(super) last_words: String,
}

/// A campaign with its runs.
#[derive(Debug, Clone)]
pub(super) struct Campaign {
    pub(super) seed: u64,
    /// The number of runs at each level.
    pub(super) runs: u32,
    pub(super) levels: Vec<u32>,
    pub(super) order: Order,
    pub(super) started: SystemTime,
    pub(super) took: Duration,
    pub(super) suites: Vec<Suite>,
    pub(super) left_out: Vec<ExcludedSuite>,
    /// The number of planned runs.
    pub(super) n_planned: usize,
    pub(super) done: Vec<Run>,
    pub(super) is_interrupted: bool,
    /// The arguments with which `cargo test` builds the same suites.
    pub(super) build_words: Vec<String>,
    /// The arguments of every suite.
    pub(super) suite_arguments: Vec<String>,
}

impl Outcome {
    /// Whether the run has results that count.
    pub(super) fn counts(self) -> bool {
        match self {
            Self::Passed | Self::Failed | Self::Crashed | Self::TimedOut | Self::Untrusted => true,
            Self::Interrupted => false,
        }
    }

    /// Whether the run has a problem that is not a failed test.
    pub(super) fn is_fault(self) -> bool {
        match self {
            Self::Crashed | Self::TimedOut | Self::Untrusted => true,
            Self::Passed | Self::Failed | Self::Interrupted => false,
        }
    }

    /// The text of the outcome.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed out",
            Self::Untrusted => "cannot be trusted",
            Self::Interrupted => "interrupted",
        }
    }
}

impl TestResult {
    /// Whether the test failed, even if it passed in a retry.
    pub(super) fn is_failure(&self) -> bool {
        match self {
            Self::Failed(_) => true,
            Self::Passed | Self::Skipped | Self::Lost => false,
        }
    }
}

impl Suite {
    /// The seed, if the harness of this suite takes one.
    pub(super) fn seed_of(&self, planned: &PlannedRun) -> Option<u64> {
        match self.harness {
            Harness::Swimlanes => Some(planned.seed),
            Harness::Libtest => None,
        }
    }
}

impl Run {
    /// The number of tests without a result.
    pub(super) fn n_lost(&self) -> usize {
        self.results.iter().filter(|result| **result == TestResult::Lost).count()
    }
}
