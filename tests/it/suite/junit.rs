//! `--junit FILE`: an element for each result, the same in every isolation mode.

use std::process::Stdio;

use expect_test::expect;

use crate::support::scrub::{STACK, scrub};
use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

/// The report, without times, thread ids and the stack.
fn report(args: &[&str]) -> String {
    let fixture = fixture("junit");
    let (log, file) = (fixture.file("log"), fixture.file("report.xml"));
    let suite = fixture.env("LOG", &log).args(&["--junit", file.as_str(), "--seed", "7"]).args(args);
    // One of the tests writes bytes that are not text.
    let answer = suite.stdout(Stdio::null()).run();
    assert_eq!(answer.code, Some(101), "{}", answer.text());
    let xml = std::fs::read_to_string(file.as_str()).expect("a report").replace("&apos;", "'");
    let (before, stack) = xml.split_once(STACK).unwrap_or((&xml, ""));
    let after =
        stack.split_once("</system-out>").map_or(String::new(), |(_, after)| format!("STACK</system-out>{after}"));
    let text = scrub(&format!("{before}{after}"));
    text.lines().map(|line| without_time(line) + "\n").collect()
}

/// The line without the attribute `time`.
fn without_time(line: &str) -> String {
    let Some((before, rest)) = line.split_once(" time=\"") else { return line.to_owned() };
    format!("{before}{}", rest.split_once('"').map_or("", |(_, after)| after))
}

#[test]
fn junit_report_has_an_element_for_each_result() {
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="swimlanes-run" tests="9" skipped="2" failures="5" errors="0">
            <testsuite name="swimlanes-tests::example/junit" tests="9" skipped="2" errors="0" failures="5">
                <properties>
                    <property name="seed" value="7"/>
                    <property name="workers" value="1"/>
                </properties>
                <testcase name="passes" classname="swimlanes-tests::example/junit">
                    <properties>
                        <property name="worker" value="0"/>
                    </properties>
                </testcase>
                <testcase name="panics" classname="swimlanes-tests::example/junit">
                    <properties>
                        <property name="worker" value="0"/>
                    </properties>
                    <failure message="&lt;wet&gt; &amp; &quot;cold&quot; " type="panic">&lt;wet&gt; &amp; &quot;cold&quot; 
        at tests/examples/junit.rs:20:5</failure>
                    <system-out>
        thread 'panics' (ID) panicked at tests/examples/junit.rs:20:5:
        &lt;wet&gt; &amp; &quot;cold&quot; 
        note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
        </system-out>
                </testcase>
                <testcase name="returns_an_error" classname="swimlanes-tests::example/junit">
                    <properties>
                        <property name="worker" value="0"/>
                    </properties>
                    <failure message="Error: &quot;no tea&quot;" type="error">Error: &quot;no tea&quot;</failure>
                    <system-out>Error: &quot;no tea&quot;
        </system-out>
                </testcase>
                <testcase name="times_out" classname="swimlanes-tests::example/junit">
                    <properties>
                        <property name="worker" value="0"/>
                    </properties>
                    <failure message="the test ran longer than its timeout of 200ms and was given up" type="timed_out">the test ran longer than its timeout of 200ms and was given up</failure>
                    <system-out>STACK</system-out>
                </testcase>
                <testcase name="writes_what_is_not_text" classname="swimlanes-tests::example/junit">
                    <properties>
                        <property name="worker" value="0"/>
                    </properties>
                    <failure message="explicit panic" type="panic">explicit panic
        at tests/examples/junit.rs:38:5</failure>
                    <system-out>� here

        thread 'writes_what_is_not_text' (ID) panicked at tests/examples/junit.rs:38:5:
        explicit panic
        note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
        </system-out>
                </testcase>
                <testcase name="is_flaky" classname="swimlanes-tests::example/junit">
                    <properties>
                        <property name="worker" value="0"/>
                        <property name="attempts" value="2"/>
                    </properties>
                    <flakyFailure message="the first attempt" type="panic">the first attempt
        at tests/examples/junit.rs:43:5
                        <system-out>
        thread 'is_flaky' (ID) panicked at tests/examples/junit.rs:43:5:
        the first attempt
        </system-out>
                    </flakyFailure>
                </testcase>
                <testcase name="fails_twice" classname="swimlanes-tests::example/junit">
                    <properties>
                        <property name="worker" value="0"/>
                        <property name="attempts" value="2"/>
                    </properties>
                    <failure message="first attempt" type="panic">first attempt
        at tests/examples/junit.rs:48:5</failure>
                    <rerunFailure message="second attempt" type="panic">second attempt
        at tests/examples/junit.rs:48:5
                        <system-out>
        thread 'fails_twice' (ID) panicked at tests/examples/junit.rs:48:5:
        second attempt
        </system-out>
                    </rerunFailure>
                    <system-out>
        thread 'fails_twice' (ID) panicked at tests/examples/junit.rs:48:5:
        first attempt
        </system-out>
                </testcase>
                <testcase name="is_skipped" classname="swimlanes-tests::example/junit">
                    <properties>
                        <property name="worker" value="0"/>
                    </properties>
                    <skipped message="no cup"/>
                </testcase>
                <testcase name="is_ignored" classname="swimlanes-tests::example/junit">
                    <skipped message="too slow"/>
                </testcase>
            </testsuite>
        </testsuites>
    "#]].assert_eq(&report(&["-n1"]));
}

#[test]
fn junit_report_has_the_same_results_in_every_isolation_mode() {
    let results = |isolation: &str| {
        let report = report(&["-n1", "--isolation", isolation]);
        let is_result = |line: &&str| {
            ["<testcase", "<failure", "<skipped", "flakyFailure", "rerunFailure"].iter().any(|name| line.contains(name))
        };
        report.lines().filter(is_result).map(str::to_owned).collect::<Vec<_>>()
    };
    let expected = results("thread");
    assert_eq!(expected.iter().filter(|line| line.contains("<testcase")).count(), 9);
    for isolation in ISOLATIONS {
        assert_eq!(results(isolation), expected, "{isolation}");
    }
}

#[test]
fn junit_report_fails_a_flaky_test_with_flaky_result_fail() {
    let report = report(&["-n1", "--flaky-result", "fail", "is_flaky"]);
    assert!(report.contains("failures=\"1\"") && report.contains("<flakyFailure"), "{report}");
}

#[test]
fn junit_report_that_cannot_be_written_fails_the_run() {
    let answer = fixture("junit").args(&["--junit", "/dev/null/report.xml", "passes"]).run();
    assert_eq!(answer.code, Some(70), "{}", answer.text());
    assert!(answer.text().contains("cannot write the JUnit report /dev/null/report.xml"), "{}", answer.text());
}

#[test]
fn format_junit_writes_the_report_to_stdout() {
    for isolation in ISOLATIONS {
        let fixture = fixture("junit");
        let (log, file) = (fixture.file("log"), fixture.file("report.xml"));
        let args = ["--format", "junit", "--junit", file.as_str(), "--isolation", isolation];
        let answer = fixture.env("LOG", &log).args(&args).run();
        assert_eq!(answer.code, Some(101), "{}", answer.text());
        assert_eq!(answer.stdout, std::fs::read_to_string(file.as_str()).expect("a report"), "{isolation}");
        assert!(answer.stdout.starts_with("<?xml"), "{isolation}: {}", answer.text());
    }
}
