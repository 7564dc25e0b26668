//! The command line: libtest's options, which libtest-mimic defines, and those of swimlanes.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, Args, CommandFactory, FromArgMatches, Parser, ValueEnum};
use libtest_mimic::{Arguments, ColorSetting, FormatSetting};
use swimlanes_core::backoff::{self, Backoff, RetryOn};
use swimlanes_core::time;

use crate::model::config::{Dist, Isolation, Keep, Leak, NoTests, Shard};
use crate::model::seed::Seed;
use crate::os::env::Nextest;
use crate::os::machine;

/// The whole command line.
#[derive(Debug, Default, Parser)]
#[command(
    about = "Runs the tests of this suite on several workers, each in its own lane.",
    override_usage = "cargo test -- [OPTIONS] [FILTERS]...",
    disable_version_flag = true,
    disable_help_flag = true,
    help_template = "{about}\n\n{usage-heading} {usage}\n\n{all-args}{after-help}",
    after_help = AFTER_HELP
)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub(crate) libtest: Arguments,

    /// Run the tests whose names contain one of these
    #[arg(value_name = "FILTERS", index = 2)]
    pub(crate) more_filters: Vec<String>,

    /// Run the tests that match this filterset, as with cargo-nextest's -E; a tag is `group(NAME)`
    #[cfg(feature = "filterset")]
    #[arg(short = 'E', long = "filterset", value_name = "EXPRESSION", help_heading = OURS)]
    pub(crate) filterset: Option<String>,

    /// Rejected: the feature `filterset` is off.
    #[cfg(not(feature = "filterset"))]
    #[arg(short = 'E', long = "filterset", value_name = "EXPRESSION", hide = true, value_parser = no_filterset)]
    _filterset: Option<std::convert::Infallible>,

    #[command(flatten)]
    pub(crate) run: RunOptions,

    /// Run part K of N: each test is in exactly one part
    #[arg(long, value_name = "K/N", value_parser = parse_shard, help_heading = OURS)]
    pub(crate) shard: Option<Shard>,

    /// List the fixture functions with their scopes and the tests that take them, instead of running tests
    #[arg(long, help_heading = OURS)]
    pub(crate) fixtures: bool,

    /// What happens if no test is selected
    #[arg(long, value_enum, default_value_t, help_heading = OURS)]
    pub(crate) no_tests: NoTests,
}

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
    _force_run_in_process: bool,

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
    _junit: Option<std::convert::Infallible>,

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
}

/// libtest's options of that kind. Borrowed, since a single test under cargo-nextest, which has no command line to parse, must not pay for
/// strings: record 6 of guide/internals/decisions.md.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flags<'a> {
    pub(crate) nocapture: bool,
    pub(crate) show_output: bool,
    pub(crate) quiet: bool,
    pub(crate) workers: Option<NonZeroU32>,
    pub(crate) format: Option<FormatSetting>,
    pub(crate) color: Option<ColorSetting>,
    pub(crate) logfile: Option<&'a Path>,
}

impl Flags<'_> {
    /// No option is given.
    pub(crate) const NONE: Self = Self {
        nocapture: false,
        show_output: false,
        quiet: false,
        workers: None,
        format: None,
        color: None,
        logfile: None,
    };
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

/// The values of `--retry-on`, with their help.
const RETRY_ON: [(&str, &str); 4] = [
    ("same", "On the worker where it failed, which waits for the delay"),
    ("process", "In a new process, in every isolation mode"),
    ("any", "On another worker if one is free, otherwise on the same; no worker waits for the delay"),
    ("alone", "After all other tests of the iteration, with no other test at the same time"),
];

fn retry_on() -> impl TypedValueParser<Value = RetryOn> {
    let words = RETRY_ON.map(|(word, help)| PossibleValue::new(word).help(help));
    PossibleValuesParser::new(words).try_map(|word| backoff::parse_retry_on(&word))
}

const OURS: &str = "Options of swimlanes";

const AFTER_HELP: &str = "\
Exit codes: 0 all is well, 101 a test failed, 2 wrong usage, 4 no test although some were required,
70 the harness itself failed, 130 interrupted.";

