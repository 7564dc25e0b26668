//! The command line: libtest's options, which libtest-mimic defines, and those of swimlanes.

use std::num::NonZeroU32;
use std::path::Path;

use clap::{Arg, ArgAction, CommandFactory, FromArgMatches, Parser};
use libtest_mimic::{Arguments, ColorSetting};

use crate::cli::bazel;
use crate::cli::ci_shard::{self, ShardOption};
use crate::cli::run_options::{OURS, RunOptions};
use crate::model::config::{Format, NoTests, Shard, ShardBy};
use crate::model::error::Error;
use crate::model::seed::Seed;
use crate::os::env::{self, Env, Nextest};
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

    /// How to write results: `pretty`, a line for each test; `terse`, a character for each test; `json`; or `junit`, XML for CI servers
    #[arg(id = "report_format", long = "format", value_name = "FORMAT", value_parser = parse_format, conflicts_with = "quiet")]
    format: Option<Format>,

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

    /// Run part K of N: each test is in exactly one part. `auto`: the part of this machine, from the variables that GitLab, CircleCI,
    /// Buildkite and Slurm set; `auto/N`: also from that of Kubernetes, which does not set N
    #[arg(long, value_name = "K/N|auto", help_heading = OURS)]
    shard: Option<ShardOption>,

    /// How the tests are split into the parts of `--shard`
    #[arg(long, value_enum, default_value_t, value_name = "HOW", help_heading = OURS)]
    pub(crate) shard_by: ShardBy,

    /// List the fixture functions with their scopes and the tests that take them, instead of running tests
    #[arg(long, help_heading = OURS)]
    pub(crate) fixtures: bool,

    /// What happens if no test is selected
    #[arg(long, value_enum, default_value_t, help_heading = OURS)]
    pub(crate) no_tests: NoTests,
}

/// libtest's options of that kind. Borrowed, since a single test under cargo-nextest, which has no command line to parse, must not pay for
/// strings: record 6 of guide/internals/decisions.md.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flags<'a> {
    pub(crate) nocapture: bool,
    pub(crate) show_output: bool,
    pub(crate) quiet: bool,
    pub(crate) workers: Option<NonZeroU32>,
    pub(crate) format: Option<Format>,
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
        // Ours has one format more.
        .mut_arg("format", |arg| arg.long("libtest-format").hide(true))
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

fn parse_format(text: &str) -> Result<Format, String> {
    match text {
        "pretty" => Ok(Format::Pretty),
        "terse" => Ok(Format::Terse),
        "json" => Ok(Format::Json),
        #[cfg(feature = "junit")]
        "junit" => Ok(Format::JUnit),
        #[cfg(not(feature = "junit"))]
        "junit" => Err(crate::cli::run_options::NO_JUNIT.to_owned()),
        _ => Err("give `pretty`, `terse`, `json` or `junit`".to_owned()),
    }
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
            format: self.format,
            color: libtest.color,
            logfile: libtest.logfile.as_deref().map(Path::new),
        }
    }

    /// The part of the tests that this process runs.
    ///
    /// # Errors
    ///
    /// If it is to come from variables, and these are missing or wrong.
    pub(crate) fn shard(&self, env: &Env) -> Result<Option<Shard>, Error> {
        match self.shard {
            Some(ShardOption::Part(shard)) => Ok(Some(shard)),
            Some(ShardOption::Auto { n }) => ci_shard::of_this_machine(n, env::of_ci_service).map(Some),
            None => bazel::shard(&env.bazel),
        }
    }

    /// All filters, that of libtest-mimic and the others.
    pub(crate) fn filters(&self) -> Vec<String> {
        self.libtest.filter.iter().chain(&self.more_filters).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use swimlanes_core::backoff;

    use super::*;
    use crate::cli::run_options::RETRY_ON;

    #[test]
    fn retry_on_accepts_each_word_of_the_help() {
        for (word, _) in RETRY_ON {
            let CommandLine { run, .. } = parse(["suite", "--retry-on", word]).expect("a word of the help");
            assert_eq!(run.retry_on, backoff::parse_retry_on(word).ok());
        }
    }

    #[test]
    fn last_failed_and_failed_first_have_the_aliases_of_pytest() {
        assert!(parse(["suite", "--lf"]).expect("an option").run.last_failed);
        assert!(parse(["suite", "--ff"]).expect("an option").run.failed_first);
        assert!(parse(["suite", "--lf", "--ff"]).is_err());
    }

    #[test]
    fn format_has_four_values() {
        for (word, format) in [("pretty", Format::Pretty), ("terse", Format::Terse), ("json", Format::Json)] {
            assert_eq!(parse(["suite", "--format", word]).expect("a format").flags().format, Some(format));
        }
        #[cfg(feature = "junit")]
        assert_eq!(parse(["suite", "--format=junit"]).expect("a format").flags().format, Some(Format::JUnit));
        #[cfg(not(feature = "junit"))]
        assert!(parse(["suite", "--format=junit"]).expect_err("no feature").to_string().contains("feature `junit`"));
        assert!(parse(["suite", "--format", "xml"]).expect_err("no format").to_string().contains("`junit`"));
        assert!(parse(["suite", "--quiet", "--format", "json"]).is_err());
    }

    #[cfg(not(feature = "filterset"))]
    #[test]
    fn filterset_option_needs_the_feature() {
        for words in [["suite", "-E", "test(a)"], ["suite", "--filterset", "all()"]] {
            let error = parse(words).expect_err("nothing understands it").to_string();
            let why = "this test binary was built without the feature `filterset` of swimlanes";
            assert!(error.contains(why), "{error}");
        }
    }
}
