//! The fixtures of a test that hangs: after a timeout, and when the grace period after Ctrl-C ends. An async test is cancelled. A teardown
//! function that takes a reference runs; every other fixture is named.

use rustix::process::{Pid, Signal, kill_process};

use crate::suite::nextest;
use crate::support::suite_runner::{Answer, ISOLATIONS, fixture};
use crate::support::wait::wait_until;
use crate::test;

/// The lines of the log after a run of this test, and what the run printed.
fn run(test: &str, isolation: &str) -> (Vec<String>, Answer) {
    let fixture = fixture("abandoned_fixtures");
    let log = fixture.file("log");
    let answer = fixture.env("LOG", &log).args(&["-n1", "--isolation", isolation, "--exact", test]).run();
    (log.lines(), answer)
}

#[track_caller]
fn check(test: &str, expected: &[&str], named: &[&str]) {
    for isolation in ISOLATIONS {
        let (lines, answer) = run(test, isolation);
        assert_eq!(answer.code, Some(101), "{isolation}: {}", answer.text());
        assert_eq!(lines, expected, "{isolation}: {}", answer.text());
        for fixture in named {
            let line = format!("warning: the fixture `{fixture}` (tests/examples/abandoned_fixtures.rs:");
            let found = answer.stdout.lines().find(|found| found.starts_with(&line)).unwrap_or_default();
            let why = format!("was not torn down: the test `{test}` still uses it");
            assert!(found.contains(&why), "{isolation}: {}", answer.text());
        }
        assert_eq!(answer.stdout.matches("was not torn down").count(), named.len(), "{isolation}: {}", answer.text());
    }
}

#[test]
fn teardown_by_reference_runs_after_a_timeout() {
    check("hangs", &["runs", "test", "worker", "process"], &[]);
}

#[test]
fn teardown_by_value_is_reported_after_a_timeout() {
    check("hangs_with_values", &["runs"], &["by_value", "by_value_of_process"]);
}

#[test]
fn async_tests_are_cancelled_after_a_timeout() {
    check("waits", &["runs", "future", "value", "process value"], &[]);
    check("waits_on_threads", &["runs", "future", "value"], &[]);
    check("blocks", &["runs", "test"], &[]);
    for isolation in ISOLATIONS {
        let (_, answer) = run("waits", isolation);
        let message = "note: the test ran longer than its timeout of 300ms and was cancelled\n";
        assert!(answer.stdout.contains(message), "{isolation}: {}", answer.text());
    }
}

#[test]
fn teardown_after_a_timeout_under_nextest() {
    for (test, expected) in [
        ("hangs", &["runs", "test", "worker", "process"][..]),
        ("waits", &["runs", "future", "value", "process value"]),
    ] {
        let run = nextest::run(&["abandoned_fixtures"], &["-E", &format!("test(={test})"), "--no-capture"]);
        let log = run.file("log");
        let answer = run.env("LOG", &log).run();
        assert!(answer.stderr.contains("1 test run: 0 passed, 1 failed"), "{}", answer.text());
        assert_eq!(log.lines(), expected, "{}", answer.text());
    }
}

#[test]
fn teardown_that_cannot_run_is_in_the_events() {
    let fixture = fixture("abandoned_fixtures");
    let (log, events) = (fixture.file("log"), fixture.file("events"));
    let args = ["-n1", "--exact", "hangs_with_values", "--events", events.as_str()];
    let answer = fixture.env("LOG", &log).args(&args).run();
    assert_eq!(answer.code, Some(101), "{}", answer.text());
    let named = |line: &String| line.contains("\"event\":\"diagnostic\"") && line.contains("was not torn down");
    assert_eq!(events.lines().iter().filter(|&line| named(line)).count(), 2, "{}", events.text());
}

#[test]
fn children_of_a_test_that_timed_out_are_ended_under_nextest() {
    let fixture = fixture("abandoned_fixtures").args(&["--exact", "hangs_with_a_child", "--nocapture"]);
    let log = fixture.file("log");
    let fixture = fixture.env("NEXTEST_EXECUTION_MODE", "process-per-test").env("NEXTEST_RUN_ID", "x");
    let answer = fixture.env("LOG", &log).run();
    assert_eq!(answer.code, Some(101), "{}", answer.text());
    let child = log.lines()[0].parse().ok().and_then(Pid::from_raw).expect("a number");
    // It may have been ended, and not yet been reaped by the process that has adopted it.
    let stat = || std::fs::read_to_string(format!("/proc/{}/stat", child.as_raw_pid())).unwrap_or_default();
    wait_until("it has ended", || stat().is_empty() || stat().contains(") Z "));
}

#[test]
fn a_timeout_names_the_stopped_child_that_the_test_waits_for() {
    for isolation in ISOLATIONS {
        let (_, answer) = run("waits_for_a_stopped_child", isolation);
        assert_eq!(answer.code, Some(101), "{isolation}: {}", answer.text());
        let line = "(`sh -c kill -STOP $$`), which the test may wait for, was stopped by SIGSTOP";
        assert!(answer.stdout.contains(line), "{isolation}: {}", answer.text());
    }
}

#[test]
fn teardown_runs_when_the_grace_period_after_ctrl_c_ends() {
    let hangs: (&str, &[&str]) = ("hangs_without_a_limit", &["runs", "test", "worker", "process"]);
    let waits: (&str, &[&str]) = ("waits_without_a_limit", &["runs", "future", "value", "process value"]);
    for isolation in ISOLATIONS {
        for (test, expected) in [hangs, waits] {
            let fixture = fixture("abandoned_fixtures");
            let log = fixture.file("log");
            let args = ["-n1", "--isolation", isolation, "--exact", test];
            let started = fixture.env("LOG", &log).args(&args).start();
            wait_until("the test runs", || !log.lines().is_empty());
            // The second signal ends the grace period. The system would merge two of the same kind.
            for signal in [Signal::INT, Signal::TERM] {
                kill_process(Pid::from_child(&started.child), signal).expect("it is alive");
            }
            let answer = started.ended();
            assert_eq!(answer.code, Some(130), "{isolation}, {test}: {}", answer.text());
            assert_eq!(log.lines(), expected, "{isolation}, {test}: {}", answer.text());
            let is_named = answer.stdout.contains("the fixture `by_value` (");
            assert_eq!(is_named, test == "hangs_without_a_limit", "{isolation}: {}", answer.text());
            assert!(answer.left.iter().all(|path| !path.contains("run-")), "{isolation}: {:?}", answer.left);
        }
    }
}
