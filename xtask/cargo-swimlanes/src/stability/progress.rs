//! Prints the progress to stderr: a bar on a terminal, and a line for each run that failed.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::stability::model::{Campaign, Outcome, PlannedRun, Run};

/// The maximum number of names in a line.
const MAX_NAMES: usize = 3;

/// The runs that get a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunLines {
    All,
    /// Runs that did not pass.
    Bad,
}

/// Shows the progress of the campaign.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    lines: RunLines,
    n_done: usize,
    n_bad: usize,
}

impl Progress {
    pub(super) fn start(campaign: &Campaign, lines: RunLines) -> Self {
        let bar = ProgressBar::with_draw_target(Some(campaign.n_planned as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:20} {pos}/{len} runs, {prefix}{eta} left  {wide_msg}");
        bar.set_style(style.expect("the template is a constant").progress_chars("━╸ "));
        // Otherwise the remaining time would not change during a long run.
        bar.enable_steady_tick(Duration::from_millis(500));
        let progress = Self { bar, lines, n_done: 0, n_bad: 0 };
        // Printed at the start, in case the campaign does not end.
        progress.say(&format!("{} runs, seed {}", campaign.n_planned, campaign.seed));
        progress
    }

    pub(super) fn starts(&self, campaign: &Campaign, planned: &PlannedRun) {
        self.bar.set_message(format!("{} at level {}", campaign.suites[planned.suite].binary.name, planned.level));
    }

    pub(super) fn ended(&mut self, campaign: &Campaign, run: &Run) {
        self.n_done += 1;
        if run.outcome != Outcome::Passed {
            self.n_bad += 1;
            self.bar.set_prefix(format!("{} not green, ", self.n_bad));
        }
        if self.lines == RunLines::All || run.outcome != Outcome::Passed {
            self.say(&line(campaign, self.n_done, run));
        } else if self.bar.is_hidden() && self.is_at_tenth(campaign.n_planned) {
            // A log shows progress, too.
            self.say(&format!("{} of {} runs, {} not green", self.n_done, campaign.n_planned, self.n_bad));
        }
        self.bar.inc(1);
    }

    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }

    fn is_at_tenth(&self, n_planned: usize) -> bool {
        self.n_done * 10 / n_planned > (self.n_done - 1) * 10 / n_planned
    }

    fn say(&self, line: &str) {
        match self.bar.is_hidden() {
            // Unlike `eprintln`, a closed stderr must not end the campaign.
            true => drop(writeln!(io::stderr(), "{line}")),
            false => self.bar.println(line),
        }
    }
}

/// `run 7/90  shop::api  level 4  seed 81273  failed: db::reads, sums  (0.31s)`
fn line(campaign: &Campaign, n_done: usize, run: &Run) -> String {
    let suite = &campaign.suites[run.planned.suite];
    let name = |ix: usize| suite.tests[ix].as_str();
    let failed = run.results.iter().enumerate().filter(|(_, result)| result.is_failure());
    let failed: Vec<&str> = failed.map(|(ix, _)| name(ix)).collect();
    let suspects: Vec<&str> = run.suspects.iter().map(|&ix| name(ix)).collect();
    let mut what = Vec::new();
    if run.outcome.is_fault() {
        what.push(format!("{}: it {}", run.outcome.word(), run.end));
        what.extend((run.n_lost() > 0).then(|| format!("{} of {} lost", run.n_lost(), suite.tests.len())));
        what.extend((!suspects.is_empty()).then(|| format!("last seen running: {}", names(&suspects))));
    }
    if run.outcome != Outcome::Interrupted && !failed.is_empty() {
        what.push(format!("failed: {}", names(&failed)));
    }
    if what.is_empty() {
        what.push(run.outcome.word().to_owned());
    }
    let (n, all, name, level) = (n_done, campaign.n_planned, &suite.binary.name, run.planned.level);
    let seed = suite.seed_of(&run.planned).map(|seed| format!("  seed {seed}")).unwrap_or_default();
    format!("run {n}/{all}  {name}  level {level}{seed}  {}  ({:.2}s)", what.join("; "), run.took.as_secs_f64())
}

fn names(names: &[&str]) -> String {
    let listed_names = names.iter().take(MAX_NAMES).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_NAMES) {
        0 => listed_names,
        more => format!("{listed_names} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(n: usize, expected: &str) {
        assert_eq!(names(&["a", "b", "c", "d", "e"][..n]), expected);
    }

    #[test]
    fn a_line_lists_three_names_at_most() {
        check(0, "");
        check(3, "a, b, c");
        check(5, "a, b, c and 2 more");
    }
}
