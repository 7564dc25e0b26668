//! The configuration of a run, from the command line, the environment and the defaults of the suite.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use swimlanes_core::backoff::{Backoff, RetryOn};

use crate::model::env_vars::Variables;
use crate::model::seed::Seed;
use crate::model::verdict::FlakyResult;

/// The order in which cases start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Order {
    /// With one worker, the order of the source; with several, the order that makes the run shortest.
    #[default]
    Planned,
    /// The reverse of the order of the source.
    Reversed,
    /// Random, from the seed of the run.
    Shuffled,
}

/// How cases are assigned to workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Dist {
    /// A free worker takes the next test
    #[default]
    Load,
    /// Tests of one module run on one worker, one after the other
    Loadscope,
    /// Tests of one group run on one worker; the same as `load`, which keeps groups together too
    Loadgroup,
    /// Each worker starts with a share of the list, and then takes tests from the shares of others
    Worksteal,
}

/// The part of the cases that this process runs: part `k` of `n`, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    pub(crate) k: NonZeroU32,
    pub(crate) n: NonZeroU32,
}

/// How cases are split into shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum ShardBy {
    /// In turn: the parts have equal numbers of tests
    #[default]
    Count,
    /// By the hash of the name: a new test does not move others to another part
    Hash,
    /// By the durations in the directory of `--history`, which must be the same on all machines: the parts take equally long
    Time,
}

/// Which test directories are kept after the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, serde::Serialize, serde::Deserialize)]
pub(crate) enum Keep {
    /// None
    #[default]
    None,
    /// Those of failed attempts; the report lists them
    Failed,
    /// All; the report lists them
    All,
}

/// Where the output of tests goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub(crate) enum Capture {
    /// Into the report, under the test that wrote it.
    #[default]
    PerTest,
    /// Directly to the terminal.
    Off,
    /// To the terminal, line by line, each line with its worker.
    Prefixed,
}

/// What happens if a test leaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, serde::Serialize, serde::Deserialize)]
pub(crate) enum Leak {
    /// The report lists the leaks
    #[default]
    Report,
    /// The test fails
    Fail,
    /// Leaks are not detected
    Ignore,
}

/// Where test bodies run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Isolation {
    /// On threads of one process, which is restarted if a test ends it
    #[default]
    Thread,
    /// Each worker is a process, which is replaced if a test ends it
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

/// What happens if no test is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum NoTests {
    /// The run passes
    #[default]
    Pass,
    /// The run fails with exit code 4
    Fail,
}

/// The part of the configuration that the run needs.
#[derive(Debug, Clone)]
pub(crate) struct RunConfig {
    pub(crate) workers: NonZeroU32,
    pub(crate) seed: Seed,
    pub(crate) order: Order,
    pub(crate) dist: Dist,
    /// How many times each case runs.
    pub(crate) iterations: NonZeroU32,
    /// For cases without their own.
    pub(crate) retries: u32,
    /// The number of attempts that cargo-nextest has made before, in other processes.
    pub(crate) earlier_attempts: u32,
    /// Whether cargo-nextest retries the tests.
    pub(crate) nextest_retries: bool,
    pub(crate) retry_on: RetryOn,
    pub(crate) retry_backoff: Backoff,
    /// For cases without their own.
    pub(crate) timeout: Option<Duration>,
    /// Whether tests have timeouts at all; `--timeout none` disables them.
    pub(crate) has_timeouts: bool,
    /// `--ensure-time`: a test that passes after this time or later fails.
    pub(crate) ensure_time: Option<Duration>,
    /// After this time, an attempt is reported as slow.
    pub(crate) slow_after: Duration,
    /// The limit for the teardown of each fixture of a worker or a process.
    pub(crate) teardown_timeout: Duration,
    /// The limit for the whole run.
    pub(crate) run_timeout: Option<Duration>,
    /// After this many failures, no further case starts.
    pub(crate) maxfail: Option<NonZeroU32>,
    pub(crate) flaky: FlakyResult,
    pub(crate) keep: Keep,
    pub(crate) leak: Leak,
    pub(crate) isolation: Isolation,
    /// Whether each attempt runs on its own thread.
    pub(crate) fresh_threads: bool,
    /// The process that the run ends with; `None` under cargo-nextest.
    pub(crate) runner: Option<u32>,
    /// Variables for the environment of processes that run tests.
    pub(crate) variables: Variables,
    pub(crate) capture: Capture,
    /// Whether the start of an attempt is an event.
    pub(crate) tell_starts: bool,
}

/// The format of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    #[default]
    Pretty,
    Terse,
    Json,
    #[cfg(feature = "junit")]
    JUnit,
}

/// The part of the configuration that the reporters need.
#[derive(Debug, Clone)]
pub(crate) struct ReportConfig {
    pub(crate) format: Format,
    pub(crate) color: anstream::ColorChoice,
    pub(crate) show_output: bool,
    pub(crate) report_time: bool,
    /// How many of the slowest tests the report lists; `None`: at most ten, of those that took a second or more.
    pub(crate) durations: Option<u32>,
    pub(crate) events: Option<PathBuf>,
    #[cfg(feature = "junit")]
    pub(crate) junit: Option<PathBuf>,
    /// The name of the suite: package and target.
    #[cfg(feature = "junit")]
    pub(crate) suite: String,
    pub(crate) logfile: Option<PathBuf>,
    /// A file for the warnings of the run.
    pub(crate) warnings: Option<PathBuf>,
    pub(crate) flaky: FlakyResult,
    pub(crate) progress: ProgressDisplay,
}

/// Whether the tests that run are shown live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ProgressDisplay {
    Shown,
    #[default]
    Hidden,
}
