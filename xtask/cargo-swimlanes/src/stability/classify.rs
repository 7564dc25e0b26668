//! Classifies a run: the result of each test, whether the run ended regularly, and whether its reports are consistent.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::stability::model::{Outcome, PlannedRun, Run, Suite, TestResult};
use crate::stability::parse::{ParsedRun, ReportedResult};
use crate::suite::binary::RunEnd;

/// The output of a run, which is not classified yet.
#[derive(Debug)]
pub(super) struct RunOutput<'a> {
    pub(super) planned: PlannedRun,
    pub(super) end: RunEnd,
    pub(super) took: Duration,
    pub(super) parsed: ParsedRun,
    pub(super) stderr: &'a str,
}

/// How many of the last lines of stderr a report contains.
const LAST_LINES: usize = 12;

/// Classifies a run of this suite.
pub(super) fn classify(suite: &Suite, output: RunOutput<'_>) -> Run {
    let RunOutput { planned, end, took, mut parsed, stderr } = output;
    let counts = Counts::new(suite, &parsed);
    let results = suite.tests.iter().map(|test| result(parsed.reported.remove(test))).collect();
    let suspects = suite.tests.iter().enumerate().filter(|(_, test)| parsed.open.contains(test));
    let suspects = suspects.map(|(ix, _)| ix).collect();
    let mut remarks = parsed.remarks;
    remarks.extend(unlisted(&parsed.reported));
    let contradiction = contradiction(end, &counts, &remarks);
    remarks.extend(contradiction);
    let outcome = match end {
        RunEnd::Interrupted => Outcome::Interrupted,
        RunEnd::TimedOut => Outcome::TimedOut,
        RunEnd::Signalled { .. } => Outcome::Crashed,
        RunEnd::Exited { .. } if counts.missing > 0 => Outcome::Crashed,
        RunEnd::Exited { .. } if !remarks.is_empty() => Outcome::Untrusted,
        RunEnd::Exited { .. } if counts.failed > 0 || counts.passed_later > 0 => Outcome::Failed,
        RunEnd::Exited { .. } => Outcome::Passed,
    };
    let last_words = if outcome.is_fault() { last_lines(stderr) } else { String::new() };
    Run { planned, outcome, end, took, results, suspects, remarks, last_words }
}

/// The number of tests with each result.
#[derive(Debug, Default)]
struct Counts {
    failed: usize,
    passed_later: usize,
    not_run: usize,
    /// Without a result.
    missing: usize,
}

impl Counts {
    fn new(suite: &Suite, parsed: &ParsedRun) -> Self {
        let mut counts = Self::default();
        for test in &suite.tests {
            match parsed.reported.get(test) {
                Some(ReportedResult::Failed(failure)) if failure.passed_later => counts.passed_later += 1,
                Some(ReportedResult::Failed(_)) => counts.failed += 1,
                Some(ReportedResult::NotRun) => counts.not_run += 1,
                Some(ReportedResult::Passed | ReportedResult::Skipped) => {}
                None => counts.missing += 1,
            }
        }
        counts
    }
}

fn result(reported: Option<ReportedResult>) -> TestResult {
    match reported {
        Some(ReportedResult::Passed) => TestResult::Passed,
        Some(ReportedResult::Failed(failure)) => TestResult::Failed(failure),
        Some(ReportedResult::Skipped) => TestResult::Skipped,
        Some(ReportedResult::NotRun) | None => TestResult::Lost,
    }
}

/// A remark about tests that ran although the suite had not listed them, or the campaign had not selected them.
fn unlisted(reported: &BTreeMap<String, ReportedResult>) -> Option<String> {
    let ran =
        reported.iter().filter(|(_, reported)| matches!(reported, ReportedResult::Passed | ReportedResult::Failed(_)));
    let ran: Vec<&str> = ran.map(|(name, _)| name.as_str()).collect();
    (!ran.is_empty()).then(|| format!("it ran tests that were not selected: {}", ran.join(", ")))
}

/// A remark about an exit code that contradicts the results. Remarks explain a code other than 0.
fn contradiction(end: RunEnd, counts: &Counts, remarks: &[String]) -> Option<String> {
    let RunEnd::Exited { code } = end else { return None };
    let lost = counts.missing + counts.not_run;
    match code {
        0 if counts.failed > 0 => Some(format!("it {end}, although {} failed", n_tests(counts.failed))),
        0 if lost > 0 => Some(format!("it {end} before all tests had a result")),
        0 => None,
        70 => Some(format!("it {end}: its harness failed")),
        _ if counts.failed > 0 || !remarks.is_empty() => None,
        // `--flaky-result fail` of swimlanes.
        101 if counts.passed_later > 0 => None,
        _ if lost > 0 => Some(format!("it {end} before all tests had a result")),
        _ => Some(format!("it {end}, although no test failed")),
    }
}

