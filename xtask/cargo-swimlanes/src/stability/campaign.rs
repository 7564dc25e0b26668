//! Runs the plan: one run after the other, until it is complete or Ctrl-C.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};

use crate::stability::classify::{RunOutput, classify};
use crate::stability::command::{reporting_words, run_words};
use crate::stability::model::{Campaign, ExcludedSuite, Outcome, PlannedRun, Run, Suite};
use crate::stability::options::StabilityOptions;
use crate::stability::parse::{events, libtest};
use crate::stability::plan::plan;
use crate::stability::progress::{Progress, RunLines};
use crate::suite::binary::Harness;
use crate::suite::process::{self, GRACE, Limits};
use crate::suite::signals::Interrupts;

/// Runs the suites according to the options. If it ends early, the campaign contains the runs so far. The error reports a run that could
/// not be started, or whose output could not be stored.
pub(super) fn carry_out(
    options: &StabilityOptions,
    seed: u64,
    suites: Vec<Suite>,
    left_out: Vec<ExcludedSuite>,
    interrupts: &Interrupts,
) -> (Campaign, Result<()>) {
    let planned = plan(suites.len(), options.runs, &options.levels, seed);
    let clock = Instant::now();
    let mut campaign = Campaign {
        seed,
        runs: options.runs,
        levels: options.levels.clone(),
        order: options.order,
        started: SystemTime::now(),
        took: Duration::ZERO,
        suites,
        left_out,
        n_planned: planned.len(),
        done: Vec::new(),
        is_interrupted: false,
        build_words: options.suites.build_words(),
        suite_arguments: options.suite_arguments.clone(),
    };
    let lines = if options.verbose { RunLines::All } else { RunLines::Bad };
    let mut progress = Progress::start(&campaign, lines);
    let mut carried_out = Ok(());
    for planned in planned {
        if interrupts.is_raised() {
            break;
        }
        progress.starts(&campaign, &planned);
        match run(&campaign.suites[planned.suite], planned, options, interrupts) {
            Ok(run) => {
                progress.ended(&campaign, &run);
                campaign.done.push(run);
            }
            Err(error) => {
                let name = &campaign.suites[planned.suite].binary.name;
                carried_out = Err(error.context(format!("cannot run {name} at level {}", planned.level)));
                break;
            }
        }
    }
    progress.end();
    campaign.is_interrupted =
        campaign.done.iter().filter(|run| run.outcome != Outcome::Interrupted).count() < campaign.n_planned;
    campaign.took = clock.elapsed();
    (campaign, carried_out)
}

fn run(suite: &Suite, planned: PlannedRun, options: &StabilityOptions, interrupts: &Interrupts) -> Result<Run> {
    let directory = tempfile::tempdir().context("cannot make a directory for its events")?;
    let events_file = directory.path().join("events.jsonl");
    let mut command = suite.binary.command();
    command.args(reporting_words(suite.harness, &events_file));
    command.args(run_words(suite, &planned, options.order, &options.suite_arguments));
    let limits = Limits { run: options.run_timeout, grace: GRACE };
    let exit = process::run(&mut command, limits, interrupts)?;
    let parsed = match suite.harness {
        // A suite that ended before it created the file has reported nothing.
        Harness::Swimlanes => events::read(&String::from_utf8_lossy(&fs::read(&events_file).unwrap_or_default())),
        Harness::Libtest => libtest::read(&String::from_utf8_lossy(&exit.stdout), &suite.tests),
    };
    let stderr = String::from_utf8_lossy(&exit.stderr);
    Ok(classify(suite, RunOutput { planned, end: exit.end, took: exit.took, parsed, stderr: &stderr }))
}
