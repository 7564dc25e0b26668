//! Adds up the events of a run.

use std::time::Duration;

use crate::model::event::{CancelReason, CaseFinished, Event, Severity};
use crate::model::leaks::Leaks;
use crate::model::timing::Timing;
use crate::model::verdict::{FlakyResult, NotRunReason, Tally, Verdict};

/// One case in a list of the summary.
#[derive(Debug, Clone)]
pub(crate) struct SummaryLine {
    pub(crate) name: &'static str,
    pub(crate) took: Timing,
    pub(crate) queued: Duration,
    pub(crate) attempts: u32,
}

/// The sums of a run.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    flaky_as: FlakyResult,
    /// Including flaky cases that count as passed.
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
    pub(crate) not_run: Vec<(&'static str, NotRunReason)>,
    pub(crate) flaky: Vec<SummaryLine>,
    /// The number of cases with leaks.
    pub(crate) leaky: usize,
    /// The leaks of all of them.
    pub(crate) leaks: Leaks,
    /// All cases that ran, in the order of their ends.
    pub(crate) ran: Vec<SummaryLine>,
    pub(crate) filtered_out: usize,
    pub(crate) stopped: Option<CancelReason>,
    pub(crate) took: Duration,
    /// The worst diagnostic.
    pub(crate) worst: Option<Severity>,
}

impl Summary {
    pub(crate) fn new(flaky_as: FlakyResult) -> Self {
        Self { flaky_as, ..Self::default() }
    }

    pub(crate) fn add(&mut self, event: &Event) {
        match event {
            Event::RunStarted(started) => self.filtered_out = started.filtered_out,
            Event::CaseFinished(finished) => self.add_case(finished),
            Event::Diagnostic { severity, .. } => self.worst = self.worst.max(Some(*severity)),
            Event::RunFinished(finished) => {
                self.took = finished.took;
                self.stopped = finished.stopped;
            }
            Event::AttemptStarted { .. }
            | Event::AttemptFinished(_)
            | Event::Kept { .. }
            | Event::LateOutput { .. }
            | Event::Slow(_) => {}
        }
    }

    /// Whether the run passed.
    pub(crate) fn is_green(&self) -> bool {
        self.failed == 0 && self.stopped.is_none() && self.worst.is_none_or(|worst| worst == Severity::Note)
    }

    /// The `n` slowest cases, slowest first, without those that took less than `least`.
    pub(crate) fn slowest(&self, n: u32, least: Duration) -> Vec<&SummaryLine> {
        let mut lines: Vec<_> = self.ran.iter().filter(|line| line.took.all >= least).collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.took.all));
        lines.truncate(n as usize);
        lines
    }

    /// The counts of libtest-mimic; they decide the exit code of a run.
    pub(crate) fn conclusion(&self) -> libtest_mimic::Conclusion {
        libtest_mimic::Conclusion {
            num_filtered_out: self.filtered_out as u64,
            num_passed: self.passed as u64,
            num_failed: self.failed as u64,
            num_ignored: self.skipped as u64,
            num_measured: 0,
        }
    }

    fn add_case(&mut self, finished: &CaseFinished) {
        let name = finished.test_id.name;
        let line = || SummaryLine { name, took: finished.took, queued: finished.queued, attempts: finished.attempts };
        match finished.verdict.counts_as(self.flaky_as) {
            Tally::Passed => self.passed += 1,
            Tally::Failed => self.failed += 1,
            Tally::Skipped => self.skipped += 1,
            Tally::NotRun => {}
        }
        if let Verdict::NotRun { because } = finished.verdict {
            self.not_run.push((name, because));
        }
        if !finished.leaks.is_none() {
            self.leaky += 1;
            self.leaks.add(&finished.leaks);
        }
        if finished.verdict.is_flaky() {
            self.flaky.push(line());
        }
        if finished.attempts > 0 {
            self.ran.push(line());
        }
    }
}
