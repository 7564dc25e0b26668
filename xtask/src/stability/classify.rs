//! Decides what a run came to: what is known of each test, whether the run ended as it should, and whether what it says
//! of itself fits together.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::stability::model::{End, Outcome, Planned, Run, Suite, Told};
use crate::stability::parse::{Observed, Said};

/// A run that ended, before anybody judged it.
#[derive(Debug)]
pub(super) struct Raw<'a> {
    pub(super) planned: Planned,
    pub(super) end: End,
    pub(super) took: Duration,
    pub(super) observed: Observed,
    pub(super) stderr: &'a str,
}

/// How much of a suite's last words is kept.
const LAST_LINES: usize = 12;

/// Judges a run of this suite.
pub(super) fn judge(suite: &Suite, raw: Raw<'_>) -> Run {
    let Raw { planned, end, took, mut observed, stderr } = raw;
    let counts = Counts::of(suite, &observed);
    let told = suite.tests.iter().map(|test| told(observed.said.remove(test))).collect();
    let suspects = suite.tests.iter().enumerate().filter(|(_, test)| observed.open.contains(test));
    let suspects = suspects.map(|(ix, _)| ix).collect();
    let mut remarks = observed.remarks;
    remarks.extend(unlisted(&observed.said));
    let contradiction = contradiction(end, &counts, &remarks);
    remarks.extend(contradiction);
    let outcome = match end {
        End::Interrupted => Outcome::Interrupted,
        End::TimedOut => Outcome::TimedOut,
        End::Signalled { .. } => Outcome::Crashed,
        End::Exited { .. } if counts.missing > 0 => Outcome::Crashed,
        End::Exited { .. } if !remarks.is_empty() => Outcome::Untrusted,
        End::Exited { .. } if counts.failed > 0 || counts.passed_later > 0 => Outcome::Failed,
        End::Exited { .. } => Outcome::Passed,
    };
    let last_words = if outcome.is_fault() { last_lines(stderr) } else { String::new() };
    Run { planned, outcome, end, took, told, suspects, remarks, last_words }
}

/// How many tests were said to be what.
#[derive(Debug, Default)]
struct Counts {
    failed: usize,
    passed_later: usize,
    not_run: usize,
    /// Nothing was said of them.
    missing: usize,
}

impl Counts {
    fn of(suite: &Suite, observed: &Observed) -> Self {
        let mut counts = Self::default();
        for test in &suite.tests {
            match observed.said.get(test) {
                Some(Said::Failed(failure)) if failure.passed_later => counts.passed_later += 1,
                Some(Said::Failed(_)) => counts.failed += 1,
                Some(Said::NotRun) => counts.not_run += 1,
                Some(Said::Passed | Said::Skipped) => {}
                None => counts.missing += 1,
            }
        }
        counts
    }
}

fn told(said: Option<Said>) -> Told {
    match said {
        Some(Said::Passed) => Told::Passed,
        Some(Said::Failed(failure)) => Told::Failed(failure),
        Some(Said::Skipped) => Told::Skipped,
        Some(Said::NotRun) | None => Told::Lost,
    }
}

/// That tests ran which the suite had not listed, or not to be run.
fn unlisted(said: &BTreeMap<String, Said>) -> Option<String> {
    let ran = said.iter().filter(|(_, said)| matches!(said, Said::Passed | Said::Failed(_)));
    let ran: Vec<&str> = ran.map(|(name, _)| name.as_str()).collect();
    (!ran.is_empty()).then(|| format!("it ran what it was not to run: {}", ran.join(", ")))
}

