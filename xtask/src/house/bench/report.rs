//! Turns times into tables, and says which goals were reached. Measures nothing.

use std::time::Duration;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use crate::house::bench::measure::Times;
use crate::house::bench::scenario::{Build, Goal, Rival, Scenario, Size};
use crate::house::bench::suite::Suite;

/// What came out of one scenario.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) scenario: Scenario,
    pub(super) size: Size,
    pub(super) build: Build,
    pub(super) suite: Suite,
    /// How many processes wanted to run before it.
    pub(super) load: String,
    /// Which part of the machine others used meanwhile, in percent. From a few percent on, the figures are worth little.
    pub(super) others: Option<f64>,
    /// The first one is what the others are compared with.
    pub(super) rows: Vec<(Rival, Times)>,
}

/// A goal, and how far we are.
#[derive(Debug)]
pub(super) struct Aim {
    what: String,
    ratio: f64,
    at_most: f64,
}

/// Where a table is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    Terminal,
    Markdown,
}

impl Section {
    pub(super) fn render(&self, medium: Medium) -> String {
        let title = title(self.scenario, self.size, self.build);
        let heading = match medium {
            Medium::Terminal => title,
            Medium::Markdown => format!("### {title}"),
        };
        let bound = match self.suite.lower_bound() {
            Duration::ZERO => String::new(),
            bound => format!(" Lower bound {}.", time(bound)),
        };
        let note = self.scenario.note();
        let space = if note.is_empty() { "" } else { " " };
        let others = self.others.map_or("unknown".to_owned(), |percent| format!("{percent:.0} %"));
        let rounds = self.rows[0].1.0.len();
        let calm = format!("Load average before: {}. Used by others meanwhile: {others}.", self.load);
        format!("{heading}\n\n{}\n\nRounds: {rounds}. {calm}{bound}{space}{note}\n", self.table(medium))
    }

    pub(super) fn aims(&self) -> Vec<Aim> {
        let (_, first) = &self.rows[0];
        let aims = self.rows.iter().filter_map(|(rival, times)| {
            let (of, ratio, at_most) = match rival.goal? {
                Goal::TimesFirst(at_most) => (self.scenario.first(), ratio(times.median(), first.median()), at_most),
                Goal::TimesBound(at_most) => ("bound", ratio(times.median(), self.suite.lower_bound()), at_most),
            };
            let letter = self.scenario.letter();
            let what = format!("{letter}, {}: {}, × {of}", self.build.name(), rival.name);
            Some(Aim { what, ratio, at_most })
        });
        aims.collect()
    }

    fn table(&self, medium: Medium) -> Table {
        let (_, first) = &self.rows[0];
        let bound = self.suite.lower_bound();
        let n_cases = self.suite.cases.len() as u32;
        let last = if bound.is_zero() { "per test" } else { "× bound" };
        let by_first = format!("× {}", self.scenario.first());
        let mut table = table(medium, &["", "median", "shortest – longest", &by_first, last]);
        for (rival, times) in &self.rows {
            let median = times.median();
            let last = if bound.is_zero() { time(median / n_cases) } else { figure(ratio(median, bound)) };
            let range = format!("{} – {}", time(times.shortest()), time(times.longest()));
            let by_first = figure(ratio(median, first.median()));
            table.add_row([rival.name.to_owned(), time(median), range, by_first, last]);
        }
        table
    }
}

impl Aim {
    pub(super) fn is_reached(&self) -> bool {
        self.ratio <= self.at_most
    }
}

/// The goals in a table, if there are some.
pub(super) fn aims(aims: &[Aim], medium: Medium) -> String {
    if aims.is_empty() {
        return String::new();
    }
    let mut table = table(medium, &["goal", "at most", "measured", ""]);
    for aim in aims {
        let word = if aim.is_reached() { "reached" } else { "missed" };
        table.add_row([&*aim.what, &figure(aim.at_most), &figure(aim.ratio), word]);
    }
    format!("{table}\n")
}

pub(super) fn title(scenario: Scenario, size: Size, build: Build) -> String {
    let letter = scenario.letter();
    format!("{letter}: {} ({} profile)", scenario.title(size), build.name())
}

