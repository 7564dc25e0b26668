//! What stands after the last test: the failures with what they wrote, what was flaky, slow or not run, and the result.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::model::config::ReportConfig;
use crate::model::event::{AttemptFinished, CancelReason, CaseFinished, Event, RunStarted, Severity, Slow, Told};
use crate::model::outcome::Outcome;
use crate::model::verdict::{NotRunReason, Tally};
use crate::policy::summary::{Summary, SummaryLine};
use crate::report::buffer::{Buffer, FAINT, GREEN, RED, YELLOW};
use crate::report::failures::{self, FailedAttempts, TestReport, seconds, why_not_run};
use crate::report::late_output::LateOutput;

/// From here on a test is named among the slowest without being asked for.
const SLOW: Duration = Duration::from_secs(1);

/// How many of those are named at most.
const MOST_SLOW: u32 = 10;

/// Listens to everything, and writes at the end of the run.
pub(crate) struct RunSummary {
    config: Arc<ReportConfig>,
    summary: Summary,
    started: Option<RunStarted>,
    /// What attempts wrote whose cases are not over.
    open: Vec<AttemptFinished>,
    kept: Vec<FailedAttempts>,
    failures: Vec<TestReport>,
    flaky: Vec<TestReport>,
    successes: Vec<TestReport>,
    late: LateOutput,
}

impl RunSummary {
    pub(crate) fn new(config: &Arc<ReportConfig>) -> Self {
        Self {
            config: Arc::clone(config),
            summary: Summary::new(config.flaky),
            started: None,
            open: Vec::new(),
            kept: Vec::new(),
            failures: Vec::new(),
            flaky: Vec::new(),
            successes: Vec::new(),
            late: LateOutput::default(),
        }
    }

    pub(crate) fn told(&mut self, event: &Event, page: &mut Buffer) -> io::Result<()> {
        self.summary.add(event);
        match event {
            Event::RunStarted(started) => self.started = Some(started.clone()),
            Event::AttemptStarted { .. } => {}
            Event::AttemptFinished(finished) => {
                // What passed and wrote nothing that anybody wants to see is forgotten at once.
                let is_failed = matches!(finished.outcome, Outcome::Failed(_));
                if is_failed || (self.config.show_output && !finished.output.is_empty()) {
                    self.open.push(finished.clone());
                }
            }
            Event::CaseFinished(finished) => self.close(finished),
            Event::Kept { told, path } => self.kept.push(FailedAttempts { told: told.clone(), path: path.clone() }),
            Event::LateOutput { told, attempt, output } => match self.given_up(told, *attempt) {
                Some(attempt) => add_later(&mut attempt.output, output),
                None => self.late.add(told, output),
            },
            Event::Slow(told) => slow(told, page)?,
            Event::Trouble { message, gravity } => trouble(message, *gravity, page)?,
            Event::RunFinished(_) => self.write(page)?,
        }
        Ok(())
    }

    fn close(&mut self, finished: &CaseFinished) {
        let told = &finished.told;
        let is_its = |attempt: &mut AttemptFinished| (attempt.told.case, attempt.told.round) == (told.case, told.round);
        let attempts: Vec<AttemptFinished> = self.open.extract_if(.., is_its).collect();
        let piece = |attempts| TestReport { finished: finished.clone(), attempts };
        match finished.verdict.counts_as(self.config.flaky) {
            Tally::Failed => self.failures.push(piece(attempts)),
            Tally::Passed if finished.verdict.is_flaky() => self.flaky.push(piece(attempts)),
            Tally::Passed if self.config.show_output => self.successes.push(piece(attempts)),
            Tally::Passed | Tally::Skipped | Tally::NotRun => {}
        }
    }

    /// The attempt that was given up and ran on, if this is about one.
    fn given_up(&mut self, told: &Told, attempt: Option<u32>) -> Option<&mut AttemptFinished> {
        let its = (told.case, told.round, attempt?);
        let pieces = self.failures.iter_mut().chain(&mut self.flaky);
        let mut attempts = self.open.iter_mut().chain(pieces.flat_map(|piece| &mut piece.attempts));
        attempts.find(|attempt| (attempt.told.case, attempt.told.round, attempt.attempt) == its)
    }

    fn write(&mut self, page: &mut Buffer) -> io::Result<()> {
        let Some(started) = &self.started else { return Ok(()) };
        if self.config.show_output {
            failures::section("successes", &self.successes, &self.kept, started, page)?;
        }
        if !self.flaky.is_empty() {
            failures::section("flaky", &self.flaky, &self.kept, started, page)?;
        }
        if !self.failures.is_empty() {
            failures::section("failures", &self.failures, &self.kept, started, page)?;
        }
        self.late.write(started.rounds, page)?;
        self.write_slowest(page)?;
        self.write_not_run(page)?;
        self.write_result(page)
    }

