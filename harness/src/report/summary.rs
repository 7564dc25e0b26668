//! What follows the last test: the failures with their output, the flaky and slow tests, the tests that did not run,
//! and the result.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::model::config::ReportConfig;
use crate::model::event::{AttemptFinished, CancelReason, CaseFinished, Event, RunStarted, Severity, Slow, TestId};
use crate::model::outcome::Outcome;
use crate::model::verdict::{NotRunReason, Tally};
use crate::policy::summary::{Summary, SummaryLine};
use crate::report::buffer::{Buffer, FAINT, GREEN, RED, YELLOW};
use crate::report::failures::{self, KeptPath, TestReport, not_run_line, seconds, why_not_run};
use crate::report::late_output::LateOutput;

/// Tests that take at least this long are listed as slowest by default.
const SLOW: Duration = Duration::from_secs(1);

/// The greatest number of tests in that list by default.
const MOST_SLOW: u32 = 10;

/// The greatest number of tests whose lines show their leaks. If many tests leak, the cause is nearly always the same.
const MOST_LEAKY: usize = 10;

/// Collects events, and writes the summary at the end of the run.
pub(crate) struct RunSummary {
    config: Arc<ReportConfig>,
    summary: Summary,
    started: Option<RunStarted>,
    /// The output of attempts whose cases have no verdict yet.
    open: Vec<AttemptFinished>,
    kept_paths: Vec<KeptPath>,
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
            kept_paths: Vec::new(),
            failures: Vec::new(),
            flaky: Vec::new(),
            successes: Vec::new(),
            late: LateOutput::default(),
        }
    }

    pub(crate) fn handle(&mut self, event: &Event, buffer: &mut Buffer) -> io::Result<()> {
        self.summary.add(event);
        match event {
            Event::RunStarted(started) => self.started = Some(started.clone()),
            Event::AttemptStarted { .. } => {}
            Event::AttemptFinished(finished) => {
                // The output of an attempt that passed is dropped now, unless it is shown.
                let is_reported = match finished.outcome {
                    Outcome::Failed(_) => true,
                    // The attempt before it failed, so the test has failed.
                    Outcome::Skipped { .. } => finished.attempt > 1,
                    Outcome::Passed => false,
                };
                if is_reported || (self.config.show_output && !finished.output.is_empty()) {
                    self.open.push(finished.clone());
                }
            }
            Event::CaseFinished(finished) => self.close(finished),
            Event::Kept { test_id, path } => {
                self.kept_paths.push(KeptPath { test_id: test_id.clone(), path: path.clone() })
            }
            Event::LateOutput { test_id, attempt, output } => match self.timed_out_attempt(test_id, *attempt) {
                Some(attempt) => add_later(&mut attempt.output, output),
                None => self.late.add(test_id, output),
            },
            Event::Slow(test_id) => slow(test_id, buffer)?,
            Event::Diagnostic { message, severity } => diagnostic(message, *severity, buffer)?,
            Event::RunFinished(_) => self.write(buffer)?,
        }
        Ok(())
    }

    /// Whether the line of a leaky test shows its leaks.
    pub(crate) fn has_room_for_leaks(&self) -> bool {
        self.summary.leaky < MOST_LEAKY
    }

    fn close(&mut self, finished: &CaseFinished) {
        let test_id = &finished.test_id;
        let is_its = |attempt: &mut AttemptFinished| {
            (attempt.test_id.case, attempt.test_id.iteration) == (test_id.case, test_id.iteration)
        };
        let attempts: Vec<AttemptFinished> = self.open.extract_if(.., is_its).collect();
        let piece = |attempts| TestReport { finished: finished.clone(), attempts };
        match finished.verdict.counts_as(self.config.flaky) {
            Tally::Failed => self.failures.push(piece(attempts)),
            Tally::Passed if finished.verdict.is_flaky() => self.flaky.push(piece(attempts)),
            Tally::Passed if self.config.show_output => self.successes.push(piece(attempts)),
            Tally::Passed | Tally::Skipped | Tally::NotRun => {}
        }
    }

    /// The attempt that timed out and still ran, if the output belongs to one.
    fn timed_out_attempt(&mut self, test_id: &TestId, attempt: Option<u32>) -> Option<&mut AttemptFinished> {
        let its = (test_id.case, test_id.iteration, attempt?);
        let pieces = self.failures.iter_mut().chain(&mut self.flaky);
        let mut attempts = self.open.iter_mut().chain(pieces.flat_map(|piece| &mut piece.attempts));
        attempts.find(|attempt| (attempt.test_id.case, attempt.test_id.iteration, attempt.attempt) == its)
    }

    fn write(&mut self, buffer: &mut Buffer) -> io::Result<()> {
        let Some(started) = &self.started else { return Ok(()) };
        if self.config.show_output {
            failures::section("successes", &self.successes, &self.kept_paths, started, buffer)?;
        }
        if !self.flaky.is_empty() {
            failures::section("flaky", &self.flaky, &self.kept_paths, started, buffer)?;
        }
        if !self.failures.is_empty() {
            failures::section("failures", &self.failures, &self.kept_paths, started, buffer)?;
        }
        self.late.write(started.iterations, buffer)?;
        self.write_leaks(buffer)?;
        self.write_slowest(buffer)?;
        self.write_not_run(buffer)?;
        self.write_result(buffer)
    }

    fn write_leaks(&self, buffer: &mut Buffer) -> io::Result<()> {
        if self.summary.leaky <= MOST_LEAKY {
            return Ok(());
        }
        buffer.line(format_args!(
            "\n{} tests left behind {}; only the lines of the first {MOST_LEAKY} say so, --events has all, and --leak ignore does not look",
            self.summary.leaky, self.summary.leaks
        ))
    }

    fn write_slowest(&self, buffer: &mut Buffer) -> io::Result<()> {
        let lines: Vec<&SummaryLine> = match self.config.durations {
            Some(n) => self.summary.slowest(n, Duration::ZERO),
            None => self.summary.slowest(MOST_SLOW, SLOW),
        };
        if lines.is_empty() {
            return Ok(());
        }
        buffer.text("\nslowest:\n");
        for line in lines {
            write!(buffer, "    {:>8} {}", seconds(line.took.all), line.name)?;
            if let Some(time) = failures::in_fixtures(line.took) {
                write!(buffer, " (in fixtures {})", seconds(time))?;
            }
            if line.attempts > 1 {
                write!(buffer, " ({} attempts)", line.attempts)?;
            }
            if line.queued >= Duration::from_millis(1) {
                write!(buffer, " (queued {})", seconds(line.queued))?;
            }
            buffer.line("")?;
        }
        Ok(())
    }

    fn write_not_run(&self, buffer: &mut Buffer) -> io::Result<()> {
        let not_run = &self.summary.not_run;
        let Some((_, because)) = not_run.first() else {
            return match self.summary.stopped {
                Some(CancelReason::Interrupted) => buffer.line("\nthe run was interrupted"),
                Some(CancelReason::OutOfTime) => {
                    buffer.line(format_args!("\n{}", why_not_run(NotRunReason::OutOfTime)))
                }
                _ => Ok(()),
            };
        };
        buffer.line(format_args!("\n{}", not_run_line(not_run.len(), *because)))?;
        if *because == NotRunReason::Held {
            // For all other reasons, the tests are those at the end of the plan. These are not, so they are listed.
            not_run.iter().try_for_each(|(name, _)| buffer.line(format_args!("    {name}")))?;
        }
        Ok(())
    }

    fn write_result(&self, buffer: &mut Buffer) -> io::Result<()> {
        let summary = &self.summary;
        buffer.text("\ntest result: ");
        if summary.is_green() {
            buffer.styled(GREEN, "ok")?
        } else {
            buffer.styled(RED, "FAILED")?
        }
        let counts = summary.conclusion();
        // Rounds to hundredths of a second.
        let took = summary.took + Duration::from_millis(5);
        write!(
            buffer,
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
            buffer.text("; ");
            buffer.styled(YELLOW, &format!("{} flaky", summary.flaky.len()))?;
        }
        if summary.leaky > 0 {
            buffer.text("; ");
            buffer.styled(YELLOW, &format!("{} leaky", summary.leaky))?;
        }
        buffer.text("\n\n");
        Ok(())
    }
}