/// The first column is text, the others are figures.
fn table(medium: Medium, header: &[&str]) -> Table {
    let style = match medium {
        Medium::Terminal => TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')),
        Medium::Markdown => ASCII_MARKDOWN,
    };
    let mut table = Table::new();
    table.load_style(style).set_header(header.iter().copied());
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn ratio(time: Duration, of: Duration) -> f64 {
    time.as_secs_f64() / of.as_secs_f64()
}

/// Three digits that mean something.
fn figure(ratio: f64) -> String {
    if ratio < 1.0 { format!("{ratio:.3}") } else { format!("{ratio:.2}") }
}

fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match time.as_micros() {
        0..1_000 => format!("{:.1} µs", seconds * 1e6),
        1_000..100_000 => format!("{:.1} ms", seconds * 1e3),
        100_000..1_000_000 => format!("{:.0} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// The rivals of a scenario with these medians in microseconds, each with a round that was twice as fast and one
    /// that was twice as slow.
    fn section(scenario: Scenario, medians: &[u64]) -> Section {
        let times = |&median: &u64| Times([median, 2 * median, median / 2].map(Duration::from_micros).to_vec());
        let rows = scenario.rivals(Build::Release).into_iter().zip(medians.iter().map(times)).collect();
        let (suite, load) = (scenario.suite(Size::Full), "0.10 0.20 0.30".to_owned());
        Section { scenario, size: Size::Full, build: Build::Release, suite, load, others: Some(1.2), rows }
    }

    #[track_caller]
    fn check(scenario: Scenario, medians: &[u64], medium: Medium, expected: Expect) {
        let section = section(scenario, medians);
        let text = section.render(medium) + "\n" + &aims(&section.aims(), medium);
        // Lines are padded with blanks, which editors take away.
        let lines: String = text.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
        expected.assert_eq(&lines);
    }

    #[test]
    fn without_a_bound_the_cost_of_a_test_is_told() {
        check(
            Scenario::Empty,
            &[533_000, 96_540, 53_301],
            Medium::Terminal,
            expect![[r#"
                a: 10,000 empty tests, 2 workers (release profile)

                                  median   shortest – longest   × libtest   per test
                ─────────────────────────────────────────────────────────────────────
                 libtest          533 ms      266 ms – 1.07 s        1.00    53.3 µs
                 libtest-mimic   96.5 ms     48.3 ms – 193 ms       0.181     9.7 µs
                 swimlanes       53.3 ms     26.6 ms – 107 ms       0.100     5.3 µs

                Rounds: 3. Load average before: 0.10 0.20 0.30. Used by others meanwhile: 1 %.

                 goal                               at most   measured
                ────────────────────────────────────────────────────────────────
                 a, release: swimlanes, × libtest     0.100      0.100   missed
            "#]],
        );
        check(
            Scenario::Empty,
            &[533_000, 96_540, 53_299],
            Medium::Markdown,
            expect![[r#"
                ### a: 10,000 empty tests, 2 workers (release profile)

                |               |  median | shortest – longest | × libtest | per test |
                |---------------|---------|--------------------|-----------|----------|
                | libtest       |  533 ms |    266 ms – 1.07 s |      1.00 |  53.3 µs |
                | libtest-mimic | 96.5 ms |   48.3 ms – 193 ms |     0.181 |   9.7 µs |
                | swimlanes     | 53.3 ms |   26.6 ms – 107 ms |     0.100 |   5.3 µs |

                Rounds: 3. Load average before: 0.10 0.20 0.30. Used by others meanwhile: 1 %.

                | goal                             | at most | measured |         |
                |----------------------------------|---------|----------|---------|
                | a, release: swimlanes, × libtest |   0.100 |    0.100 | reached |
            "#]],
        );
    }

    #[test]
    fn with_a_bound_its_multiple_is_told() {
        check(
            Scenario::Shared,
            &[2_210_000, 1_520_000, 1_320_001],
            Medium::Terminal,
            expect![[r#"
                c: 60 free tests, 30 + 20 on two resources, 10 on one key, 40 ms each, 8 workers (release profile)

                                              median   shortest – longest   × serial_test   × bound
                ────────────────────────────────────────────────────────────────────────────────────
                 libtest + serial_test        2.21 s      1.10 s – 4.42 s            1.00      1.84
                 cargo-nextest, test groups   1.52 s      760 ms – 3.04 s           0.688      1.27
                 swimlanes                    1.32 s      660 ms – 2.64 s           0.597      1.10

                Rounds: 3. Load average before: 0.10 0.20 0.30. Used by others meanwhile: 1 %. Lower bound 1.20 s. libtest and libtest-mimic by themselves cannot keep tests apart.

                 goal                             at most   measured
                ──────────────────────────────────────────────────────────────
                 c, release: swimlanes, × bound      1.10       1.10   missed
            "#]],
        );
    }
}
