//! Turns times into tables, and shows which goals were reached. Does not measure.

use std::time::Duration;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use crate::dev::bench::measure::Measurement;
use crate::dev::bench::scenario::thousands;
use crate::dev::bench::spec::{Arguments, Build, Contender, Goal, Runner, Scenario, Size};
use crate::dev::bench::suite::BenchSuite;
use crate::dev::bench::tags;

/// A scenario in the report.
#[derive(Debug)]
pub(super) enum Part {
    Measured(Section),
    NotMeasured { scenario: Scenario, size: Size, build: Build, why: String },
}

/// The results of one scenario.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) scenario: Scenario,
    pub(super) size: Size,
    pub(super) build: Build,
    pub(super) suite: BenchSuite,
    /// The load average before it.
    pub(super) load: String,
    /// The share of the CPU time that other processes used, in percent. With more than a few percent, the figures are not reliable.
    pub(super) others: Option<f64>,
    /// A sentence about the server or other resources; may be empty.
    pub(super) besides: Option<String>,
    /// The others are compared with the first one.
    pub(super) rows: Vec<(Contender, Measurement)>,
}

/// A goal, and the measured value.
#[derive(Debug)]
pub(super) struct GoalResult {
    what: String,
    measured: f64,
    at_most: f64,
    unit: Unit,
}

/// The measured value of a goal.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Ratio,
    Microseconds,
    Percent,
    Count,
}

/// The columns of a table.
#[derive(Debug, Clone, Copy)]
enum Column {
    Tests,
    Median,
    Range,
    TimesFirst,
    TimesBound,
    SpeedUp,
    PerTest,
    PerLine,
    WrongLines,
    Cpu,
    CoreShare,
}

/// Where a table is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    Terminal,
    Markdown,
}

impl Part {
    pub(super) fn render(&self, medium: Medium) -> String {
        match self {
            Self::Measured(section) => section.render(medium),
            &Self::NotMeasured { scenario, size, build, ref why } => {
                format!("{}\n\nnot measured: {why}\n", heading(scenario, size, build, medium))
            }
        }
    }

    pub(super) fn goal_results(&self) -> Vec<GoalResult> {
        match self {
            Self::Measured(section) => section.goal_results(),
            Self::NotMeasured { .. } => Vec::new(),
        }
    }
}

impl Section {
    fn render(&self, medium: Medium) -> String {
        let heading = heading(self.scenario, self.size, self.build, medium);
        let bound = match self.suite.lower_bound() {
            Duration::ZERO => String::new(),
            bound => format!(" Lower bound {}.", time(bound)),
        };
        let besides = self.besides.iter().map(|sentence| format!(" {sentence}")).collect::<String>();
        let note = self.scenario.note();
        let space = if note.is_empty() { "" } else { " " };
        let others = self.others.map_or("unknown".to_owned(), |percent| format!("{percent:.0} %"));
        let rounds = self.rows[0].1.took.0.len();
        let calm = format!("Load average before: {}. CPU time used by others: {others}.", self.load);
        format!("{heading}\n\n{}\n\nRounds: {rounds}. {calm}{bound}{besides}{space}{note}\n", self.table(medium))
    }

    fn goal_results(&self) -> Vec<GoalResult> {
        let goals = self.rows.iter().flat_map(|row| row.0.goals.iter().map(move |&goal| (row, goal)));
        goals.filter_map(|((contender, measured), goal)| self.goal_result(contender, measured, goal)).collect()
    }

