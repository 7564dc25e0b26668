//! `cargo swimlanes stability`: runs test suites many times, with several numbers of workers, and reports how stable each test is.
//!
//! The steps are build, list, select, plan, run, report. Decisions are pure functions (`select`, `plan`, `classify`,
//! `verdict`, `stats`, `normalize`). Only the folder `suite` handles processes.

mod campaign;
mod classify;
mod command;
mod model;
mod normalize;
mod options;
mod parse;
mod plan;
mod progress;
mod report;
mod select;
mod stats;
mod verdict;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Error, Result, anyhow};

pub(crate) use options::StabilityOptions;

use model::ExcludedSuite;
use report::{OutputFiles, Report};
use select::ListedSuite;
use verdict::FlakyPolicy;

use crate::suite::binary::Binary;
use crate::suite::build::{self, BuildFailed};
use crate::suite::list::{self, TestList};
use crate::suite::metadata::{STABILITY_PACKAGES, Workspace};
use crate::suite::signals::{self, Interrupts};
use crate::suite::sys;

/// The exit codes, in the order of `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum StabilityExit {
    Green = 0,
    Red = 1,
    /// clap's own code.
    Usage = 2,
    /// EX_SOFTWARE of sysexits.h, as in suites of swimlanes.
    Fault = 70,
    /// Cargo's own code.
    BuildFailed = 101,
    Interrupted = signals::EXIT_CODE,
}

/// Why the command ended early: the exit code, and an error that is not printed yet.
type EarlyExit = (StabilityExit, Option<Error>);

/// Runs the campaign that the options describe.
pub(super) fn main(options: &StabilityOptions) -> ExitCode {
    let code = run_campaign(options).unwrap_or_else(|(code, error)| {
        if let Some(error) = error {
            say(&format!("error: {error:#}"));
        }
        code
    });
    ExitCode::from(code as u8)
}

fn run_campaign(options: &StabilityOptions) -> Result<StabilityExit, EarlyExit> {
    let usage = |error| (StabilityExit::Usage, Some(error));
    let fault = |error| (StabilityExit::Fault, Some(error));
    options.check().map_err(usage)?;
    let output_files = OutputFiles::open(&options.report).map_err(usage)?;
    let workspace = Workspace::read(&options.suites, options.filterset.is_some()).map_err(usage)?;
    let targets = targets(options, &workspace).map_err(usage)?;
    let built = build::build(&options.suites, &targets, &workspace).map_err(fault)?;
    let binaries = built.map_err(|BuildFailed| (StabilityExit::BuildFailed, None))?;
    // From here on, children run in their own process groups, which Ctrl-C does not reach by itself.
    let interrupts = Interrupts::watch().context("cannot watch for Ctrl-C").map_err(fault)?;
    let listed = list_all(options, binaries, &interrupts).map_err(fault)?;
    let (answers, left_out) =
        listed.ok_or_else(|| (StabilityExit::Interrupted, Some(anyhow!("interrupted before the first run"))))?;
    let filterset = options.filterset.as_deref().map(|text| (text, workspace.json.as_str()));
    let suites = select::select(answers, filterset, &options.suite_arguments).map_err(usage)?;
    if suites.is_empty() {
        return Err(usage(anyhow!("there is no test to run")));
    }
    let seed = options.seed.unwrap_or_else(plan::fresh_seed);
    let (campaign, carried_out) = campaign::carry_out(options, seed, suites, left_out, &interrupts);
    let report = Report::new(&campaign);
    let flaky_policy = if options.allow_flaky { FlakyPolicy::Allow } else { FlakyPolicy::Fail };
    // Stdout may be closed. The files and the exit code still report everything.
    let _ = show(&report);
    output_files.write(&report, flaky_policy).map_err(fault)?;
    carried_out.map_err(fault)?;
    Ok(match campaign.is_interrupted {
        true => StabilityExit::Interrupted,
        false if report.is_red(flaky_policy) => StabilityExit::Red,
        false => StabilityExit::Green,
    })
}

/// The arguments with which cargo selects what the options choose, in the packages of the options, or else in those that the workspace
/// names.
///
/// # Errors
///
/// If the metadata of the workspace is invalid.
fn targets(options: &StabilityOptions, workspace: &Workspace) -> Result<Vec<String>> {
    let suites = &options.suites;
    if suites.names_packages() {
        return Ok(suites.target_words(&suites.package));
    }
    let packages = workspace.stability_packages()?;
    if !packages.is_empty() {
        eprintln!("packages: {} ({STABILITY_PACKAGES}; --workspace for all)", packages.join(", "));
    }
    Ok(suites.target_words(&packages))
}

/// Lists the tests of all binaries; `None` after Ctrl-C. A binary that cannot be listed is reported at once and in the report.
fn list_all(
    options: &StabilityOptions,
    binaries: Vec<Binary>,
    interrupts: &Interrupts,
) -> Result<Option<(Vec<ListedSuite>, Vec<ExcludedSuite>)>> {
    let (mut answers, mut left_out) = (Vec::new(), Vec::new());
    for binary in binaries {
        let list = list::ask(&binary, &options.suite_arguments, interrupts);
        match list.with_context(|| format!("cannot list the tests of {}", binary.name))? {
            Some(TestList::Tests(harness, tests)) => answers.push((binary, harness, tests)),
            Some(TestList::Unknown(why)) => {
                let name = &binary.name;
                say(&format!("warning: {name} cannot be listed as a test suite and is excluded: {why}"));
                left_out.push(ExcludedSuite { suite: binary.name, why });
            }
            None => return Ok(None),
        }
    }
    Ok(Some((answers, left_out)))
}

fn say(line: &str) {
    // If stderr is closed, the exit code still reports the result.
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn show(report: &Report) -> std::io::Result<()> {
    /// The width if that of the terminal is unknown.
    const WIDTH: u16 = 100;
    let width = sys::terminal_width().unwrap_or(WIDTH);
    anstream::stdout().write_all(report::render(report, width).as_bytes())
}