/// Parses a command line; its first word is the program.
///
/// # Errors
///
/// If the command line is invalid, or requests help; the error contains what to print.
pub(crate) fn parse<I>(words: I) -> Result<CommandLine, clap::Error>
where
    I: IntoIterator,
    I::Item: Into<std::ffi::OsString> + Clone,
{
    let mut command = command();
    let mut matches = command.try_get_matches_from_mut(words)?;
    CommandLine::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// The result of parsing `--nocapture --workers N --seed S`, without the cost of a parser. All processes of a run have the same seed.
pub(crate) fn of_nextest(nextest: &Nextest) -> (Flags<'static>, RunOptions) {
    let flags = Flags { nocapture: true, workers: nextest.threads, ..Flags::NONE };
    (flags, RunOptions { seed_of_run: Some(Seed::from_name(&nextest.run_id)), ..RunOptions::default() })
}

fn command() -> clap::Command {
    CommandLine::command()
        .mut_arg("test_threads", |arg| {
            arg.long("workers")
                .short('n')
                .visible_alias("test-threads")
                .value_name("N|auto")
                .value_parser(parse_workers)
                .help("How many workers run tests; auto: one for each core")
        })
        .mut_arg("quiet", |arg| arg.long_help(None).help("One character for each test: --format terse"))
        .mut_arg("color", |arg| arg.hide_possible_values(true).help("Whether to color the output"))
        .mut_arg("format", |arg| {
            arg.hide_possible_values(true).help("How to write results: a line, or a character for each test, or JSON")
        })
        .mut_arg("logfile", |arg| arg.help("Write a line for each test to this file, too"))
        .mut_arg("skip", |arg| arg.help("Leave out the tests whose names contain FILTER; may be given several times"))
        .mut_arg("exact", |arg| arg.help("Filters are whole names"))
        .mut_arg("list", |arg| arg.help("List the tests instead of running them"))
        .mut_arg("bench", |arg| arg.help("Run benchmarks instead of tests; there are none"))
        .mut_arg("nocapture", |arg| {
            arg.alias("no-capture").help("Do not keep what tests print for the report; print it at once")
        })
        .mut_arg("show_output", |arg| arg.help("Show what passing tests printed, too"))
        .mut_arg("include_ignored", |arg| arg.help("Run ignored and not ignored tests"))
        .mut_arg("ignored", |arg| arg.help("Run only ignored tests"))
        .mut_arg("unstable_flags", |arg| arg.help("Accepted for libtest's sake; nothing here needs it"))
        .mut_arg("filter", |arg| arg.index(1).hide(true))
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::HelpShort).help("Print this help"))
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

fn parse_workers(text: &str) -> Result<usize, String> {
    match text {
        "auto" => Ok(machine::cores().get() as usize),
        // More workers cannot be meant, and would exhaust the machine.
        number => match number.parse() {
            Ok(n @ 1..=1024) => Ok(n),
            _ => Err("give a number from 1 to 1024, or `auto`".to_owned()),
        },
    }
}

#[cfg(not(feature = "filterset"))]
fn no_filterset(_: &str) -> Result<std::convert::Infallible, String> {
    Err("this test binary was built without the feature `filterset` of swimlanes".to_owned())
}

#[cfg(not(feature = "junit"))]
fn no_junit(_: &str) -> Result<std::convert::Infallible, String> {
    Err("this test binary was built without the feature `junit` of swimlanes".to_owned())
}

fn parse_shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(k, n)| Some(Shard { k: k.parse().ok()?, n: n.parse().ok()? }));
    parts.filter(|shard| shard.k <= shard.n).ok_or_else(|| "give K/N with K from 1 to N, such as 1/3".to_owned())
}

impl CommandLine {
    /// libtest's options that decide how tests run.
    pub(crate) fn flags(&self) -> Flags<'_> {
        let libtest = &self.libtest;
        Flags {
            nocapture: libtest.nocapture,
            show_output: libtest.show_output,
            quiet: libtest.quiet,
            workers: libtest.test_threads.and_then(|n| NonZeroU32::new(n as u32)),
            format: libtest.format,
            color: libtest.color,
            logfile: libtest.logfile.as_deref().map(Path::new),
        }
    }

    /// All filters, that of libtest-mimic and the others.
    pub(crate) fn filters(&self) -> Vec<String> {
        self.libtest.filter.iter().chain(&self.more_filters).cloned().collect()
    }
}

#[cfg(all(test, not(feature = "filterset")))]
mod tests {
    use super::*;

    #[test]
    fn retry_on_accepts_each_word_of_the_help() {
        for (word, _) in RETRY_ON {
            let CommandLine { run, .. } = parse(["suite", "--retry-on", word]).expect("a word of the help");
            assert_eq!(run.retry_on, backoff::parse_retry_on(word).ok());
        }
    }

    #[test]
    fn filterset_option_needs_the_feature() {
        for words in [["suite", "-E", "test(a)"], ["suite", "--filterset", "all()"]] {
            let error = parse(words).expect_err("nothing understands it").to_string();
            let why = "this test binary was built without the feature `filterset` of swimlanes";
            assert!(error.contains(why), "{error}");
        }
    }
}
