//! libtest's JSON, as IDEs read it: one object per line.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::model::config::ReportConfig;
use crate::model::event::{AttemptFinished, CaseFinished, Event};
use crate::model::outcome::{FailureKind, Outcome};
use crate::model::verdict::{Tally, Verdict};
use crate::os::stdout;
use crate::policy::summary::Summary;
use crate::report::buffer::Buffer;
use crate::report::failures::not_run_line;
use crate::report::json_text::{self, JsonObjectWriter};
use crate::report::reporter::Reporter;

/// The fields of a test.
#[derive(Default)]
struct Test<'a> {
    name: &'a str,
    event: &'static str,
    exec_time: Option<f64>,
    stdout: Option<String>,
    message: Option<Cow<'a, str>>,
}

pub(crate) struct Json {
    config: Arc<ReportConfig>,
    summary: Summary,
    /// The attempts of the cases without a verdict.
    open: Vec<AttemptFinished>,
}

impl Json {
    pub(crate) fn new(config: &Arc<ReportConfig>) -> Self {
        Self { config: Arc::clone(config), summary: Summary::new(config.flaky), open: Vec::new() }
    }

    fn started(name: &str, buffer: &mut Buffer) -> io::Result<()> {
        write_test(&Test { name, event: "started", ..Test::default() }, buffer)
    }

    fn finished(&mut self, finished: &CaseFinished, buffer: &mut Buffer) -> io::Result<()> {
        let test_id = &finished.test_id;
        let is_its = |attempt: &mut AttemptFinished| {
            (attempt.test_id.case, attempt.test_id.iteration) == (test_id.case, test_id.iteration)
        };
        let mut attempts: Vec<AttemptFinished> = self.open.extract_if(.., is_its).collect();
        let count = finished.verdict.counts_as(self.config.flaky);
        let event = match count {
            Tally::Passed => "ok",
            Tally::Failed => "failed",
            Tally::Skipped => "ignored",
            // libtest has no word for it, and `ignored` would mean that it was left out on purpose.
            Tally::NotRun => return Ok(()),
        };
        if attempts.is_empty() {
            // libtest also reports the start of ignored tests.
            Self::started(test_id.name, buffer)?;
        }
        let message = match &finished.verdict {
            Verdict::Skip { reason } => reason.as_deref().map(Cow::from),
            Verdict::Flaky { .. } => Some(format!("flaky: passed on attempt {}", finished.attempts).into()),
            // The text of a panic is in the output; libtest has a message only for other failures.
            Verdict::Fail(failure) if failure.kind != FailureKind::Panic => Some((&*failure.message).into()),
            Verdict::Pass | Verdict::Fail(_) | Verdict::NotRun { .. } => None,
        };
        let last = attempts.pop();
        let shown = match count {
            // It failed because of the attempts before the one that passed, or was skipped.
            Tally::Failed if !last.as_ref().is_some_and(|last| matches!(last.outcome, Outcome::Failed(_))) => attempts,
            Tally::Failed => Vec::from_iter(last),
            Tally::Passed | Tally::Skipped | Tally::NotRun => Vec::from_iter(last.filter(|_| self.config.show_output)),
        };
        let output: Vec<u8> = shown.into_iter().flat_map(|attempt| attempt.output).collect();
        let stdout = (!output.is_empty()).then(|| String::from_utf8_lossy(&output).into_owned());
        let has_time = self.config.report_time && finished.attempts > 0;
        let exec_time = has_time.then_some(finished.took.all.as_secs_f64());
        write_test(&Test { name: test_id.name, event, exec_time, stdout, message }, buffer)
    }
}

impl Reporter for Json {
    fn handle(&mut self, event: &Event, buffer: &mut Buffer) -> io::Result<()> {
        self.summary.add(event);
        match event {
            Event::RunStarted(started) => write_suite("started", buffer, |line| {
                line.member("test_count", &started.planned)?;
                if started.shuffled {
                    line.member("shuffle_seed", &started.seed.value())?;
                }
                Ok(())
            }),
            Event::AttemptStarted { test_id, attempt: 1, .. } => Self::started(test_id.name, buffer),
            Event::AttemptFinished(attempt) => {
                self.open.push(attempt.clone());
                Ok(())
            }
            Event::CaseFinished(finished) => self.finished(finished, buffer),
            Event::RunFinished(_) => {
                // These tests are neither passed nor failed nor ignored, so the counts do not reveal them.
                let not_run = &self.summary.not_run;
                if let Some((_, because)) = not_run.first() {
                    complain(&not_run_line(not_run.len(), *because));
                }
                let conclusion = self.summary.conclusion();
                let event = if self.summary.is_green() { "ok" } else { "failed" };
                write_suite(event, buffer, |line| {
                    line.member("passed", &conclusion.num_passed)?;
                    line.member("failed", &conclusion.num_failed)?;
                    line.member("ignored", &conclusion.num_ignored)?;
                    line.member("measured", &conclusion.num_measured)?;
                    line.member("filtered_out", &conclusion.num_filtered_out)?;
                    line.member("exec_time", &self.summary.took.as_secs_f64())
                })
            }
            // libtest has no words for these events, but they must not be lost.
            Event::LateOutput { test_id, attempt, output } => {
                let text = String::from_utf8_lossy(output);
                complain(&match attempt {
                    Some(attempt) => format!("`{}` after attempt {attempt} was given up:\n{text}", test_id.name),
                    None => format!("`{}` wrote after its end:\n{text}", test_id.name),
                });
                Ok(())
            }
            Event::Diagnostic { message, .. } => {
                complain(message);
                Ok(())
            }
            // libtest's word for it.
            Event::Slow(slow) => {
                write_test(&Test { name: slow.test_id.name, event: "timeout", ..Test::default() }, buffer)
            }
            Event::AttemptStarted { .. } | Event::Kept { .. } => Ok(()),
        }
    }
}

/// Written to stderr, since libtest has no record for it.
fn complain(message: &str) {
    stdout::complain(&format!("swimlanes: {message}"));
}

fn write_suite(
    event: &str,
    buffer: &mut Buffer,
    fields: impl Fn(&mut JsonObjectWriter<'_, '_>) -> fmt::Result,
) -> io::Result<()> {
    write("suite", buffer, |line| {
        line.member("event", event)?;
        fields(line)
    })
}

fn write_test(test: &Test<'_>, buffer: &mut Buffer) -> io::Result<()> {
    write("test", buffer, |line| {
        line.member("name", test.name)?;
        line.member("event", test.event)?;
        if let Some(exec_time) = test.exec_time {
            line.member("exec_time", &exec_time)?;
        }
        if let Some(stdout) = &test.stdout {
            line.member("stdout", stdout)?;
        }
        if let Some(message) = &test.message {
            line.member("message", message)?;
        }
        Ok(())
    })
}

fn write(
    kind: &str,
    buffer: &mut Buffer,
    fields: impl Fn(&mut JsonObjectWriter<'_, '_>) -> fmt::Result,
) -> io::Result<()> {
    buffer.line(json_text::object(|line| {
        line.member("type", kind)?;
        fields(line)
    }))
}
