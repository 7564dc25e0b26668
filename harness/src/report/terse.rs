//! One character for each test, as libtest writes them.

use std::io::{self, Write};
use std::sync::Arc;

use crate::model::config::ReportConfig;
use crate::model::event::{CaseFinished, Event};
use crate::model::verdict::Tally;
use crate::report::buffer::{Buffer, GREEN, RED, YELLOW};
use crate::report::pretty::title;
use crate::report::reporter::Reporter;
use crate::report::summary::RunSummary;

/// After so many characters a line ends, as in libtest.
const COLUMNS: usize = 88;

pub(crate) struct Terse {
    config: Arc<ReportConfig>,
    closing: RunSummary,
    column: usize,
    told: usize,
    planned: usize,
}

impl Terse {
    pub(crate) fn new(config: &Arc<ReportConfig>) -> Self {
        Self { config: Arc::clone(config), closing: RunSummary::new(config), column: 0, told: 0, planned: 0 }
    }

    fn result(&mut self, finished: &CaseFinished, page: &mut Buffer) -> io::Result<()> {
        let (style, character) = match finished.verdict.counts_as(self.config.flaky) {
            Tally::Passed if finished.verdict.is_flaky() => (YELLOW, "."),
            Tally::Passed => (GREEN, "."),
            Tally::Skipped => (YELLOW, "i"),
            Tally::NotRun => return Ok(()),
            Tally::Failed => {
                self.end_line(page)?;
                write!(page, "{} --- ", finished.told.name)?;
                page.styled(RED, "FAILED")?;
                page.line("")?;
                self.told += 1;
                return Ok(());
            }
        };
        page.styled(style, character)?;
        self.told += 1;
        self.column += 1;
        if self.column == COLUMNS { self.end_line(page) } else { Ok(()) }
    }

    fn end_line(&mut self, page: &mut Buffer) -> io::Result<()> {
        if self.column > 0 {
            writeln!(page, " {}/{}", self.told, self.planned)?;
            self.column = 0;
        }
        Ok(())
    }
}

impl Reporter for Terse {
    fn told(&mut self, event: &Event, page: &mut Buffer) -> io::Result<()> {
        match event {
            Event::RunStarted(started) => {
                self.planned = started.planned;
                title(started, page)?;
            }
            Event::CaseFinished(finished) => self.result(finished, page)?,
            Event::RunFinished(_) if self.column > 0 => page.line("")?,
            Event::AttemptStarted { .. }
            | Event::AttemptFinished(_)
            | Event::Kept { .. }
            | Event::LateOutput { .. }
            | Event::Slow(_)
            | Event::Trouble { .. }
            | Event::RunFinished(_) => {}
        }
        self.closing.told(event, page)
    }
}
