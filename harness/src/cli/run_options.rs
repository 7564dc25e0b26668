//! The options that decide how tests run, and their values.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use swimlanes_core::backoff::{self, Backoff, RetryOn};
use swimlanes_core::time;

use crate::model::config::{Dist, Isolation, Keep, Leak};
use crate::model::seed::Seed;

/// The heading of the options that libtest does not have.
pub(crate) const OURS: &str = "Options of swimlanes";

/// The options of swimlanes that decide how tests run, and not which tests run.
#[derive(Debug, Default, Args)]
pub(crate) struct RunOptions {
    /// Run the tests in random order
    #[arg(long)]
    pub(crate) shuffle: bool,

    /// Run the tests in the random order of this seed
    #[arg(long, value_name = "SEED")]
    pub(crate) shuffle_seed: Option<u64>,

    /// Show the duration of each test
    #[arg(long)]
    pub(crate) report_time: bool,

    /// Fail a test that passes, but takes too long. RUST_TEST_TIME_UNIT and RUST_TEST_TIME_INTEGRATION set the limit, as WARN,CRITICAL in
    /// milliseconds [default: 50,100 for unit tests, 500,1000 for integration tests]
    #[arg(long)]
    pub(crate) ensure_time: bool,

    /// Accepted for compatibility with libtest; it has no effect
    #[arg(long, hide = true)]
    pub(super) _force_run_in_process: bool,

    /// How tests are assigned to workers
    #[arg(long, value_enum, default_value_t, help_heading = OURS)]
    pub(crate) dist: Dist,

    /// Start no further test after N failures
    #[arg(long = "max-fail", visible_alias = "maxfail", value_name = "N", help_heading = OURS)]
    pub(crate) maxfail: Option<NonZeroU32>,

    /// Start no further test after the first failure: --max-fail 1
    #[arg(short = 'x', long = "fail-fast", conflicts_with = "maxfail", help_heading = OURS)]
    pub(crate) fail_fast: bool,

    /// Retry a failed test up to N times, unless the test sets its own number
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = OURS)]
    pub(crate) retries: Option<u32>,

    /// Where a failed test is retried, unless the test sets its own place [default: same]
    #[arg(long, value_name = "WHERE", value_parser = retry_on(), help_heading = OURS)]
    pub(crate) retry_on: Option<RetryOn>,

    /// The delay before a retry, unless the test sets its own: fixed:200ms, exponential:100ms or exponential:100ms..5s. A
    /// random part of it, up to half, is left out
    #[arg(long, value_name = "BACKOFF", value_parser = backoff::parse, help_heading = OURS)]
    pub(crate) retry_backoff: Option<Backoff>,

    /// Whether a test that passes only on a retry makes the run fail
    #[arg(long = "flaky-result", visible_alias = "flaky", value_enum, value_name = "WHAT", default_value_t, help_heading = OURS)]
    pub(crate) flaky: Flaky,

    /// Fail a test that runs longer than this, such as 500ms, 5s or 2m, unless the test sets its own timeout; none: no test has a
    /// timeout
    #[arg(long, value_name = "TIME", value_parser = TimeoutOption::parse, help_heading = OURS)]
    pub(crate) timeout: Option<TimeoutOption>,

    /// Report a test that still runs after this time, or after half of its timeout if that is shorter [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = time::parse, help_heading = OURS)]
    pub(crate) slow_after: Option<Duration>,

    /// End the run after this time: no further test starts, and running tests have 10 seconds to end
    #[arg(long, value_name = "TIME", value_parser = time::parse, help_heading = OURS)]
    pub(crate) run_timeout: Option<Duration>,

    /// Write the results as JUnit XML to this file
    #[cfg(feature = "junit")]
    #[arg(long, value_name = "FILE", help_heading = OURS)]
    pub(crate) junit: Option<PathBuf>,

    /// Rejected: the feature `junit` is off.
    #[cfg(not(feature = "junit"))]
    #[arg(long = "junit", value_name = "FILE", hide = true, value_parser = no_junit)]
    pub(super) _junit: Option<std::convert::Infallible>,

    /// Write failed and flaky tests as annotations, which the CI service shows beside the line of the source
    #[arg(long, value_enum, value_name = "SERVICE", help_heading = OURS)]
    pub(crate) annotations: Option<AnnotationFormat>,

    /// Fail the run if the teardown of a fixture of a worker or a process takes longer than this [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = time::parse, help_heading = OURS)]
    pub(crate) teardown_timeout: Option<Duration>,

    /// Run each test N times
    #[arg(long, value_name = "N", help_heading = OURS)]
    pub(crate) repeat: Option<NonZeroU32>,

    /// Run the tests in the reverse of their order in the source
    #[arg(long, conflicts_with_all = ["shuffle", "shuffle_seed"], help_heading = OURS)]
    pub(crate) reverse: bool,

    /// Set the seed that `Worker::seed` returns to the tests
    #[arg(long, value_name = "SEED", conflicts_with = "shuffle_seed", help_heading = OURS)]
    pub(crate) seed: Option<u64>,

    /// The seed if no other is given.
    #[arg(skip)]
    pub(crate) seed_of_run: Option<Seed>,

    /// Run only the tests that failed in the last run, or all tests if none failed
    #[arg(long, visible_alias = "lf", help_heading = OURS)]
    pub(crate) last_failed: bool,

    /// Run the tests that failed in the last run first, and then the others
    #[arg(long, visible_alias = "ff", conflicts_with = "last_failed", help_heading = OURS)]
    pub(crate) failed_first: bool,

    /// Where the results and durations of earlier runs are: a directory with a file for each suite, or `off` [default: a directory in the
    /// target directory]
    #[arg(long, value_name = "DIR|off", value_parser = HistoryOption::parse, help_heading = OURS)]
    pub(crate) history: Option<HistoryOption>,

    /// List the N slowest tests
    #[arg(long, value_name = "N", help_heading = OURS)]
    pub(crate) durations: Option<u32>,

    /// Write every event as a line of JSON
    #[arg(long, value_name = "FILE", help_heading = OURS)]
    pub(crate) events: Option<PathBuf>,

    /// Which test directories are kept after the run [default: none]
    #[arg(long, value_enum, help_heading = OURS)]
    pub(crate) keep: Option<Keep>,

    /// What happens if a test leaves threads, child processes, file descriptors or files behind. Leaks cannot be detected while several
    /// workers are threads of one process: use `--workers 1`, or `--isolation process` or `test` [default: report]
    #[arg(long, value_enum, value_name = "WHAT", help_heading = OURS)]
    pub(crate) leak: Option<Leak>,

    /// Where test bodies run [default: thread]
    #[arg(long, value_enum, help_heading = OURS)]
    pub(crate) isolation: Option<Isolation>,

    /// Run each test on a new thread with the name of the test, as libtest does; otherwise the tests of a worker share its thread, and
    /// with it thread-local values
    #[arg(long, help_heading = OURS)]
    pub(crate) fresh_threads: bool,
}

