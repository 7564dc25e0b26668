//! The results as one HTML page without other files and without scripts.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use swimlanes_core::events::{CaseFinished, CaseVerdict};

use super::junit::{kind, why_not_run};
use super::recorded::{RecordedRun, RecordedSuite, Totals};
use super::timeline::{self, Bar};

const STYLE: &str = include_str!("report.css");

/// The page.
pub(super) fn render(suites: &[RecordedSuite]) -> String {
    let failed = suites.iter().filter(|suite| suite.has_failed()).count();
    let title = match failed {
        0 => format!("{} suites passed", suites.len()),
        _ => format!("{failed} of {} suites failed", suites.len()),
    };
    // Stable: otherwise in the order of the files.
    let mut suites: Vec<&RecordedSuite> = suites.iter().collect();
    suites.sort_by_key(|suite| !suite.has_failed());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                @for suite in &suites { (section(suite)) }
            }
        }
    };
    page.into_string()
}

fn section(suite: &RecordedSuite) -> Markup {
    let totals = suite.totals();
    html! {
        section {
            h2 { (suite.name) }
            (summary(&totals))
            @for note in suite.notes() { p.note { (note) } }
            @for run in &suite.runs { (workers(run)) }
            (tests(suite))
        }
    }
}

fn summary(totals: &Totals) -> Markup {
    let took = totals.took.as_secs_f64();
    let counts = [
        (totals.passed - totals.flaky, "passed"),
        (totals.flaky, "flaky"),
        (totals.failed, "failed"),
        (totals.skipped, "skipped"),
        (totals.not_run, "not run"),
    ];
    html! {
        p.summary {
            @for (n, word) in counts.into_iter().filter(|(n, _)| *n > 0) {
                span class=(word.replace(' ', "-")) { (n) " " (word) } " "
            }
            span { (format!("{took:.2} s")) }
        }
    }
}

fn workers(run: &RecordedRun) -> Markup {
    let (bars, rows) = timeline::bars(run);
    let height = f64::from(rows) * timeline::ROW;
    html! {
        figure {
            figcaption {
                "Run " code { (run.started.run) } ", " (run.started.workers) " workers, seed " (run.started.seed)
                @if let Some(missing) = run.missing() { ". " strong { (missing) } }
            }
            svg viewBox=(format!("0 0 {} {height}", timeline::WIDTH)) preserveAspectRatio="none" style=(format!("height: {height}px")) role="img" aria-label="What each worker ran" {
                @for row in (1..rows).map(|row| f64::from(row) * timeline::ROW) {
                    line x1="0" x2=(timeline::WIDTH) y1=(row) y2=(row) {}
                }
                @for bar in &bars { (rectangle(bar)) }
            }
        }
    }
}

fn rectangle(bar: &Bar) -> Markup {
    let (x, width) = (format!("{:.2}", bar.x), format!("{:.2}", bar.width));
    html! {
        rect class=(bar.class) x=(x) y=(bar.y + 2.0) width=(width) height=(timeline::ROW - 4.0) { title { (bar.title) } }
    }
}

/// The tests: those that need attention first, then the slowest first.
fn tests(suite: &RecordedSuite) -> Markup {
    let mut all: Vec<(&RecordedRun, &CaseFinished<'static>)> =
        suite.runs.iter().flat_map(|run| run.tests.iter().map(move |test| (run, test))).collect();
    let rank = |test: &CaseFinished<'_>| match test.verdict {
        CaseVerdict::Fail(_) => 0,
        CaseVerdict::Flaky { .. } => 1,
        CaseVerdict::NotRun { .. } => 2,
        CaseVerdict::Pass | CaseVerdict::Skip { .. } => 3,
    };
    all.sort_by_key(|(_, test)| (rank(test), std::cmp::Reverse(test.took.took_ns)));
    html! {
        table {
            thead { tr { th { "Result" } th { "Test" } th.number { "Worker" } th.number { "Time" } } }
            tbody { @for (run, test) in all { (row(run, test)) } }
        }
    }
}

fn row(run: &RecordedRun, test: &CaseFinished<'static>) -> Markup {
    let (class, word) = match &test.verdict {
        CaseVerdict::Pass => ("passed", "passed"),
        CaseVerdict::Flaky { .. } => ("flaky", "flaky"),
        CaseVerdict::Fail(_) => ("failed", "failed"),
        CaseVerdict::Skip { .. } => ("skipped", "skipped"),
        CaseVerdict::NotRun { .. } => ("not-run", "not run"),
    };
    let reason = match &test.verdict {
        CaseVerdict::Skip { reason } => reason.as_deref(),
        CaseVerdict::NotRun { because } => Some(why_not_run(*because)),
        _ => None,
    };
    let attempts: Vec<_> = run.failed_attempts(test).collect();
    html! {
        tr {
            td class=(class) { (word) }
            td {
                (run.name_of(test))
                @if let Some(reason) = reason { span.reason { ": " (reason) } }
                @for (attempt, failure) in &attempts {
                    details open[matches!(test.verdict, CaseVerdict::Fail(_))] {
                        summary {
                            "attempt " (attempt.attempt.attempt) ": " (kind(failure).replace('_', " "))
                            @if let Some(location) = &failure.location { " at " code { (location) } }
                        }
                        pre { (failure.message) }
                        @if !attempt.output.is_empty() { pre.output { (attempt.output) } }
                    }
                }
            }
            td.number { @if let Some(worker) = test.worker { (worker) } }
            td.number { @if test.attempts > 0 { (time(test.took.took_ns)) } }
        }
    }
}

fn time(nanoseconds: u64) -> String {
    match nanoseconds {
        0..1_000_000 => "< 1 ms".to_owned(),
        1_000_000..1_000_000_000 => format!("{} ms", nanoseconds / 1_000_000),
        _ => format!("{:.2} s", nanoseconds as f64 / 1e9),
    }
}
