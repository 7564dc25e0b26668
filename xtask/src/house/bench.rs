//! `cargo xtask bench`: measures swimlanes beside libtest, serial_test, libtest-mimic and cargo-nextest, in one go.
//!
//! Times are taken in turns on one machine, and their ratios are what counts. Nothing here may be asserted in a test.

mod machine;
mod measure;
mod package;
mod report;
mod scenario;
mod shown;
mod source;
mod suite;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZeroU8;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use machine::Usage;
use package::{Built, Package};
use report::{Aim, Medium, Section};
use scenario::{Build, Scenario, Size};

/// What and how to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only these scenarios
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LETTERS")]
    scenario: Vec<Scenario>,

    /// How often each rival runs; in scenario a five times as often, and in e three times, as theirs scatter more
    #[arg(long, value_name = "N", default_value = "5", conflicts_with = "quick")]
    rounds: NonZeroU8,

    /// One round, few tests, dev profile: shows that everything runs, and nothing else
    #[arg(long)]
    quick: bool,

    /// Write the tables to this file, as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,

    /// Exit with code 1 if a goal is missed
    #[arg(long, conflicts_with = "quick")]
    strict: bool,
}

/// Measures, and prints what came out. The exit code is 0 if everything ran, 1 if that missed a goal and `--strict`
/// was given, 70 if something did not build or run.
pub(crate) fn main(options: &Options) -> ExitCode {
    match bench(options) {
        Ok(aims) if options.strict && !aims.iter().all(Aim::is_reached) => ExitCode::from(1),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(70)
        }
    }
}

fn bench(options: &Options) -> anyhow::Result<Vec<Aim>> {
    let size = if options.quick { Size::Quick } else { Size::Full };
    let rounds = options.rounds.get().into();
    let is_wanted = |scenario: &Scenario| options.scenario.is_empty() || options.scenario.contains(scenario);
    let scenarios = Scenario::ALL.into_iter().filter(is_wanted);
    let chosen: Vec<(Scenario, Build)> =
        scenarios.flat_map(|scenario| scenario.builds(size).iter().map(move |&build| (scenario, build))).collect();

    let package = Package::write(size)?;
    let built = build(&package, &chosen)?;
    let head = format!("{} Times are medians; rivals run in turns.", machine::sentence(&package)?);
    println!("{head}\n");
    let mut sections = Vec::new();
    for (scenario, build) in chosen {
        let section = section(&package, &built[&build], (scenario, build, size), rounds)?;
        println!("{}", section.render(Medium::Terminal));
        sections.push(section);
    }
    let aims: Vec<Aim> = match size {
        Size::Full => sections.iter().flat_map(Section::aims).collect(),
        // A single round of few tests proves nothing.
        Size::Quick => Vec::new(),
    };
    print!("{}", report::aims(&aims, Medium::Terminal));
    if let Some(path) = &options.markdown {
        let tables: String = sections.iter().map(|section| section.render(Medium::Markdown) + "\n").collect();
        let text = format!("{head}\n\n{tables}{}", report::aims(&aims, Medium::Markdown));
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(aims)
}

/// Builds what was chosen, before anything is measured.
fn build(package: &Package, chosen: &[(Scenario, Build)]) -> anyhow::Result<BTreeMap<Build, Built>> {
    let mut targets: BTreeMap<Build, BTreeSet<String>> = BTreeMap::new();
    for &(scenario, build) in chosen {
        let of_rivals = scenario.rivals(build).into_iter().map(|rival| scenario.target(rival.dialect));
        targets.entry(build).or_default().extend(of_rivals);
    }
    let built = targets.into_iter().map(|(build, targets)| {
        let (n, profile) = (targets.len(), build.name());
        eprintln!("building {n} suites in the {profile} profile; that takes minutes the first time");
        Ok((build, package.build(&targets, build)?))
    });
    built.collect()
}

fn section(
    package: &Package,
    built: &Built,
    (scenario, build, size): (Scenario, Build, Size),
    rounds: usize,
) -> anyhow::Result<Section> {
    let load = machine::load();
    eprintln!("measuring {}; load average {load}", report::title(scenario, size, build));
    let suite = scenario.suite(size);
    let rivals = scenario.rivals(build);
    let before = Usage::now();
    let measured = measure::measure(package, built, scenario, &suite, &rivals, scenario.rounds(rounds, size))?;
    let others = Usage::now().zip(before).map(|(now, before)| now.others_since(before));
    let rows = rivals.into_iter().zip(measured).collect();
    Ok(Section { scenario, size, build, suite, load, others, rows })
}