/// The service that shows annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnnotationFormat {
    /// GitHub Actions
    Github,
}

/// How a flaky test is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Flaky {
    /// As passed; the report lists it nevertheless
    #[default]
    Pass,
    /// As failed
    Fail,
}

/// Where the history of the suite is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HistoryOption {
    /// There is none.
    Off,
    In(PathBuf),
}

impl HistoryOption {
    /// Never fails: any other text is a path.
    pub(crate) fn parse(text: &str) -> Result<Self, std::convert::Infallible> {
        Ok(if text == "off" { Self::Off } else { Self::In(text.into()) })
    }
}

/// The values of `--retry-on`, with their help.
pub(super) const RETRY_ON: [(&str, &str); 4] = [
    ("same", "On the worker where it failed, which waits for the delay"),
    ("process", "In a new process, in every isolation mode"),
    ("any", "On another worker if one is free, otherwise on the same; no worker waits for the delay"),
    ("alone", "After all other tests of the iteration, with no other test at the same time"),
];

fn retry_on() -> impl TypedValueParser<Value = RetryOn> {
    let words = RETRY_ON.map(|(word, help)| PossibleValue::new(word).help(help));
    PossibleValuesParser::new(words).try_map(|word| backoff::parse_retry_on(&word))
}

/// The value of `--timeout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeoutOption {
    /// No test has a timeout, even if its attribute has one.
    None,
    After(Duration),
}

impl TimeoutOption {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            text => {
                time::parse(text).map(Self::After).map_err(|cause| format!("{cause}; `none` disables all timeouts"))
            }
        }
    }

    pub(crate) fn limit(self) -> Option<Duration> {
        match self {
            Self::None => None,
            Self::After(limit) => Some(limit),
        }
    }
}

#[cfg(not(feature = "junit"))]
pub(super) const NO_JUNIT: &str = "this test binary was built without the feature `junit` of swimlanes";

#[cfg(not(feature = "junit"))]
fn no_junit(_: &str) -> Result<std::convert::Infallible, String> {
    Err(NO_JUNIT.to_owned())
}
