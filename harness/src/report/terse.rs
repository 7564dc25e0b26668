//! One character per test, as in libtest.

use std::io::{self, Write};
use std::sync::Arc;

use crate::model::config::ReportConfig;
use crate::model::event::{CaseFinished, Event};
use crate::model::verdict::Tally;
use crate::report::buffer::{Buffer, GREEN, RED, YELLOW};
use crate::report::pretty::title;
use crate::report::reporter::Reporter;
use crate::report::summary::RunSummary;

/// The number of characters in a line, as in libtest.
const COLUMNS: usize = 88;

pub(crate) struct Terse {
    config: Arc<ReportConfig>,
    closing: RunSummary,
    column: usize,
    n_reported: usize,
    planned: usize,
}

impl Terse {
    pub(crate) fn new(config: &Arc<ReportConfig>) -> Self {
        Self { config: Arc::clone(config), closing: RunSummary::new(config), column: 0, n_reported: 0, planned: 0 }
    }

    fn result(&mut self, finished: &CaseFinished, buffer: &mut Buffer) -> io::Result<()> {
        let (style, character) = match finished.verdict.counts_as(self.config.flaky) {
            Tally::Passed if finished.verdict.is_flaky() => (YELLOW, "."),
            Tally::Passed => (GREEN, "."),
            Tally::Skipped => (YELLOW, "i"),
            Tally::NotRun => return Ok(()),
            Tally::Failed => {
                self.end_line(buffer)?;
                write!(buffer, "{} --- ", finished.test_id.name)?;
                buffer.styled(RED, "FAILED")?;
                buffer.line("")?;
                self.n_reported += 1;
                return Ok(());
            }
        };
        buffer.styled(style, character)?;
        self.n_reported += 1;
        self.column += 1;
        if self.column == COLUMNS { self.end_line(buffer) } else { Ok(()) }
    }

    fn end_line(&mut self, buffer: &mut Buffer) -> io::Result<()> {
        if self.column > 0 {
            writeln!(buffer, " {}/{}", self.n_reported, self.planned)?;
            self.column = 0;
        }
        Ok(())
    }
}

impl Reporter for Terse {
    fn handle(&mut self, event: &Event, buffer: &mut Buffer) -> io::Result<()> {
        match event {
            Event::RunStarted(started) => {
                self.planned = started.planned;
                title(started, buffer)?;
            }
            Event::CaseFinished(finished) => self.result(finished, buffer)?,
            Event::RunFinished(_) if self.column > 0 => buffer.line("")?,
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
