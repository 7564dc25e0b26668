//! The report in JUnit's XML: a case for each test.
//!
//! A flaky test is a failed case with a `flakyFailure` for each kind of failure, as in cargo-nextest when flaky tests fail a run; if they
//! are allowed, it is a passed case with the same elements.

use anyhow::{Context, Result};
use quick_junit::{FlakyOrRerun, NonSuccessKind, Report as Xml, TestCase, TestCaseStatus, TestRerun, TestSuite};

use super::content::{FailureMessage, Report, TestPart};
use super::prose;
use crate::stability::verdict::{FlakyPolicy, Verdict};

/// The report.
///
/// # Errors
///
/// If it cannot be written as XML.
pub(super) fn render(report: &Report, flaky_policy: FlakyPolicy) -> Result<String> {
    let mut xml = Xml::new("stability");
    for suite in &report.suites {
        let mut part = TestSuite::new(&suite.name);
        part.add_property(("seed", report.campaign.seed.to_string().as_str()));
        part.add_property(("runs", suite.counted_runs.to_string().as_str()));
        for test in report.tests.iter().filter(|test| test.suite == suite.name) {
            part.add_test_case(case(test, flaky_policy));
        }
        xml.add_test_suite(part);
    }
    xml.to_string().context("cannot write the report as XML")
}

fn case(test: &TestPart, flaky_policy: FlakyPolicy) -> TestCase {
    let mut case = TestCase::new(&test.name, status(test, flaky_policy));
    case.set_classname(&test.suite);
    case
}

fn status(test: &TestPart, flaky_policy: FlakyPolicy) -> TestCaseStatus {
    let mut status = match test.verdict {
        Verdict::Stable => TestCaseStatus::success(),
        Verdict::Flaky => match flaky_policy {
            FlakyPolicy::Allow => TestCaseStatus::success(),
            FlakyPolicy::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        },
        Verdict::Broken => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Lost => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::Skipped | Verdict::NotRun => TestCaseStatus::skipped(),
    };
    match test.verdict {
        Verdict::Stable | Verdict::Skipped | Verdict::NotRun => {}
        Verdict::Lost => {
            status.set_message(prose::rate(test));
        }
        Verdict::Broken => {
            status.set_message(prose::finding(test)).set_description(description(test));
        }
        Verdict::Flaky => {
            status.set_message(prose::finding(test)).set_description(description(test));
            status.set_rerun_kind(FlakyOrRerun::Flaky);
            status.add_reruns(test.messages.iter().map(flaky_failure));
        }
    }
    status
}

/// One element for each kind of failure; the message contains the number of failures.
fn flaky_failure(message: &FailureMessage) -> TestRerun {
    let mut rerun = TestRerun::new(NonSuccessKind::Failure);
    rerun.set_message(prose::circumstances(message)).set_description(&message.first);
    rerun
}

