//! Scenario `adoption`: the cost of a dependency on a harness. It measures builds of a suite with one test; the other scenarios measure
//! runs.

mod harness;
mod package;

use std::fs;
use std::sync::OnceLock;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::dev::bench::machine::{self, Usage};
use crate::dev::bench::measure::Times;
use crate::dev::bench::report::{self, GoalResult, Medium};
use crate::dev::bench::spec::{Scenario, Size};

use harness::OneTestHarness;
use package::OneTestPackage;

/// A value of `--scenario`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selection {
    Run(Scenario),
    Adoption,
}

/// The measurements of one harness.
#[derive(Debug)]
struct AdoptionRow {
    harness: OneTestHarness,
    clean_builds: Times,
    rebuilds: Times,
    /// The size of the debug test binary, in bytes.
    size: u64,
    n_crates: usize,
}

/// The table of the scenario.
#[derive(Debug)]
pub(super) struct AdoptionReport {
    load: String,
    others: Option<f64>,
    versions: Vec<String>,
    rows: [AdoptionRow; OneTestHarness::ALL.len()],
}

/// The goals of issue 17.
mod goal {
    pub(super) const CLEAN_BUILD: f64 = 1.0;
    pub(super) const REBUILD: f64 = 1.5;
    pub(super) const SIZE: f64 = 2.0;
    pub(super) const CRATES: usize = 54;
}

impl ValueEnum for Selection {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: OnceLock<Vec<Selection>> = OnceLock::new();
        ALL.get_or_init(|| {
            let scenarios = Scenario::value_variants().iter().map(|&scenario| Self::Run(scenario));
            scenarios.chain([Self::Adoption]).collect()
        })
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Run(scenario) => scenario.to_possible_value(),
            Self::Adoption => {
                Some(PossibleValue::new("adoption").help("A suite with one test: the cost of using a harness"))
            }
        }
    }
}

impl Selection {
    /// The scenarios that measure runs; `None` if only adoption was asked for. An empty list means all of them.
    pub(super) fn scenarios(asked: &[Self]) -> Option<Vec<Scenario>> {
        let run = |selection: &Self| match *selection {
            Self::Run(scenario) => Some(scenario),
            Self::Adoption => None,
        };
        let scenarios: Vec<Scenario> = asked.iter().filter_map(run).collect();
        (asked.is_empty() || !scenarios.is_empty()).then_some(scenarios)
    }

    pub(super) fn has_adoption(asked: &[Self]) -> bool {
        asked.is_empty() || asked.contains(&Self::Adoption)
    }
}

/// Fetches the crates of all harnesses.
pub(super) fn fetch() -> anyhow::Result<()> {
    OneTestHarness::ALL.into_iter().try_for_each(|harness| OneTestPackage::write(harness)?.fetch())
}

/// Builds the suite of each harness in turns: a clean build in every second round, and a rebuild with a touched source in each round.
pub(super) fn measure(rounds: usize, size: Size) -> anyhow::Result<AdoptionReport> {
    let rounds = match size {
        Size::Full => rounds,
        Size::Quick => 1,
    };
    let packages = OneTestHarness::ALL.map(OneTestPackage::write);
    let packages: Vec<OneTestPackage> = packages.into_iter().collect::<anyhow::Result<_>>()?;
    packages.iter().try_for_each(OneTestPackage::fetch)?;
    let load = machine::load();
    eprintln!("measuring builds of a suite with one test; load average {load}");
    let before = Usage::now();
    let mut clean_builds = vec![Vec::new(); packages.len()];
    let mut rebuilds = vec![Vec::new(); packages.len()];
    for round in 0..rounds {
        for turn in 0..packages.len() {
            let ix = (round + turn) % packages.len();
            if round % 2 == 0 {
                packages[ix].clean()?;
                clean_builds[ix].push(packages[ix].build()?.took);
            }
            packages[ix].touch()?;
            rebuilds[ix].push(packages[ix].build()?.took);
        }
    }
    let others = Usage::now().zip(before).map(|(now, before)| now.others_since(before));
    let mut versions = Vec::new();
    let mut rows = Vec::new();
    for ((package, clean_builds), rebuilds) in packages.iter().zip(clean_builds).zip(rebuilds) {
        versions.extend(package.versions()?);
        rows.push(AdoptionRow {
            harness: package.harness(),
            clean_builds: Times(clean_builds),
            rebuilds: Times(rebuilds),
            size: fs::metadata(package.build()?.executable)?.len(),
            n_crates: package.n_crates()?,
        });
    }
    let rows = rows.try_into().expect("each harness has a row");
    Ok(AdoptionReport { load, others, versions, rows })
}

impl AdoptionReport {
    pub(super) fn render(&self, medium: Medium) -> String {
        let title = "adoption: a suite with one test (dev profile)";
        let heading = match medium {
            Medium::Terminal => title.to_owned(),
            Medium::Markdown => format!("### {title}"),
        };
        let header = ["", "clean build", "touch and rebuild", "test binary", "crates"].map(str::to_owned);
        let mut table = report::table(medium, &header);
        for row in &self.rows {
            table.add_row([
                row.harness.name().to_owned(),
                report::time(row.clean_builds.median()),
                report::time(row.rebuilds.median()),
                format!("{:.1} MB", row.size as f64 / 1e6),
                row.n_crates.to_string(),
            ]);
        }
        let others = self.others.map_or("unknown".to_owned(), |percent| format!("{percent:.0} %"));
        let [first, ..] = &self.rows;
        let rounds =
            format!("Rounds: {} clean builds, {} rebuilds.", first.clean_builds.0.len(), first.rebuilds.0.len());
        format!(
            "{heading}\n\n{table}\n\n{rounds} Load average before: {}. CPU time used by others: {others}. {}, all with default features. \
             swimlanes is compiled without incremental compilation, as a crate from a registry is. The crates include those of build \
             scripts and macros.\n",
            self.load,
            self.versions.join(", "),
        )
    }

    pub(super) fn goal_results(&self) -> Vec<GoalResult> {
        let [_, mimic, rstest, ours] = &self.rows;
        let what = |figure: &str| format!("adoption: {figure}");
        let (mimic_name, rstest_name) = (mimic.harness.name(), rstest.harness.name());
        vec![
            GoalResult::ratio(
                what(&format!("clean build, × {rstest_name}")),
                report::ratio(ours.clean_builds.median(), rstest.clean_builds.median()),
                goal::CLEAN_BUILD,
            ),
            GoalResult::ratio(
                what(&format!("touch and rebuild, × {mimic_name}")),
                report::ratio(ours.rebuilds.median(), mimic.rebuilds.median()),
                goal::REBUILD,
            ),
            GoalResult::ratio(
                what(&format!("test binary, × {mimic_name}")),
                ours.size as f64 / mimic.size as f64,
                goal::SIZE,
            ),
            GoalResult::count(what("crates"), ours.n_crates, goal::CRATES),
        ]
    }
}

#[cfg(test)]
mod tests;
