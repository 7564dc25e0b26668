//! The results as JUnit XML: a suite for each suite, with the elements that cargo-nextest and Maven Surefire use for retries.

use std::time::Duration;

use anyhow::{Context, Result};
use quick_junit::{FlakyOrRerun, NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};
use swimlanes_core::events::{AttemptFinished, CaseFinished, CaseVerdict, FailureRecord, NotRunReason};

use super::recorded::{RecordedRun, RecordedSuite};

/// The XML.
///
/// # Errors
///
/// If it cannot be written.
pub(super) fn render(suites: &[RecordedSuite]) -> Result<String> {
    let mut report = Report::new("swimlanes");
    for suite in suites {
        let mut xml = TestSuite::new(&suite.name);
        for run in &suite.runs {
            xml.add_test_cases(run.tests.iter().map(|test| case(run, test, &suite.name)));
            xml.add_test_cases(run.open.iter().map(|started| {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message("no result: the run ended while the test was running");
                let mut case = TestCase::new(&*started.attempt.test.name, status);
                case.set_classname(&suite.name);
                case
            }));
        }
        let late: String = suite.runs.iter().map(|run| run.late_output.as_str()).collect();
        if !late.is_empty() {
            xml.set_system_out(late);
        }
        let messages: Vec<String> = suite.notes();
        if !messages.is_empty() {
            xml.set_system_err(messages.join("\n"));
        }
        report.add_test_suite(xml);
    }
    report.to_string().context("cannot write the report as XML")
}

fn case(run: &RecordedRun, test: &CaseFinished<'static>, suite: &str) -> TestCase {
    let failed: Vec<_> = run.failed_attempts(test).collect();
    let mut case = TestCase::new(run.name_of(test), status(test, &failed));
    case.set_classname(suite).set_time(Duration::from_nanos(test.took.took_ns));
    if let Some(worker) = test.worker {
        case.add_property(("worker", worker.to_string().as_str()));
    }
    if test.attempts > 1 {
        case.add_property(("attempts", test.attempts.to_string().as_str()));
    }
    if let (CaseVerdict::Fail(_), Some((first, _))) = (&test.verdict, failed.first())
        && !first.output.is_empty()
    {
        case.set_system_out(&*first.output);
    }
    case
}

/// The first failed attempt of a failed test is its failure; each other one is an element of its own.
fn status(
    test: &CaseFinished<'static>,
    failed: &[(&AttemptFinished<'static>, &FailureRecord<'static>)],
) -> TestCaseStatus {
    match &test.verdict {
        CaseVerdict::Pass => TestCaseStatus::success(),
        CaseVerdict::Flaky { .. } => {
            let mut status = TestCaseStatus::success();
            status.set_rerun_kind(FlakyOrRerun::Flaky);
            status.add_reruns(failed.iter().map(rerun));
            status
        }
        CaseVerdict::Fail(last) => {
            let failure = failed.first().map_or(last, |(_, failure)| failure);
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(first_line(failure)).set_type(kind(failure)).set_description(description(failure));
            status.set_rerun_kind(FlakyOrRerun::Rerun);
            status.add_reruns(failed.iter().skip(1).map(rerun));
            status
        }
        CaseVerdict::Skip { reason } => skipped(reason.as_deref()),
        CaseVerdict::NotRun { because } => skipped(Some(why_not_run(*because))),
    }
}

fn skipped(reason: Option<&str>) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    if let Some(reason) = reason {
        status.set_message(reason);
    }
    status
}

fn rerun((attempt, failure): &(&AttemptFinished<'static>, &FailureRecord<'static>)) -> TestRerun {
    let mut rerun = TestRerun::new(NonSuccessKind::Failure);
    rerun.set_message(first_line(failure)).set_type(kind(failure)).set_description(description(failure));
    rerun.set_time(Duration::from_nanos(attempt.took.took_ns));
    if !attempt.output.is_empty() {
        rerun.set_system_out(&*attempt.output);
    }
    rerun
}

fn first_line<'a>(failure: &'a FailureRecord<'_>) -> &'a str {
    failure.message.lines().find(|line| !line.trim().is_empty()).unwrap_or("no message")
}

fn description(failure: &FailureRecord<'_>) -> String {
    match &failure.location {
        Some(location) => format!("{}\nat {location}", failure.message),
        None => failure.message.to_string(),
    }
}

/// The word of `--events`.
pub(super) fn kind(failure: &FailureRecord<'_>) -> String {
    serde_json::to_value(failure.kind).ok().and_then(|word| Some(word.as_str()?.to_owned())).unwrap_or_default()
}

/// As the reports of suites say it.
pub(super) fn why_not_run(because: NotRunReason) -> &'static str {
    match because {
        NotRunReason::TooManyFailures => "too many tests failed",
        NotRunReason::Interrupted => "the run was interrupted",
        NotRunReason::OutOfTime => "the run took too long",
        NotRunReason::Broken => "the harness failed",
        NotRunReason::Held => "a test that timed out still holds a lock that it needs",
        NotRunReason::Unknown => "not run",
    }
}