fn description(test: &TestPart) -> String {
    let messages = test.messages.iter().map(|message| format!("{}\n{}", prose::circumstances(message), message.first));
    let again = test.again.iter().map(|again| format!("{}\n{}", again.run, again.alone));
    messages.chain(again).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::test_data;
    use super::*;

    #[test]
    fn every_test_is_a_case() {
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="stability" tests="9" skipped="1" failures="3" errors="2">
                <testsuite name="shop::api" tests="6" skipped="1" errors="2" failures="2">
                    <properties>
                        <property name="seed" value="7"/>
                        <property name="runs" value="20"/>
                    </properties>
                    <testcase name="db::reads_while_somebody_writes" classname="shop::api">
                        <failure message="failed in 8 of 19 runs: 42 % (23–64 %); lost in 1 more; differs by level, 0/10 at 1 and 8/9 at 4 (p = 0.0004, Fisher, adjusted)">6 times, first at level 4 with seed 594955804 (tests/api.rs:17:5)
            assertion `left == right` failed
              left: 1
             right: 4

            2 times, first at level 4 with seed 465548305
            it was still locked after 5s

            cargo test --features till -p shop --test api -- --workers 4 --shuffle-seed 594955804
            cargo test --features till -p shop --test api -- --seed 594955804 --exact db::reads_while_somebody_writes</failure>
                        <flakyFailure message="6 times, first at level 4 with seed 594955804 (tests/api.rs:17:5)">assertion `left == right` failed
              left: 1
             right: 4</flakyFailure>
                        <flakyFailure message="2 times, first at level 4 with seed 465548305">it was still locked after 5s</flakyFailure>
                    </testcase>
                    <testcase name="sums" classname="shop::api">
                        <failure message="failed in 19 of 19 runs: 100 % (83–100 %); lost in 1 more">19 times, first at level 1 with seed 892374487 (tests/api.rs:17:5)
            assertion `left == right` failed
              left: 1
             right: 4

            cargo test --features till -p shop --test api -- --workers 1 --shuffle-seed 892374487
            cargo test --features till -p shop --test api -- --seed 892374487 --exact sums</failure>
                    </testcase>
                    <testcase name="adds" classname="shop::api">
                        <error message="lost in 1 of 20 runs"/>
                    </testcase>
                    <testcase name="crashes_sometimes" classname="shop::api">
                        <error message="lost in 1 of 20 runs"/>
                    </testcase>
                    <testcase name="needs_a_network" classname="shop::api">
                        <skipped/>
                    </testcase>
                    <testcase name="stores" classname="shop::api"/>
                </testsuite>
                <testsuite name="shop" tests="3" skipped="0" errors="0" failures="1">
                    <properties>
                        <property name="seed" value="7"/>
                        <property name="runs" value="20"/>
                    </properties>
                    <testcase name="parse::numbers" classname="shop"/>
                    <testcase name="parse::times_&lt;now&gt;_|_later" classname="shop">
                        <failure message="failed in 1 of 20 runs: 5 % (0.89–24 %)">once, at level 1 (tests/api.rs:17:5)
            assertion `left == right` failed
              left: 2
             right: 4

            cargo test --features till -p shop --lib -- --test-threads 1
            cargo test --features till -p shop --lib -- --exact &apos;parse::times_&lt;now&gt;_|_later&apos;</failure>
                        <flakyFailure message="once, at level 1 (tests/api.rs:17:5)">assertion `left == right` failed
              left: 2
             right: 4</flakyFailure>
                    </testcase>
                    <testcase name="parse::words" classname="shop"/>
                </testsuite>
            </testsuites>
        "#]].assert_eq(&render(&test_data::report(), FlakyPolicy::Fail).expect("XML"));
    }

    #[test]
    fn a_flaky_test_that_is_allowed_is_a_passed_case() {
        let xml = render(&test_data::report(), FlakyPolicy::Allow).expect("XML");
        let lines: Vec<&str> = xml.lines().filter(|line| line.contains("<test") || line.contains("laky")).collect();
        expect![[r#"
            <testsuites name="stability" tests="9" skipped="1" failures="1" errors="2">
                <testsuite name="shop::api" tests="6" skipped="1" errors="2" failures="1">
                    <testcase name="db::reads_while_somebody_writes" classname="shop::api">
                        <flakyFailure message="6 times, first at level 4 with seed 594955804 (tests/api.rs:17:5)">assertion `left == right` failed
             right: 4</flakyFailure>
                        <flakyFailure message="2 times, first at level 4 with seed 465548305">it was still locked after 5s</flakyFailure>
                    <testcase name="sums" classname="shop::api">
                    <testcase name="adds" classname="shop::api">
                    <testcase name="crashes_sometimes" classname="shop::api">
                    <testcase name="needs_a_network" classname="shop::api">
                    <testcase name="stores" classname="shop::api"/>
                <testsuite name="shop" tests="3" skipped="0" errors="0" failures="0">
                    <testcase name="parse::numbers" classname="shop"/>
                    <testcase name="parse::times_&lt;now&gt;_|_later" classname="shop">
                        <flakyFailure message="once, at level 1 (tests/api.rs:17:5)">assertion `left == right` failed
             right: 4</flakyFailure>
                    <testcase name="parse::words" classname="shop"/>"#]].assert_eq(&lines.join("\n"));
    }
}
