//! `cargo xtask bench`: compares swimlanes with libtest, serial_test, libtest-mimic, cargo-nextest and sqlx::test, and with itself
//! at other numbers of workers.
//!
//! The contenders run in turns on one machine. The ratios of their times matter, not the times. No test may assert a figure.

mod adoption;
mod check_output;
mod database;
mod machine;
mod measure;
mod package;
mod report;
mod scenario;
mod source;
mod spec;
mod suite;
mod tags;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZeroU8;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use adoption::{AdoptionReport, Selection};
use database::{Availability, Environment};
use machine::Usage;
use package::{BuiltSuites, SuitePackage};
use report::{GoalResult, Medium, Part, Section};
use spec::{Build, Scenario, Size, SuiteGroup};

/// The options: what is measured, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchOptions {
    /// Only these scenarios
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAMES")]
    scenario: Vec<Selection>,

    /// Runs of each contender; scenario a has five times as many, e and i three times, since their times vary more
    #[arg(long, value_name = "N", default_value = "5", conflicts_with = "quick")]
    rounds: NonZeroU8,

    /// One round, few tests, dev profile: only checks that everything runs
    #[arg(long)]
    quick: bool,

    /// Write the tables to this file, as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,

    /// Exit with code 1 if a goal is missed
    #[arg(long, conflicts_with = "quick")]
    strict: bool,
}

/// Measures, and prints the results. The exit code is 0 if everything ran, 1 if a goal was missed and `--strict` was given, and 70 if
/// something did not build or run.
pub(crate) fn main(options: &BenchOptions) -> ExitCode {
    match bench(options) {
        Ok(goal_results) if options.strict && !goal_results.iter().all(GoalResult::is_reached) => ExitCode::from(1),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(70)
        }
    }
}

/// Fetches the crates that the suites need in addition to those of the workspace, so that measuring needs no network. The crates of
/// the example belong to the workspace.
pub(super) fn fetch() -> anyhow::Result<()> {
    for group in [SuiteGroup::Harnesses, SuiteGroup::Databases] {
        for size in [Size::Full, Size::Quick] {
            let fetched = SuitePackage::write(group, size).and_then(|package| package.fetch());
            fetched.context("cannot fetch the crates that `cargo xtask bench` needs")?;
        }
    }
    adoption::fetch().context("cannot fetch the crates that `cargo xtask bench --scenario adoption` needs")
}

fn bench(options: &BenchOptions) -> anyhow::Result<Vec<GoalResult>> {
    let size = if options.quick { Size::Quick } else { Size::Full };
    let rounds = options.rounds.get().into();
    let asked = Selection::scenarios(&options.scenario);
    let scenarios = Scenario::ALL.into_iter().filter(|it| asked.as_ref().is_some_and(|asked| it.is_among(asked)));
    let chosen: Vec<(Scenario, Build)> =
        scenarios.flat_map(|scenario| scenario.builds(size).iter().map(move |&build| (scenario, build))).collect();

    let groups: BTreeSet<SuiteGroup> = chosen.iter().map(|(scenario, _)| scenario.group()).collect();
    let packages = groups.into_iter().map(|group| Ok((group, SuitePackage::write(group, size)?)));
    let packages: BTreeMap<SuiteGroup, SuitePackage> = packages.collect::<anyhow::Result<_>>()?;
    let built = build(&packages, &chosen)?;
    let head = format!("{} Times are medians; contenders run in turns.", machine::sentence(packages.values())?);
    println!("{head}\n");
    let mut parts = Vec::new();
    for (scenario, build) in chosen {
        let group = scenario.group();
        let part = part(&packages[&group], &built[&(group, build)], (scenario, build, size), rounds)?;
        println!("{}", part.render(Medium::Terminal));
        parts.push(part);
    }
    let adoption = Selection::has_adoption(&options.scenario).then(|| adoption::measure(rounds, size)).transpose()?;
    if let Some(report) = &adoption {
        println!("{}", report.render(Medium::Terminal));
    }
    let goal_results: Vec<GoalResult> = match size {
        Size::Full => {
            let adoption = adoption.iter().flat_map(AdoptionReport::goal_results);
            parts.iter().flat_map(Part::goal_results).chain(adoption).collect()
        }
        // A single round of few tests proves nothing.
        Size::Quick => Vec::new(),
    };
    print!("{}", report::goal_results(&goal_results, Medium::Terminal));
    if let Some(path) = &options.markdown {
        let adoption = adoption.iter().map(|report| report.render(Medium::Markdown));
        let tables = parts.iter().map(|part| part.render(Medium::Markdown)).chain(adoption);
        let tables: String = tables.map(|table| table + "\n").collect();
        let text = format!("{head}\n\n{tables}{}", report::goal_results(&goal_results, Medium::Markdown));
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(goal_results)
}

/// Builds all selected suites before the first measurement.
fn build(
    packages: &BTreeMap<SuiteGroup, SuitePackage>,
    chosen: &[(Scenario, Build)],
) -> anyhow::Result<BTreeMap<(SuiteGroup, Build), BuiltSuites>> {
    let mut targets: BTreeMap<(SuiteGroup, Build), BTreeSet<String>> = BTreeMap::new();
    for &(scenario, build) in chosen {
        let dialects = scenario.dialects(build);
        let own = dialects.into_iter().map(|dialect| scenario.target(dialect));
        targets.entry((scenario.group(), build)).or_default().extend(own);
    }
    let built = targets.into_iter().map(|((group, build), targets)| {
        let (n, profile) = (targets.len(), build.name());
        eprintln!("building {n} suites in the {profile} profile; that takes minutes the first time");
        Ok(((group, build), packages[&group].build(&targets, build)?))
    });
    built.collect()
}

fn part(
    package: &SuitePackage,
    built: &BuiltSuites,
    (scenario, build, size): (Scenario, Build, Size),
    rounds: usize,
) -> anyhow::Result<Part> {
    let environment = match scenario.system() {
        Some(system) => match database::environment(package, built, system)? {
            Availability::Ready(environment) => environment,
            Availability::Missing(why) => return Ok(Part::NotMeasured { scenario, size, build, why }),
        },
        None if scenario.group() == SuiteGroup::WorkerLanes => Environment::on_disk(package)?,
        None => Environment::default(),
    };
    let load = machine::load();
    eprintln!("measuring {}; load average {load}", report::title(scenario, size, build));
    let suite = scenario.suite(size);
    let contenders = scenario.contenders(build);
    let before = Usage::now();
    let rounds = scenario.rounds(rounds, size);
    let measured = measure::measure(package, built, scenario, &suite, &contenders, rounds, &environment.variables)?;
    let others = Usage::now().zip(before).map(|(now, before)| now.others_since(before));
    let rows = contenders.into_iter().zip(measured).collect();
    let besides = environment.note_on_server();
    environment.end()?;
    Ok(Part::Measured(Section { scenario, size, build, suite, load, others, besides, rows }))
}