    fn write_slowest(&self, page: &mut Buffer) -> io::Result<()> {
        let lines: Vec<&SummaryLine> = match self.config.durations {
            Some(n) => self.summary.slowest(n, Duration::ZERO),
            None => self.summary.slowest(MOST_SLOW, SLOW),
        };
        if lines.is_empty() {
            return Ok(());
        }
        page.text("\nslowest:\n");
        for line in lines {
            write!(page, "    {:>8} {}", seconds(line.took.all), line.name)?;
            if let Some(time) = failures::in_fixtures(line.took) {
                write!(page, " (in fixtures {})", seconds(time))?;
            }
            if line.attempts > 1 {
                write!(page, " ({} attempts)", line.attempts)?;
            }
            if line.queued >= Duration::from_millis(1) {
                write!(page, " (queued {})", seconds(line.queued))?;
            }
            page.line("")?;
        }
        Ok(())
    }

    fn write_not_run(&self, page: &mut Buffer) -> io::Result<()> {
        let not_run = &self.summary.not_run;
        let Some((_, because)) = not_run.first() else {
            return match self.summary.stopped {
                Some(CancelReason::Interrupted) => page.line("\nthe run was interrupted"),
                Some(CancelReason::OutOfTime) => page.line(format_args!("\n{}", why_not_run(NotRunReason::OutOfTime))),
                _ => Ok(()),
            };
        };
        let plural = if not_run.len() == 1 { "" } else { "s" };
        page.line(format_args!("\n{} test{plural} did not run: {}", not_run.len(), why_not_run(*because)))?;
        if *because == NotRunReason::Held {
            // The others are all that come later; these were picked.
            not_run.iter().try_for_each(|(name, _)| page.line(format_args!("    {name}")))?;
        }
        Ok(())
    }

    fn write_result(&self, page: &mut Buffer) -> io::Result<()> {
        let summary = &self.summary;
        page.text("\ntest result: ");
        if summary.is_green() {
            page.styled(GREEN, "ok")?
        } else {
            page.styled(RED, "FAILED")?
        }
        let counts = summary.conclusion();
        // As rounded to hundredths.
        let took = summary.took + Duration::from_millis(5);
        write!(
            page,
            ". {} passed; {} failed; {} ignored; {} measured; {} filtered out; finished in {}.{:02}s",
            counts.num_passed,
            counts.num_failed,
            counts.num_ignored,
            counts.num_measured,
            counts.num_filtered_out,
            took.as_secs(),
            took.subsec_millis() / 10,
        )?;
        if !summary.flaky.is_empty() {
            page.text("; ");
            page.styled(YELLOW, &format!("{} flaky", summary.flaky.len()))?;
        }
        if summary.leaky > 0 {
            page.text("; ");
            page.styled(YELLOW, &format!("{} leaky", summary.leaky))?;
        }
        page.text("\n\n");
        Ok(())
    }
}

/// What is seen of an attempt that had been given up.
fn add_later(output: &mut Vec<u8>, later: &[u8]) {
    if output.last().is_some_and(|&last| last != b'\n') {
        output.push(b'\n');
    }
    output.extend_from_slice(later);
}

/// In libtest's words, and where to look.
fn slow(slow: &Slow, page: &mut Buffer) -> io::Result<()> {
    page.end_line();
    let debugger = if cfg!(target_vendor = "apple") { "lldb" } else { "gdb" };
    page.line(format_args!("test {} has been running for over {}", slow.told.name, in_words(slow.after)))?;
    let where_to_look = format!("  = to look into it: {debugger} -p {} (thread {})", slow.process, slow.thread);
    page.styled(FAINT, &where_to_look)?;
    page.line("")
}

/// "60 seconds"
fn in_words(time: Duration) -> String {
    match (time.as_secs(), time.subsec_nanos()) {
        (1, 0) => "1 second".to_owned(),
        (seconds, 0) => format!("{seconds} seconds"),
        _ => format!("{} seconds", time.as_secs_f64()),
    }
}

fn trouble(message: &str, gravity: Severity, page: &mut Buffer) -> io::Result<()> {
    page.end_line();
    match gravity {
        Severity::Note => page.styled(YELLOW, "warning")?,
        Severity::Failure | Severity::Fault => page.styled(RED, "error")?,
    }
    page.line(format_args!(": {message}"))
}