fn n_tests(n: usize) -> String {
    if n == 1 { "1 test".to_owned() } else { format!("{n} tests") }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::stability::model::{Failure, Narrowing};
    use crate::suite::binary::{Binary, Harness};

    /// `reported` in letters: `a+` passed, `a-` failed, `a~` passed in a retry, `as` skipped, `an` was not run, `a?` had started.
    #[track_caller]
    fn check(end: RunEnd, reported: &str, remarks: &[&str], expected: Expect) {
        let suite = Suite {
            binary: Binary::default(),
            harness: Harness::Swimlanes,
            tests: ["a", "b", "c"].map(str::to_owned).to_vec(),
            ignored: 0,
            not_selected: 0,
            narrowing: Narrowing::None,
        };
        let mut parsed =
            ParsedRun { remarks: remarks.iter().map(|&text| text.to_owned()).collect(), ..ParsedRun::default() };
        for word in reported.split_whitespace() {
            let (name, reported) = word.split_at(1);
            let failed = |passed_later| {
                ReportedResult::Failed(Failure { message: "down".to_owned(), location: None, passed_later })
            };
            let reported = match reported {
                "+" => ReportedResult::Passed,
                "-" => failed(false),
                "~" => failed(true),
                "s" => ReportedResult::Skipped,
                "n" => ReportedResult::NotRun,
                "?" => {
                    parsed.open.push(name.to_owned());
                    continue;
                }
                other => panic!("what is {other}?"),
            };
            parsed.reported.insert(name.to_owned(), reported);
        }
        let planned = PlannedRun { suite: 0, level: 1, seed: 7 };
        let run = classify(&suite, RunOutput { planned, end, took: Duration::ZERO, parsed, stderr: "one\ntwo\n" });
        let results = run.results.iter().map(|result| match result {
            TestResult::Passed => '+',
            TestResult::Failed(_) => '-',
            TestResult::Skipped => 's',
            TestResult::Lost => '!',
        });
        let results: String = results.collect();
        let mut actual = format!("{:?} {results}", run.outcome);
        if !run.suspects.is_empty() {
            actual += &format!(" suspects {:?}", run.suspects);
        }
        for remark in run.remarks {
            actual += &format!("; {remark}");
        }
        expected.assert_eq(&actual);
    }

    const fn code(code: i32) -> RunEnd {
        RunEnd::Exited { code }
    }

    #[test]
    fn a_consistent_run_passed_or_failed() {
        check(code(0), "a+ b+ cs", &[], expect!["Passed ++s"]);
        check(code(101), "a+ b- cs", &[], expect!["Failed +-s"]);
        check(code(0), "a+ b~ c+", &[], expect!["Failed +-+"]);
        check(code(101), "a+ b~ c+", &[], expect!["Failed +-+"]);
        check(code(101), "a- bn cn", &[], expect!["Failed -!!"]);
        // A custom harness may have another exit code for failed tests.
        check(code(1), "a- b+ c+", &[], expect!["Failed -++"]);
    }

    #[test]
    fn a_test_without_a_result_is_lost_with_any_exit_code() {
        check(
            code(0),
            "a+ b?",
            &[],
            expect!["Crashed +!! suspects [1]; it ended with exit code 0 before all tests had a result"],
        );
        check(code(101), "a- b+", &[], expect!["Crashed -+!"]);
        check(RunEnd::Signalled { signal: 6 }, "a+ b?", &[], expect!["Crashed +!! suspects [1]"]);
        check(RunEnd::Signalled { signal: 11 }, "a+ b+ c+", &[], expect!["Crashed +++"]);
        check(RunEnd::TimedOut, "a+ b? c?", &[], expect!["TimedOut +!! suspects [1, 2]"]);
        check(RunEnd::TimedOut, "a+ b+ c+", &[], expect!["TimedOut +++"]);
        check(RunEnd::Interrupted, "a+ b?", &[], expect!["Interrupted +!! suspects [1]"]);
        check(code(2), "", &[], expect!["Crashed !!!; it ended with exit code 2 before all tests had a result"]);
    }

    #[test]
    fn an_exit_code_that_contradicts_the_results_is_reported() {
        check(code(0), "a+ b+ c+ d+ es", &[], expect!["Untrusted +++; it ran tests that were not selected: d"]);
        check(code(0), "a+ b- c+", &[], expect!["Untrusted +-+; it ended with exit code 0, although 1 test failed"]);
        check(
            code(0),
            "a+ b+ cn",
            &[],
            expect!["Untrusted ++!; it ended with exit code 0 before all tests had a result"],
        );
        check(
            code(101),
            "a+ b+ c+",
            &[],
            expect!["Untrusted +++; it ended with exit code 101, although no test failed"],
        );
        check(
            code(101),
            "a+ b+ c+",
            &["outside of any test: a fixture panicked"],
            expect!["Untrusted +++; outside of any test: a fixture panicked"],
        );
        check(code(70), "a+ b- c+", &[], expect!["Untrusted +-+; it ended with exit code 70: its harness failed"]);
        check(
            code(130),
            "a+ b+ c+",
            &[],
            expect!["Untrusted +++; it ended with exit code 130, although no test failed"],
        );
    }
}
