//! The attempts of a run on a page: a row for each worker, and a bar for each attempt. Sizes are in the units of the drawing.

use swimlanes_core::events::AttemptOutcome;

use super::recorded::RecordedRun;

pub(super) const WIDTH: f64 = 1000.0;
pub(super) const ROW: f64 = 18.0;

/// Narrower bars would not be visible.
const NARROWEST: f64 = 0.8;

/// A bar.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bar {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    /// The class of its color.
    pub(super) class: &'static str,
    /// Shown when the pointer is over it.
    pub(super) title: String,
}

/// The bars of the run, and the number of rows.
pub(super) fn bars(run: &RecordedRun) -> (Vec<Bar>, u32) {
    let end = |at: u64, took: u64| at.saturating_add(took);
    let last = run.attempts.iter().map(|finished| end(finished.at_ns, finished.took.took_ns)).max().unwrap_or(0);
    let total = last.max(run.finished.map_or(0, |finished| finished.took_ns)).max(1) as f64;
    let x = |time: u64| time as f64 / total * WIDTH;
    let bars = run.attempts.iter().map(|finished| {
        let (attempt, took) = (&finished.attempt, finished.took.took_ns);
        let seconds = took as f64 / 1e9;
        Bar {
            x: x(finished.at_ns),
            y: f64::from(attempt.worker) * ROW,
            width: x(took).max(NARROWEST),
            class: match finished.outcome {
                AttemptOutcome::Passed if attempt.attempt > 1 => "flaky",
                AttemptOutcome::Passed => "passed",
                AttemptOutcome::Failed(_) => "failed",
                AttemptOutcome::Skipped { .. } => "skipped",
            },
            title: format!(
                "{}, attempt {}, worker {}: {seconds:.3}s",
                attempt.test.name, attempt.attempt, attempt.worker
            ),
        }
    });
    let bars: Vec<Bar> = bars.collect();
    let rows = run.attempts.iter().map(|finished| finished.attempt.worker + 1).max().unwrap_or(0);
    (bars, rows)
}