/// How the end of the process contradicts what it told before. Trouble outside of tests explains a red end.
fn contradiction(end: End, counts: &Counts, trouble: &[String]) -> Option<String> {
    let End::Exited { code } = end else { return None };
    let lost = counts.missing + counts.not_run;
    match code {
        0 if counts.failed > 0 => Some(format!("it {end}, although {} failed", n_tests(counts.failed))),
        0 if lost > 0 => Some(format!("it {end} before all tests had a result")),
        0 => None,
        70 => Some(format!("it {end}: its harness failed")),
        _ if counts.failed > 0 || !trouble.is_empty() => None,
        // `--flaky fail` of swimlanes.
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
    use crate::stability::model::{Binary, Failure, Harness, Narrowing};

    /// `said` in words: `a+` passed, `a-` failed, `a~` passed when tried again, `as` skipped, `an` was not run, `a?`
    /// had started.
    #[track_caller]
    fn check(end: End, said: &str, remarks: &[&str], expected: Expect) {
        let suite = Suite {
            binary: Binary::default(),
            harness: Harness::Swimlanes,
            tests: ["a", "b", "c"].map(str::to_owned).to_vec(),
            ignored: 0,
            not_selected: 0,
            narrowing: Narrowing::None,
        };
        let mut observed =
            Observed { remarks: remarks.iter().map(|&text| text.to_owned()).collect(), ..Observed::default() };
        for word in said.split_whitespace() {
            let (name, said) = word.split_at(1);
            let failed =
                |passed_later| Said::Failed(Failure { message: "down".to_owned(), location: None, passed_later });
            let said = match said {
                "+" => Said::Passed,
                "-" => failed(false),
                "~" => failed(true),
                "s" => Said::Skipped,
                "n" => Said::NotRun,
                "?" => {
                    observed.open.push(name.to_owned());
                    continue;
                }
                other => panic!("what is {other}?"),
            };
            observed.said.insert(name.to_owned(), said);
        }
        let planned = Planned { suite: 0, level: 1, seed: 7 };
        let run = judge(&suite, Raw { planned, end, took: Duration::ZERO, observed, stderr: "one\ntwo\n" });
        let told = run.told.iter().map(|told| match told {
            Told::Passed => '+',
            Told::Failed(_) => '-',
            Told::Skipped => 's',
            Told::Lost => '!',
        });
        let told: String = told.collect();
        let mut actual = format!("{:?} {told}", run.outcome);
        if !run.suspects.is_empty() {
            actual += &format!(" suspects {:?}", run.suspects);
        }
        for remark in run.remarks {
            actual += &format!("; {remark}");
        }
        expected.assert_eq(&actual);
    }

    const fn code(code: i32) -> End {
        End::Exited { code }
    }

    #[test]
    fn a_run_that_fits_together_is_green_or_red() {
        check(code(0), "a+ b+ cs", &[], expect!["Passed ++s"]);
        check(code(101), "a+ b- cs", &[], expect!["Failed +-s"]);
        check(code(0), "a+ b~ c+", &[], expect!["Failed +-+"]);
        check(code(101), "a+ b~ c+", &[], expect!["Failed +-+"]);
        check(code(101), "a- bn cn", &[], expect!["Failed -!!"]);
        // A harness of somebody's own may have another code for failed tests.
        check(code(1), "a- b+ c+", &[], expect!["Failed -++"]);
    }

    #[test]
    fn a_test_without_a_result_is_lost_whatever_the_end_says() {
        check(
            code(0),
            "a+ b?",
            &[],
            expect!["Crashed +!! suspects [1]; it ended with exit code 0 before all tests had a result"],
        );
        check(code(101), "a- b+", &[], expect!["Crashed -+!"]);
        check(End::Signalled { signal: 6 }, "a+ b?", &[], expect!["Crashed +!! suspects [1]"]);
        check(End::Signalled { signal: 11 }, "a+ b+ c+", &[], expect!["Crashed +++"]);
        check(End::TimedOut, "a+ b? c?", &[], expect!["TimedOut +!! suspects [1, 2]"]);
        check(End::TimedOut, "a+ b+ c+", &[], expect!["TimedOut +++"]);
        check(End::Interrupted, "a+ b?", &[], expect!["Interrupted +!! suspects [1]"]);
        check(code(2), "", &[], expect!["Crashed !!!; it ended with exit code 2 before all tests had a result"]);
    }

    #[test]
    fn an_end_that_contradicts_the_results_is_told() {
        check(code(0), "a+ b+ c+ d+ es", &[], expect!["Untrusted +++; it ran what it was not to run: d"]);
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
