//! One line per test, as in libtest.

use std::io::{self, Write};
use std::sync::Arc;

use crate::model::config::ReportConfig;
use crate::model::event::{CaseFinished, Event, RunStarted};
use crate::model::verdict::{Tally, Verdict};
use crate::report::buffer::{Buffer, GREEN, RED, YELLOW};
use crate::report::reporter::Reporter;
use crate::report::summary::RunSummary;

pub(crate) struct Pretty {
    config: Arc<ReportConfig>,
    closing: RunSummary,
}

impl Pretty {
    pub(crate) fn new(config: &Arc<ReportConfig>) -> Self {
        Self { config: Arc::clone(config), closing: RunSummary::new(config) }
    }

    fn line(&self, finished: &CaseFinished, buffer: &mut Buffer) -> io::Result<()> {
        let mark = if finished.should_panic { " - should panic" } else { "" };
        let count = finished.verdict.counts_as(self.config.flaky);
        if count == Tally::NotRun {
            return Ok(());
        }
        write!(buffer, "test {}{mark} ... ", finished.test_id.name)?;
        match count {
            Tally::Passed => buffer.styled(GREEN, "ok")?,
            Tally::Failed => buffer.styled(RED, "FAILED")?,
            Tally::Skipped | Tally::NotRun => buffer.styled(YELLOW, "ignored")?,
        }
        match &finished.verdict {
            Verdict::Flaky { .. } => {
                buffer.text(" ");
                buffer.styled(YELLOW, &format!("(flaky: passed on attempt {})", finished.attempts))?;
            }
            Verdict::Skip { reason: Some(reason) } => write!(buffer, ", {}", one_line(reason))?,
            Verdict::Pass | Verdict::Fail(_) | Verdict::Skip { reason: None } | Verdict::NotRun { .. } => {}
        }
        if !finished.leaks.is_none() && self.closing.has_room_for_leaks() {
            buffer.text(" ");
            buffer.styled(YELLOW, &format!("(leaky: {})", finished.leaks.detailed()))?;
        }
        if self.config.report_time && finished.attempts > 0 {
            write!(buffer, " <{:.3}s>", finished.took.all.as_secs_f64())?;
        }
        buffer.text("\n");
        Ok(())
    }
}

impl Reporter for Pretty {
    fn handle(&mut self, event: &Event, buffer: &mut Buffer) -> io::Result<()> {
        match event {
            Event::RunStarted(started) => title(started, buffer)?,
            Event::CaseFinished(finished) => self.line(finished, buffer)?,
            Event::AttemptStarted { .. }
            | Event::AttemptFinished(_)
            | Event::Kept { .. }
            | Event::LateOutput { .. }
            | Event::Slow(_)
            | Event::Diagnostic { .. }
            | Event::RunFinished(_) => {}
        }
        self.closing.handle(event, buffer)
    }
}

/// "running 3 tests"
pub(crate) fn title(started: &RunStarted, buffer: &mut Buffer) -> io::Result<()> {
    buffer.text("\nrunning ");
    buffer.text(&started.planned.to_string());
    buffer.text(if started.planned == 1 { " test" } else { " tests" });
    if started.shuffled {
        write!(buffer, " (shuffle seed: {})", started.seed)?;
    }
    buffer.text("\n");
    Ok(())
}

// A reason with line breaks would look like several results.
fn one_line(reason: &str) -> String {
    reason.split_whitespace().collect::<Vec<_>>().join(" ")
}