    /// `None` if the system does not measure it.
    fn goal_result(&self, contender: &Contender, measured: &Measurement, goal: Goal) -> Option<GoalResult> {
        let median = measured.took.median();
        let (what, measured, at_most, unit) = match goal {
            Goal::TimesFirst(at_most) => {
                let what = format!("× {}", self.scenario.first());
                (what, ratio(median, self.first().took.median()), at_most, Unit::Ratio)
            }
            Goal::TimesBound(at_most) => {
                ("× bound".to_owned(), ratio(median, self.suite.lower_bound()), at_most, Unit::Ratio)
            }
            Goal::CoreShare(at_most) => ("CPU time".to_owned(), measured.core_share()?, at_most, Unit::Percent),
            Goal::PerTest(at_most) => {
                let per_test = self.per_test(contender, measured).as_secs_f64() * 1e6;
                (format!("{} tests, a test", self.n_tests(contender)), per_test, at_most, Unit::Microseconds)
            }
            Goal::TimesFewest(at_most) => {
                let (fewest, its_measured) = self.fewest(contender)?;
                let what = format!("a test, × with {}", self.n_tests(fewest));
                let times = ratio(self.per_test(contender, measured), self.per_test(fewest, its_measured));
                (what, times, at_most, Unit::Ratio)
            }
            Goal::WrongLines(at_most) => {
                ("wrong lines".to_owned(), measured.wrong_lines?.into(), at_most.into(), Unit::Count)
            }
        };
        let what = format!("{}, {}: {}, {what}", self.scenario.name(), self.build.name(), contender.name);
        Some(GoalResult { what, measured, at_most, unit })
    }

    fn first(&self) -> &Measurement {
        &self.rows[0].1
    }

    fn n_tests(&self, contender: &Contender) -> String {
        thousands(tags::n_tests(&self.suite, contender))
    }

    /// The contender with the same tags and the same number of tests as the suite.
    fn fewest(&self, contender: &Contender) -> Option<&(Contender, Measurement)> {
        let Runner::Made(tagging, _) = contender.runner else { return None };
        self.rows.iter().find(|(other, _)| other.runner == Runner::Made(tagging, 1))
    }

    /// The time of the run for each test; the time of a run without tests is subtracted, if it was measured.
    fn per_test(&self, contender: &Contender, measured: &Measurement) -> Duration {
        let is_start = |(other, _): &&(Contender, Measurement)| matches!(other.runner, Runner::Made(_, 0));
        let start = matches!(contender.runner, Runner::Made(..)).then(|| self.rows.iter().find(is_start)).flatten();
        let start = start.map_or(Duration::ZERO, |(_, start)| start.took.median());
        measured.took.median().saturating_sub(start) / (tags::n_tests(&self.suite, contender) as u32).max(1)
    }

    fn columns(&self) -> &'static [Column] {
        match self.scenario {
            Scenario::Empty | Scenario::Nextest | Scenario::Sqlite | Scenario::Postgres => {
                &[Column::Median, Column::Range, Column::TimesFirst, Column::PerTest]
            }
            Scenario::Sleeps | Scenario::Shared | Scenario::Alone => {
                &[Column::Median, Column::Range, Column::TimesFirst, Column::TimesBound]
            }
            Scenario::Lines => {
                &[Column::Median, Column::Range, Column::TimesFirst, Column::PerLine, Column::WrongLines]
            }
            Scenario::Idle => &[Column::Median, Column::TimesBound, Column::Cpu, Column::CoreShare],
            Scenario::Tags => &[Column::Tests, Column::Median, Column::Range, Column::PerTest],
            Scenario::Lanes => &[Column::Median, Column::Range, Column::SpeedUp, Column::Cpu, Column::CoreShare],
        }
    }

    fn table(&self, medium: Medium) -> Table {
        let columns = self.columns();
        let header = columns.iter().map(|&column| self.header(column));
        let mut table = table(medium, &[String::new()].into_iter().chain(header).collect::<Vec<_>>());
        for (contender, measured) in &self.rows {
            let cells = columns.iter().map(|&column| self.cell(column, contender, measured));
            table.add_row([contender.name.to_owned()].into_iter().chain(cells));
        }
        table
    }

    fn header(&self, column: Column) -> String {
        let header = match column {
            Column::Tests => "tests",
            Column::Median => "median",
            Column::Range => "shortest – longest",
            Column::TimesFirst => return format!("× {}", self.scenario.first()),
            Column::TimesBound => "× bound",
            Column::SpeedUp => return format!("speed-up over {}", self.scenario.first()),
            Column::PerTest => "per test",
            Column::PerLine => "per line",
            Column::WrongLines => "wrong lines",
            Column::Cpu => "CPU time per run",
            Column::CoreShare => "of a core",
        };
        header.to_owned()
    }

    fn cell(&self, column: Column, contender: &Contender, measured: &Measurement) -> String {
        let median = measured.took.median();
        match column {
            Column::Tests => self.n_tests(contender),
            Column::Median => time(median),
            Column::Range => format!("{} – {}", time(measured.took.shortest()), time(measured.took.longest())),
            Column::TimesFirst => figure(ratio(median, self.first().took.median())),
            Column::TimesBound => figure(ratio(median, self.suite.lower_bound())),
            // A contender that runs only some of the tests has no speed-up.
            Column::SpeedUp if matches!(contender.runner, Runner::Own(Arguments { only: [_, ..], .. })) => {
                String::new()
            }
            Column::SpeedUp => figure(ratio(self.first().took.median(), median)),
            // Without tests there is no time for each test.
            Column::PerTest if matches!(contender.runner, Runner::Made(_, 0)) => String::new(),
            Column::PerTest => time(self.per_test(contender, measured)),
            Column::PerLine => format!("{} ns", (median / self.suite.n_lines()).as_nanos()),
            Column::WrongLines => measured.wrong_lines.map_or_else(String::new, |n| thousands(n as usize)),
            Column::Cpu => {
                let each = measured.cpu.map(|cpu| cpu / measured.took.0.len() as u32);
                each.map_or_else(|| "unknown".to_owned(), |cpu| format!("{} ms", cpu.as_millis()))
            }
            Column::CoreShare => measured.core_share().map_or_else(|| "unknown".to_owned(), percent),
        }
    }
}

