//! `autouse` fixtures: for which tests, in which order, and what is shown of them.

use expect_test::expect;

use crate::suite::nextest;
use crate::suite::outcomes::check;
use crate::support::suite_runner::{ISOLATIONS, below, fixture};
use crate::support::wait::wait_until;
use crate::test;

/// What each test sets up and tears down, in this order.
const TESTS: [(&str, &[&str]); 5] = [
    ("takes_nothing", &["table up", "suite", "takes_nothing", "table down 1"]),
    ("takes_it", &["table up", "suite", "takes_it", "table down 2"]),
    ("inner::is_in", &["table up", "suite", "inner", "inner::is_in", "table down 1"]),
    ("inner::deep::is_below", &["table up", "suite", "inner", "inner::deep::is_below", "table down 1"]),
    ("innermost::is_not_in", &["table up", "suite", "innermost::is_not_in", "table down 1"]),
];

#[test]
fn autouse_fixtures_are_set_up_for_the_tests_of_their_module_and_below() {
    for isolation in ISOLATIONS {
        for (test, expected) in TESTS {
            let (answer, log) = fixture("autouse").run_logging(&["--isolation", isolation, "--exact", test]);
            assert_eq!(answer.code, Some(0), "{}", answer.text());
            let of_worker = [&["run", "worker up"][..], expected, &["worker down"]].concat();
            assert_eq!(log, of_worker, "{isolation}: {test}");
        }
    }
}

#[test]
fn autouse_fixtures_of_worker_and_run_are_set_up_once() {
    for (isolation, workers) in [("thread", 1), ("process", 1), ("none", 1), ("test", 6)] {
        let (answer, log) = fixture("autouse").run_logging(&["-n1", "--isolation", isolation]);
        assert_eq!(answer.code, Some(0), "{}", answer.text());
        let count = |what: &str| log.iter().filter(|line| *line == what).count();
        assert_eq!(
            (count("run"), count("worker up"), count("worker down")),
            (1, workers, workers),
            "{isolation}: {log:?}"
        );
        assert_eq!((count("suite"), count("table up"), count("inner")), (6, 6, 2), "{isolation}: {log:?}");
    }
}

#[test]
fn autouse_fixtures_work_under_nextest() {
    let nextest = nextest::run(&["autouse"], &[]);
    let log = nextest.file("log");
    let answer = nextest.env("LOG", &log).run();
    // The fixture server ends after cargo-nextest.
    wait_until("everything is gone", || below(answer.tmp()).is_empty());
    let log = log.lines();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    let count = |what: &str| log.iter().filter(|line| *line == what).count();
    assert_eq!((count("run"), count("worker up"), count("table up"), count("inner")), (1, 6, 6, 2), "{log:?}");
}

#[test]
fn an_autouse_fixture_that_fails_fails_its_tests() {
    for isolation in ISOLATIONS {
        let answer = fixture("autouse").args(&["--isolation", isolation, "--ignored"]).run();
        assert_eq!(answer.code, Some(101), "{}", answer.text());
        assert!(answer.text().contains("cannot set up the fixture fails: no table"), "{}", answer.text());
    }
}

#[test]
fn an_autouse_fixture_can_skip_its_tests() {
    for isolation in ISOLATIONS {
        let answer = fixture("autouse").args(&["--isolation", isolation, "skipped"]).run();
        assert!(answer.stdout.contains("test skipped::draws ... ignored, no display"), "{}", answer.text());
    }
}

#[test]
fn fixtures_option_says_which_are_autouse() {
    check(
        fixture("autouse"),
        &["--fixtures"],
        expect![[r#"
        common::in_suite: (), made for the test, tests/examples/autouse.rs:19:8
            autouse: for each test of the suite
            no test takes it
        clock: autouse::Clock, made for the worker, tests/examples/autouse.rs:30:4
            autouse: for each test of its module and below
            fixtures that take it: table
            no test takes it
        once: (), made for the run, tests/examples/autouse.rs:40:4
            autouse: for each test of its module and below
            no test takes it
        table: autouse::Table, made for the test, tests/examples/autouse.rs:50:10
            autouse: for each test of its module and below
            tests that take it: 1 (takes_it)
        inner::in_module: (), made for the test, tests/examples/autouse.rs:74:8
            autouse: for each test of its module and below
            no test takes it
        bad_luck::fails: (), made for the test, tests/examples/autouse.rs:104:8
            autouse: for each test of its module and below
            no test takes it
        skipped::needs_a_display: (), made for the test, tests/examples/autouse.rs:118:8
            autouse: for each test of its module and below
            no test takes it
        --- exit code 0
    "#]],
    );
}