/// Appends the stack of an attempt that timed out.
fn add_later(output: &mut Vec<u8>, later: &[u8]) {
    if output.last().is_some_and(|&last| last != b'\n') {
        output.push(b'\n');
    }
    output.extend_from_slice(later);
}

/// In libtest's words, with a hint for a debugger.
fn slow(slow: &Slow, buffer: &mut Buffer) -> io::Result<()> {
    buffer.end_line();
    let debugger = if cfg!(target_vendor = "apple") { "lldb" } else { "gdb" };
    buffer.line(format_args!("test {} has been running for over {}", slow.test_id.name, in_words(slow.after)))?;
    let where_to_look = format!("  = to look into it: {debugger} -p {} (thread {})", slow.process, slow.thread);
    buffer.styled(FAINT, &where_to_look)?;
    buffer.line("")
}

/// "60 seconds"
fn in_words(time: Duration) -> String {
    match (time.as_secs(), time.subsec_nanos()) {
        (1, 0) => "1 second".to_owned(),
        (seconds, 0) => format!("{seconds} seconds"),
        _ => format!("{} seconds", time.as_secs_f64()),
    }
}

fn diagnostic(message: &str, severity: Severity, buffer: &mut Buffer) -> io::Result<()> {
    buffer.end_line();
    match severity {
        Severity::Note => buffer.styled(YELLOW, "warning")?,
        Severity::Failure | Severity::Fault => buffer.styled(RED, "error")?,
    }
    buffer.line(format_args!(": {message}"))
}
