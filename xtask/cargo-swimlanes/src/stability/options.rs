//! The command line of `cargo swimlanes stability`, and its checks.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::ValueEnum;
use clap::builder::RangedI64ValueParser;

use crate::suite::selection::{SuiteSelection, WHICH};

/// Which tests to run, how often, and which reports to write.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct StabilityOptions {
    #[command(flatten)]
    pub(super) suites: SuiteSelection,

    /// Run the tests that match this filterset, as cargo-nextest's -E; tags of swimlanes are `group(NAME)`
    #[arg(short = 'E', long, value_name = "EXPRESSION", help_heading = WHICH)]
    pub(super) filterset: Option<String>,

    /// How often each suite runs at each level
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = runs(), help_heading = HOW)]
    pub(super) runs: u32,

    /// The levels: numbers of workers to run each suite with
    #[arg(long, value_name = "N,…", default_value = "1,2,4", value_delimiter = ',', help_heading = HOW)]
    #[arg(value_parser = workers())]
    pub(super) levels: Vec<u32>,

    /// The seed of the campaign; the seeds of all runs are derived from it. By default, it is random and printed
    #[arg(long, value_name = "SEED", help_heading = HOW)]
    pub(super) seed: Option<u64>,

    /// The order of the tests in suites of swimlanes; libtest suites always run in listed order
    #[arg(long, value_enum, value_name = "ORDER", default_value_t, help_heading = HOW)]
    pub(super) order: Order,

    /// Kill a run that takes longer, such as 90s or 10m, and count its unfinished tests as lost
    #[arg(long, value_name = "TIME", default_value = "15m", help_heading = HOW)]
    #[arg(value_parser = swimlanes_core::time::parse)]
    pub(super) run_timeout: Duration,

    /// Write reports: json=FILE, md=FILE, junit=FILE, separated by commas
    #[arg(long, value_name = "KIND=FILE,…", value_delimiter = ',', help_heading = OUTPUT)]
    pub(super) report: Vec<ReportFile>,

    /// Exit with 0 although tests are flaky or broken; lost results still fail the campaign
    #[arg(long, help_heading = OUTPUT)]
    pub(super) allow_flaky: bool,

    /// Print a line for every run, not only for failed ones
    #[arg(short, long, help_heading = OUTPUT)]
    pub(super) verbose: bool,

    /// Arguments for every suite, when it lists its tests and when it runs them
    #[arg(last = true, value_name = "ARGS")]
    pub(super) suite_arguments: Vec<String>,
}

const HOW: &str = "How they are run";
const OUTPUT: &str = "Output";

const AFTER_HELP: &str = "\
Without -p and --workspace, the packages are those that the workspace's Cargo.toml names:
    [workspace.metadata.swimlanes]
    stability-packages = [\"shop\", \"till\"]
and if it names none, those that cargo itself would test. Documentation tests are not run.

The first Ctrl-C asks the running suite to end and reports what ran; the second kills it.

Exit codes: 0 all is stable, 1 a test is flaky, broken or lost, or a run cannot be trusted,
2 wrong usage or nothing to run, 70 the campaign could not be carried out, 101 the build failed,
130 interrupted.";

fn runs() -> RangedI64ValueParser<u32> {
    RangedI64ValueParser::new().range(1..=1_000_000)
}

/// The range that suites of swimlanes accept.
fn workers() -> RangedI64ValueParser<u32> {
    RangedI64ValueParser::new().range(1..=1024)
}

/// The order of the tests in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    /// Shuffled with the seed of the run
    #[default]
    Shuffled,
    /// The order in which the suite lists them
    Listed,
}

/// A kind of report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReportFormat {
    Json,
    Markdown,
    Junit,
}

/// A report, and the file it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReportFile {
    pub(super) kind: ReportFormat,
    pub(super) path: PathBuf,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, path) = text.split_once('=').ok_or("give KIND=FILE, such as json=stability.json")?;
        let kind = match kind {
            "json" => ReportFormat::Json,
            "md" => ReportFormat::Markdown,
            "junit" => ReportFormat::Junit,
            other => return Err(format!("`{other}` is not a kind of report; use json, md or junit")),
        };
        match path {
            "" => Err("the name of the file is missing".to_owned()),
            path => Ok(Self { kind, path: path.into() }),
        }
    }
}

