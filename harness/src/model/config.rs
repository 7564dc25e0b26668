//! What a run was asked to do: the command line, the environment and the suite's own defaults, settled into values.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use swimlanes_core::backoff::{Backoff, RetryOn};

use crate::model::env_vars::Variables;
use crate::model::seed::Seed;
use crate::model::verdict::FlakyResult;

/// In which order the cases are taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Order {
    /// One worker: as they stand in the source. Several: what shortens the run.
    #[default]
    Planned,
    /// The other way round.
    Reversed,
    /// Drawn from the run's seed.
    Shuffled,
}

/// How cases are dealt to workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Dist {
    /// Whoever is free takes the next one
    #[default]
    Load,
    /// Tests of one module run on one worker, one after the other
    Loadscope,
    /// Tests of one group run on one worker; as `load`, which keeps groups together too
    Loadgroup,
    /// Each worker has a share of the list, and takes from the others' when it is through
    Worksteal,
}

/// Which part of the cases this process runs: part `k` of `n`, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    pub(crate) k: NonZeroU32,
    pub(crate) n: NonZeroU32,
}

/// What becomes of test directories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, serde::Serialize, serde::Deserialize)]
pub(crate) enum Keep {
    /// All are removed
    #[default]
    None,
    /// Those of failed attempts stay, and are named
    Failed,
    /// All stay, and are named
    All,
}

/// Where the output of the tests goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub(crate) enum Capture {
    /// Under the test that wrote it.
    #[default]
    PerTest,
    /// Straight to the terminal.
    Off,
    /// To the terminal at once, line by line, each with its worker before it.
    Prefixed,
}

/// What it means that a test leaves something behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, serde::Serialize, serde::Deserialize)]
pub(crate) enum Leak {
    /// It is told
    #[default]
    Report,
    /// The test fails
    Fail,
    /// Nobody looks
    Ignore,
}

/// Where test bodies run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Isolation {
    /// On threads of one process, which is started again if a test ends it
    #[default]
    Thread,
    /// Each worker is a process; one that a test ends is replaced
    Process,
    /// Each attempt is a process
    Test,
    /// On threads of this process: for debuggers
    None,
}

impl Isolation {
    /// Whether workers are threads of one process.
    pub(crate) fn is_of_threads(self) -> bool {
        matches!(self, Self::Thread | Self::None)
    }
}

/// What it means that no test was left to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum NoTests {
    /// The run is green
    #[default]
    Pass,
    /// The run is red, with exit code 4
    Fail,
}

/// What the run itself needs to know.
#[derive(Debug, Clone)]
pub(crate) struct RunConfig {
    pub(crate) workers: NonZeroU32,
    pub(crate) seed: Seed,
    pub(crate) order: Order,
    pub(crate) dist: Dist,
    /// How often each case runs.
    pub(crate) iterations: NonZeroU32,
    /// For cases that do not say themselves.
    pub(crate) retries: u32,
    /// What cargo-nextest has tried before, in other processes.
    pub(crate) earlier_attempts: u32,
    pub(crate) retry_on: RetryOn,
    pub(crate) retry_backoff: Backoff,
    /// For cases that do not say themselves.
    pub(crate) timeout: Option<Duration>,
    /// `--ensure-time`: a pass that took this long, or longer, is a failure.
    pub(crate) ensure_time: Option<Duration>,
    /// When somebody is to hear that an attempt still runs.
    pub(crate) slow_after: Duration,
    /// How long the whole run may take.
    pub(crate) run_timeout: Option<Duration>,
    /// After so many failures no case is started.
    pub(crate) maxfail: Option<NonZeroU32>,
    pub(crate) flaky: FlakyResult,
    pub(crate) keep: Keep,
    pub(crate) leak: Leak,
    pub(crate) isolation: Isolation,
    /// The process whose end is that of the run; `None`: cargo-nextest.
    pub(crate) runner: Option<u32>,
    /// Of processes that run tests.
    pub(crate) variables: Variables,
    pub(crate) capture: Capture,
    /// Somebody wants to hear of attempts that start.
    pub(crate) tell_starts: bool,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    #[default]
    Pretty,
    Terse,
    Json,
}

/// What the reporters need to know.
#[derive(Debug, Clone)]
pub(crate) struct ReportConfig {
    pub(crate) format: Format,
    pub(crate) color: anstream::ColorChoice,
    pub(crate) show_output: bool,
    pub(crate) report_time: bool,
    /// How many of the slowest tests are named; `None`: those that took a second or more, ten at most.
    pub(crate) durations: Option<u32>,
    pub(crate) events: Option<PathBuf>,
    pub(crate) logfile: Option<PathBuf>,
    pub(crate) flaky: FlakyResult,
    pub(crate) progress: ProgressDisplay,
}

/// Whether running tests are shown live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ProgressDisplay {
    Shown,
    #[default]
    Hidden,
}
