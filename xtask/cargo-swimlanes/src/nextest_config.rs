//! `cargo swimlanes nextest-config`: writes the tags of all suites as a configuration file of cargo-nextest, so that its scheduler knows
//! which tests must not overlap. Without the file, a test waits for a lock while it occupies a thread of nextest.

mod file;
mod rules;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::suite::binary::{Binary, Harness};
use crate::suite::build::{self, BuildFailed};
use crate::suite::list::{self, ListedTest, TestList};
use crate::suite::metadata::Workspace;
use crate::suite::selection::SuiteSelection;
use crate::suite::signals::Interrupts;

use file::TOOL;
use rules::{Rules, Waiter};

/// Which suites the file is for, and where it is.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct NextestConfigOptions {
    #[command(flatten)]
    suites: SuiteSelection,

    /// Write no file; fail if the file is not what would be written
    #[arg(long)]
    check: bool,

    /// The file [default: .config/nextest-swimlanes.toml in the root of the workspace]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
The file is for the packages that cargo would test: give --workspace, or -p, as you do for `cargo nextest run`.
The settings of your own .config/nextest.toml take precedence.

Exit codes: 0 the file is written, or up to date; 1 the file is not up to date, or cannot be written;
101 the build failed.";

/// The default of `--output`, beside the file of the user.
const FILE: &str = ".config/nextest-swimlanes.toml";

pub(crate) fn main(options: &NextestConfigOptions) -> ExitCode {
    match run(options) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        // Cargo has printed why.
        Ok(Err(BuildFailed)) => ExitCode::from(101),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &NextestConfigOptions) -> Result<Result<(), BuildFailed>> {
    let suites = &options.suites;
    let workspace = Workspace::read(suites, false)?;
    let binaries = match build::build(suites, &suites.target_words(&suites.package), &workspace)? {
        Ok(binaries) => binaries,
        Err(failed) => return Ok(Err(failed)),
    };
    let listed = list_all(&binaries)?;
    let tests = all(&listed);
    let rules = rules::rules(&tests);
    let path = options.output.clone().unwrap_or_else(|| workspace.root().join(FILE));
    let path =
        std::path::absolute(&path).with_context(|| format!("cannot find the directory of {}", path.display()))?;
    let text = file::text(&rules);
    if options.check {
        check(&path, &text)?;
        println!("{} is up to date", path.display());
    } else {
        write(&path, &text)?;
        print!("{}", summary(&rules, tests.len(), &path));
    }
    Ok(Ok(()))
}

/// The tests of the suites that run on swimlanes. Other suites have no tags.
fn list_all(binaries: &[Binary]) -> Result<Vec<(String, Vec<ListedTest>)>> {
    let interrupts = Interrupts::watch().context("cannot watch for Ctrl-C")?;
    let mut suites = Vec::new();
    for binary in binaries {
        let name = &binary.name;
        match list::ask(binary, &[], &interrupts).with_context(|| format!("cannot list the tests of {name}"))? {
            Some(TestList::Tests(Harness::Swimlanes, tests)) => suites.push((name.clone(), tests)),
            Some(TestList::Tests(Harness::Libtest, _)) => {}
            Some(TestList::Unknown(why)) => bail!("{name} does not list its tests: {why}"),
            None => bail!("interrupted"),
        }
    }
    Ok(suites)
}

/// A configuration of cargo-nextest for suites on swimlanes, as a string and what it cannot express.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NextestConfig {
    /// The content of a file for `cargo nextest run --tool-config-file swimlanes:FILE`.
    pub text: String,
    /// The tests that may wait for a lock while nextest counts them as running: binary and name.
    pub waiters: Vec<(String, String)>,
}

/// The configuration for these suites: for each, its binary ID in nextest, and the output of its `--list --format json`.
///
/// # Errors
///
/// If an output is not a list of a suite on swimlanes.
///
/// ```
/// let list = r#"{"type":"suite","harness":"swimlanes","version":1,"test_count":2}
/// {"type":"test","name":"a","ignored":false,"file":"a.rs","line":1,"tags":["serial"],"constraints":[{"kind":"serial"}]}
/// {"type":"test","name":"b","ignored":false,"file":"a.rs","line":2,"tags":["serial"],"constraints":[{"kind":"serial"}]}"#;
/// let config = cargo_swimlanes::nextest_config(&[("shop::api", list)])?;
/// assert!(config.text.contains("test-group = \"@tool:swimlanes:serial\""));
/// assert_eq!(config.waiters, []);
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn nextest_config(suites: &[(&str, &str)]) -> Result<NextestConfig> {
    let read = |&(binary, text): &(&str, &str)| match list::read_json(text) {
        Some(TestList::Tests(_, tests)) => Ok((binary.to_owned(), tests)),
        Some(TestList::Unknown(why)) => bail!("{binary} does not list its tests: {why}"),
        None => bail!("{binary} is not a suite on swimlanes"),
    };
    let listed = suites.iter().map(read).collect::<Result<Vec<_>>>()?;
    let rules = rules::rules(&all(&listed));
    let names = rules.waiters.iter().map(|waiter| waiter.test);
    let waiters = names.map(|test| (test.binary.to_owned(), test.name.to_owned())).collect();
    Ok(NextestConfig { text: file::text(&rules), waiters })
}

fn all(listed: &[(String, Vec<ListedTest>)]) -> Vec<(&str, &ListedTest)> {
    listed.iter().flat_map(|(binary, tests)| tests.iter().map(move |test| (binary.as_str(), test))).collect()
}

fn check(path: &Path, text: &str) -> Result<()> {
    let shown = path.display();
    let written = fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    if written != text {
        bail!(
            "{shown} is not up to date: the tests have other tags now. `cargo swimlanes nextest-config` writes it again"
        );
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    let shown = path.display();
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {shown}"))
}

fn summary(rules: &Rules<'_>, n_tests: usize, path: &Path) -> String {
    let path = path.display();
    let in_groups: usize = rules.groups.iter().map(|group| group.tests.len()).sum();
    let (n_groups, n_alone) = (rules.groups.len(), rules.alone.len());
    let mut text = format!("{path}: {n_tests} tests, {in_groups} of them in {n_groups} test groups, {n_alone} alone\n");
    text += &format!("use it with: cargo nextest run --tool-config-file {TOOL}:{path}\n");
    if !rules.waiters.is_empty() {
        let n = rules.waiters.len();
        text += &format!("{n} tests may wait for a lock while they run, as a test of nextest is in one group only:\n");
        text.extend(rules.waiters.iter().map(line));
    }
    text
}

fn line(waiter: &Waiter<'_>) -> String {
    let locks: Vec<String> = waiter.locks.iter().map(ToString::to_string).collect();
    let at_most = match waiter.at_most {
        Some(time) => format!("for at most {}, the timeouts of the others", humantime::format_duration(time)),
        None => "for as long as the others run: they have no timeout".to_owned(),
    };
    format!("  {} {}: {}; {at_most}\n", waiter.test.binary, waiter.test.name, locks.join(", "))
}