impl StabilityOptions {
    /// Checks that clap cannot make.
    ///
    /// # Errors
    ///
    /// If the options contradict each other.
    pub(super) fn check(&self) -> Result<()> {
        let mut levels = self.levels.clone();
        levels.sort_unstable();
        if let Some(twice) = levels.windows(2).find(|pair| pair[0] == pair[1]) {
            bail!("the level {} is given twice; for more runs at a level, raise --runs", twice[0]);
        }
        let mut paths: Vec<_> = self.report.iter().map(|report| &report.path).collect();
        paths.sort();
        if let Some(twice) = paths.windows(2).find(|pair| pair[0] == pair[1]) {
            bail!("two reports would go to the file {}", twice[0].display());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use expect_test::{Expect, expect};

    use super::*;

    #[derive(Debug, Parser)]
    struct TestCommandLine {
        #[command(flatten)]
        options: StabilityOptions,
    }

    #[track_caller]
    fn check(line: &str, expected: Expect) {
        let words = std::iter::once("stability").chain(line.split(' ').filter(|word| !word.is_empty()));
        let actual = match TestCommandLine::try_parse_from(words) {
            Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
            Ok(TestCommandLine { options }) => match options.check() {
                Err(error) => format!("error: {error}"),
                Ok(()) => format!(
                    "{} runs at {:?}, {:?}, {:?}, cargo {:?}, suite {:?}",
                    options.runs,
                    options.levels,
                    options.run_timeout,
                    options
                        .report
                        .iter()
                        .map(|report| (report.kind, report.path.display().to_string()))
                        .collect::<Vec<_>>(),
                    options.suites.build_words().join(" "),
                    options.suite_arguments,
                ),
            },
        };
        expected.assert_eq(&actual);
    }

    #[test]
    fn defaults_are_ten_runs_at_three_levels() {
        check("", expect![[r#"10 runs at [1, 2, 4], 900s, [], cargo "", suite []"#]]);
    }

    #[test]
    fn words_for_cargo_and_for_the_suite_are_kept_apart() {
        check(
            "--levels 8 --features a,b --release --report json=a.json,md=b.md --report junit=c.xml -- --timeout 5s",
            expect![[
                r#"10 runs at [8], 900s, [(Json, "a.json"), (Markdown, "b.md"), (Junit, "c.xml")], cargo "--features a,b --release", suite ["--timeout", "5s"]"#
            ]],
        );
    }

    #[test]
    fn invalid_options_are_refused() {
        check("--runs 0", expect!["error: invalid value '0' for '--runs <N>': 0 is not in 1..=1000000"]);
        check("--levels 0", expect!["error: invalid value '0' for '--levels <N,…>': 0 is not in 1..=1024"]);
        check(
            "--levels=",
            expect!["error: invalid value '' for '--levels <N,…>': cannot parse integer from empty string"],
        );
        check(
            "--levels 1,,2",
            expect!["error: invalid value '' for '--levels <N,…>': cannot parse integer from empty string"],
        );
        check("--levels 2,1,2", expect!["error: the level 2 is given twice; for more runs at a level, raise --runs"]);
        check(
            "--report html=a",
            expect![
                "error: invalid value 'html=a' for '--report <KIND=FILE,…>': `html` is not a kind of report; use json, md or junit"
            ],
        );
        check(
            "--report json",
            expect![
                "error: invalid value 'json' for '--report <KIND=FILE,…>': give KIND=FILE, such as json=stability.json"
            ],
        );
        check(
            "--report json=",
            expect!["error: invalid value 'json=' for '--report <KIND=FILE,…>': the name of the file is missing"],
        );
        check("--report json=a,md=a", expect!["error: two reports would go to the file a"]);
        check(
            "--run-timeout soon",
            expect!["error: invalid value 'soon' for '--run-timeout <TIME>': expected number at 0"],
        );
        check(
            "-p a --workspace",
            expect!["error: the argument '--package <PACKAGE>' cannot be used with '--workspace'"],
        );
    }
}