impl GoalResult {
    pub(super) fn ratio(what: String, measured: f64, at_most: f64) -> Self {
        Self { what, measured, at_most, unit: Unit::Ratio }
    }

    pub(super) fn count(what: String, measured: usize, at_most: usize) -> Self {
        Self { what, measured: measured as f64, at_most: at_most as f64, unit: Unit::Count }
    }

    pub(super) fn is_reached(&self) -> bool {
        self.measured <= self.at_most
    }

    fn figure(&self, it: f64) -> String {
        match self.unit {
            Unit::Ratio => figure(it),
            Unit::Microseconds => format!("{it:.1} µs"),
            Unit::Percent => percent(it),
            Unit::Count => thousands(it as usize),
        }
    }
}

/// The goals as a table, if there are any.
pub(super) fn goal_results(goal_results: &[GoalResult], medium: Medium) -> String {
    if goal_results.is_empty() {
        return String::new();
    }
    let mut table = table(medium, &["goal", "at most", "measured", ""].map(str::to_owned));
    for goal_result in goal_results {
        let word = if goal_result.is_reached() { "reached" } else { "missed" };
        table.add_row([
            &*goal_result.what,
            &goal_result.figure(goal_result.at_most),
            &goal_result.figure(goal_result.measured),
            word,
        ]);
    }
    format!("{table}\n")
}

pub(super) fn title(scenario: Scenario, size: Size, build: Build) -> String {
    let word = scenario.word();
    format!("{word}: {} ({} profile)", scenario.title(size), build.name())
}

fn heading(scenario: Scenario, size: Size, build: Build, medium: Medium) -> String {
    let title = title(scenario, size, build);
    match medium {
        Medium::Terminal => title,
        Medium::Markdown => format!("### {title}"),
    }
}

/// The first column is text, the others are figures.
pub(super) fn table(medium: Medium, header: &[String]) -> Table {
    let style = match medium {
        Medium::Terminal => TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')),
        Medium::Markdown => ASCII_MARKDOWN,
    };
    let mut table = Table::new();
    table.load_style(style).set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

pub(super) fn ratio(time: Duration, of: Duration) -> f64 {
    time.as_secs_f64() / of.as_secs_f64()
}

/// The number with three significant digits.
fn figure(ratio: f64) -> String {
    if ratio < 1.0 { format!("{ratio:.3}") } else { format!("{ratio:.2}") }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

pub(super) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match time.as_micros() {
        0..1_000 => format!("{:.1} µs", seconds * 1e6),
        1_000..100_000 => format!("{:.1} ms", seconds * 1e3),
        100_000..1_000_000 => format!("{:.0} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

#[cfg(test)]
mod tests;
