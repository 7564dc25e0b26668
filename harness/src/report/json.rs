//! libtest's JSON, as IDEs read it: one object a line.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use serde::Serialize;

use crate::model::config::ReportConfig;
use crate::model::event::{AttemptFinished, CaseFinished, Event};
use crate::model::outcome::FailureKind;
use crate::model::verdict::{Count, Verdict};
use crate::platform::stdout;
use crate::policy::summary::Summary;
use crate::report::failure::why_not_run;
use crate::report::page::Page;
use crate::report::reporter::Reporter;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Record<'a> {
    Suite(Suite),
    Test(Test<'a>),
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Suite {
    Started {
        test_count: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        shuffle_seed: Option<u64>,
    },
    Ok(Counts),
    Failed(Counts),
}

#[derive(Serialize)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
    measured: u64,
    filtered_out: u64,
    exec_time: f64,
}

#[derive(Serialize)]
struct Test<'a> {
    name: &'a str,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exec_time: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stdout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Cow<'a, str>>,
}

pub(crate) struct Json {
    config: Arc<ReportConfig>,
    summary: Summary,
    /// The attempts of each case that is not over.
    open: Vec<AttemptFinished>,
}

impl Json {
    pub(crate) fn new(config: &Arc<ReportConfig>) -> Self {
        Self { config: Arc::clone(config), summary: Summary::new(config.flaky), open: Vec::new() }
    }

    fn started(name: &str, page: &mut Page) -> io::Result<()> {
        write(&Record::Test(Test { name, event: "started", exec_time: None, stdout: None, message: None }), page)
    }

    fn finished(&mut self, finished: &CaseFinished, page: &mut Page) -> io::Result<()> {
        let told = &finished.told;
        let is_its = |attempt: &mut AttemptFinished| (attempt.told.case, attempt.told.round) == (told.case, told.round);
        let mut attempts: Vec<AttemptFinished> = self.open.extract_if(.., is_its).collect();
        let count = finished.verdict.counts_as(self.config.flaky);
        let event = match count {
            Count::Passed => "ok",
            Count::Failed => "failed",
            Count::Skipped => "ignored",
            // libtest has no word for it, and `ignored` would be somebody's wish.
            Count::NotRun => return Ok(()),
        };
        if attempts.is_empty() {
            // libtest tells the start of ignored tests too.
            Self::started(told.name, page)?;
        }
        let message = match &finished.verdict {
            Verdict::Skip { reason } => reason.as_deref().map(Cow::from),
            Verdict::Flaky { .. } => Some(format!("flaky: passed on attempt {}", finished.attempts).into()),
            // The text of a panic is in the output; libtest has a message only for what is not.
            Verdict::Fail(failure) if failure.kind != FailureKind::Panic => Some((&*failure.message).into()),
            Verdict::Pass | Verdict::Fail(_) | Verdict::NotRun { .. } => None,
        };
        let last = attempts.pop();
        let shown = match count {
            // Red because of the attempts before the one that passed.
            Count::Failed if finished.verdict.is_flaky() => attempts,
            Count::Failed => Vec::from_iter(last),
            Count::Passed | Count::Skipped | Count::NotRun => Vec::from_iter(last.filter(|_| self.config.show_output)),
        };
        let output: Vec<u8> = shown.into_iter().flat_map(|attempt| attempt.output).collect();
        let stdout = (!output.is_empty()).then(|| String::from_utf8_lossy(&output).into_owned());
        let has_time = self.config.report_time && finished.attempts > 0;
        let exec_time = has_time.then_some(finished.took.all.as_secs_f64());
        write(&Record::Test(Test { name: told.name, event, exec_time, stdout, message }), page)
    }
}

impl Reporter for Json {
    fn told(&mut self, event: &Event, page: &mut Page) -> io::Result<()> {
        self.summary.add(event);
        match event {
            Event::RunStarted(started) => {
                let shuffle_seed = started.shuffled.then(|| started.seed.value());
                write(&Record::Suite(Suite::Started { test_count: started.planned, shuffle_seed }), page)
            }
            Event::AttemptStarted { told, attempt: 1, .. } => Self::started(told.name, page),
            Event::AttemptFinished(attempt) => {
                self.open.push(attempt.clone());
                Ok(())
            }
            Event::CaseFinished(finished) => self.finished(finished, page),
            Event::RunFinished(_) => {
                // It counts as neither passed nor failed nor ignored, so the counts alone would not tell.
                let not_run = &self.summary.not_run;
                if let Some((_, because)) = not_run.first() {
                    let plural = if not_run.len() == 1 { "" } else { "s" };
                    complain(&format!("{} test{plural} did not run: {}", not_run.len(), why_not_run(*because)));
                }
                let conclusion = self.summary.conclusion();
                let counts = Counts {
                    passed: conclusion.num_passed,
                    failed: conclusion.num_failed,
                    ignored: conclusion.num_ignored,
                    measured: conclusion.num_measured,
                    filtered_out: conclusion.num_filtered_out,
                    exec_time: self.summary.took.as_secs_f64(),
                };
                let suite = if self.summary.is_green() { Suite::Ok(counts) } else { Suite::Failed(counts) };
                write(&Record::Suite(suite), page)
            }
            // libtest has no words for these, and they must not be lost.
            Event::LateOutput { told, attempt, output } => {
                let text = String::from_utf8_lossy(output);
                complain(&match attempt {
                    Some(attempt) => format!("`{}` after attempt {attempt} was given up:\n{text}", told.name),
                    None => format!("`{}` wrote after its end:\n{text}", told.name),
                });
                Ok(())
            }
            Event::Trouble { message, .. } => {
                complain(message);
                Ok(())
            }
            // libtest's word for it.
            Event::Slow(slow) => {
                let (name, event) = (slow.told.name, "timeout");
                write(&Record::Test(Test { name, event, exec_time: None, stdout: None, message: None }), page)
            }
            Event::AttemptStarted { .. } | Event::Kept { .. } => Ok(()),
        }
    }
}

/// Beside the records, as libtest has none for it.
fn complain(message: &str) {
    stdout::complain(&format!("swimlanes: {message}"));
}

fn write(record: &Record<'_>, page: &mut Page) -> io::Result<()> {
    page.line(&serde_json::to_string(record)?)
}
