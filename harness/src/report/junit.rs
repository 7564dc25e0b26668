//! `--junit FILE` and `--format junit`: the results as XML for CI servers, with the elements that cargo-nextest and Maven Surefire use for retries.

use std::io;
use std::sync::Arc;

use quick_junit::{FlakyOrRerun, NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};

use crate::model::config::ReportConfig;
use crate::model::event::{AttemptFinished, CaseFinished, Event, RunStarted, TestId};
use crate::model::outcome::{Failure, FailureKind, Outcome};
use crate::model::verdict::{Tally, Verdict};
use crate::report::buffer::Buffer;
use crate::report::failures::why_not_run;
use crate::report::reporter::Reporter;

/// Collects the results of the run.
pub(crate) struct JUnit {
    config: Arc<ReportConfig>,
    started: Option<RunStarted>,
    /// The attempts of cases without a verdict. The output of an attempt that passed is not kept.
    open: Vec<AttemptFinished>,
    cases: Vec<TestCase>,
    /// The output of threads that outlived their test.
    late_output: Vec<u8>,
    diagnostics: String,
}

impl JUnit {
    pub(crate) fn new(config: &Arc<ReportConfig>) -> Self {
        let (open, cases, late_output, diagnostics) = (Vec::new(), Vec::new(), Vec::new(), String::new());
        Self { config: Arc::clone(config), started: None, open, cases, late_output, diagnostics }
    }

    pub(crate) fn add(&mut self, event: &Event) {
        match event {
            Event::RunStarted(started) => self.started = Some(started.clone()),
            Event::AttemptFinished(attempt) if attempt.outcome != Outcome::Passed => self.open.push(attempt.clone()),
            Event::CaseFinished(finished) => {
                let id = |id: &TestId| (id.case, id.iteration);
                let is_its = |attempt: &mut AttemptFinished| id(&attempt.test_id) == id(&finished.test_id);
                let attempts: Vec<AttemptFinished> = self.open.extract_if(.., is_its).collect();
                let case = self.case(finished, &attempts);
                self.cases.push(case);
            }
            Event::LateOutput { output, .. } => self.late_output.extend_from_slice(output),
            Event::Diagnostic { message, .. } => {
                self.diagnostics.push_str(message);
                self.diagnostics.push('\n');
            }
            Event::AttemptStarted { .. }
            | Event::AttemptFinished(_)
            | Event::Kept { .. }
            | Event::Slow(_)
            | Event::RunFinished(_) => {}
        }
    }

    /// The report.
    ///
    /// # Errors
    ///
    /// If the crate that writes XML reports one.
    pub(crate) fn xml(&mut self) -> io::Result<String> {
        let mut report = Report::new("swimlanes-run");
        let mut suite = TestSuite::new(self.config.suite.as_str());
        if let Some(started) = &self.started {
            suite.add_property(("seed", started.seed.to_string().as_str()));
            suite.add_property(("workers", started.workers.to_string().as_str()));
        }
        suite.add_test_cases(std::mem::take(&mut self.cases));
        if !self.late_output.is_empty() {
            suite.set_system_out_lossy(&self.late_output);
        }
        if !self.diagnostics.is_empty() {
            suite.set_system_err(self.diagnostics.as_str());
        }
        report.add_test_suite(suite);
        report.to_string().map_err(io::Error::other)
    }

    fn case(&self, finished: &CaseFinished, attempts: &[AttemptFinished]) -> TestCase {
        let iterations = self.started.as_ref().map_or(1, |started| started.iterations);
        let name = match finished.test_id.iteration {
            _ if iterations == 1 => finished.test_id.name.to_owned(),
            iteration => format!("{} (iteration {iteration})", finished.test_id.name),
        };
        let mut case = TestCase::new(name, self.status(finished, attempts));
        case.set_classname(self.config.suite.as_str()).set_time(finished.took.all);
        if let Some(worker) = finished.worker {
            case.add_property(("worker", worker.to_string().as_str()));
        }
        if finished.attempts > 1 {
            case.add_property(("attempts", finished.attempts.to_string().as_str()));
        }
        // The output of each other attempt is in an element of its own.
        let is_failure = finished.verdict.failure().is_some() && !finished.verdict.is_flaky();
        if let Some(first) = attempts.first().filter(|attempt| is_failure && !attempt.output.is_empty()) {
            case.set_system_out_lossy(&first.output);
        }
        case
    }

    /// The first failed attempt is the failure of the case; each other one is an element of its own.
    fn status(&self, finished: &CaseFinished, attempts: &[AttemptFinished]) -> TestCaseStatus {
        let is_failed = finished.verdict.counts_as(self.config.flaky) == Tally::Failed;
        match &finished.verdict {
            Verdict::Pass => TestCaseStatus::success(),
            Verdict::Skip { reason } => skipped(reason.as_deref()),
            Verdict::NotRun { because } => skipped(Some(why_not_run(*because))),
            Verdict::Flaky { first } => {
                let mut status = match is_failed {
                    true => failed(first),
                    false => TestCaseStatus::success(),
                };
                status.set_rerun_kind(FlakyOrRerun::Flaky);
                status.add_reruns(attempts.iter().filter_map(rerun));
                status
            }
            Verdict::Fail(failure) => {
                let first = attempts.first().map(|attempt| &attempt.outcome);
                let mut status = failed(match first {
                    Some(Outcome::Failed(first)) if attempts.len() > 1 => first,
                    _ => failure,
                });
                status.set_rerun_kind(FlakyOrRerun::Rerun);
                status.add_reruns(attempts.iter().skip(1).filter_map(rerun));
                status
            }
        }
    }
}

impl Reporter for JUnit {
    fn handle(&mut self, event: &Event, buffer: &mut Buffer) -> io::Result<()> {
        self.add(event);
        if let Event::RunFinished(_) = event {
            buffer.text(&self.xml()?);
        }
        Ok(())
    }
}

fn skipped(reason: Option<&str>) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    if let Some(reason) = reason {
        status.set_message(reason);
    }
    status
}

fn failed(failure: &Failure) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message(failure)).set_type(kind(failure.kind)).set_description(description(failure));
    status
}

fn rerun(attempt: &AttemptFinished) -> Option<TestRerun> {
    let Outcome::Failed(failure) = &attempt.outcome else { return None };
    let mut rerun = TestRerun::new(NonSuccessKind::Failure);
    rerun.set_message(message(failure)).set_type(kind(failure.kind)).set_description(description(failure));
    rerun.set_time(attempt.took.all);
    if !attempt.output.is_empty() {
        rerun.set_system_out_lossy(&attempt.output);
    }
    Some(rerun)
}

/// The first line that is not empty; a panic can have an empty text.
fn message(failure: &Failure) -> &str {
    failure.message.lines().find(|line| !line.trim().is_empty()).unwrap_or("no message")
}

fn description(failure: &Failure) -> String {
    match &failure.location {
        Some(location) => format!("{}\nat {location}", failure.message),
        None => failure.message.clone(),
    }
}

/// The words of `--events`.
fn kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Panic => "panic",
        FailureKind::Error => "error",
        FailureKind::ExitCode => "exit_code",
        FailureKind::ShouldPanic => "should_panic",
        FailureKind::Fixture => "fixture",
        FailureKind::TimedOut => "timed_out",
        FailureKind::Crash => "crash",
        FailureKind::Exit => "exit",
        FailureKind::Leak => "leak",
    }
}
