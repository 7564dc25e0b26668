//! `cargo xtask stability`: runs test suites many times, with several numbers of workers, and reports how stable each test is.
//!
//! The steps are build, list, select, plan, run, report. Decisions are pure functions (`select`, `plan`, `classify`,
//! `verdict`, `stats`, `normalize`). Only `process` and `sys` handle processes.

mod build;
mod campaign;
mod classify;
mod command;
mod list;
mod metadata;
mod model;
mod normalize;
mod options;
mod parse;
mod plan;
mod process;
mod process_event;
mod progress;
mod report;
mod select;
mod signals;
mod stats;
mod sys;
mod verdict;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Error, Result, anyhow};

pub(crate) use options::StabilityOptions;

use build::BuildFailed;
use list::TestList;
use metadata::Workspace;
use model::{Binary, ExcludedSuite};
use report::{OutputFiles, Report};
use select::ListedSuite;
use signals::Interrupts;
use verdict::FlakyPolicy;

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
    let workspace = Workspace::read(options).map_err(usage)?;
    let selection = build::selection(options, &workspace).map_err(usage)?;
    let built = build::build(options, &selection, &workspace).map_err(fault)?;
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
