//! `--last-failed` and `--failed-first`, as in pytest.

use crate::support::suite_runner::fixture;
use crate::test;

/// The tests of the run in the order of their results.
#[track_caller]
fn check(fails: &str, args: &[&str], expected: &[&str]) {
    let answer = fixture("last_failed").env("SWIMLANES_HISTORY", "").env("FAILS", fails).args(args).run();
    let lines = answer.stdout.lines().filter_map(|line| line.strip_prefix("test ")?.split_once(" ... "));
    let names: Vec<&str> = lines.map(|(name, _)| name).collect();
    assert_eq!(names, expected, "{}", answer.text());
    let is_noted = answer.stdout.contains("no test of this suite failed in its last runs");
    assert_eq!(is_noted, args.contains(&"--last-failed") && expected.len() == 3, "{}", answer.text());
}

// One test: the file belongs to the suite, and several runs share it.
#[test]
fn last_failed_and_failed_first_use_the_results_of_earlier_runs() {
    check("", &["-n1"], &["one", "two", "three"]);
    check("", &["-n1", "--last-failed"], &["one", "two", "three"]);
    check("three one", &["-n1"], &["one", "two", "three"]);
    check("three", &["-n1"], &["one", "two", "three"]);
    // A run of other tests changes nothing.
    check("", &["-n1", "two"], &["two"]);
    check("three", &["-n1", "--lf"], &["three"]);
    check("three", &["-n1", "--failed-first"], &["three", "one", "two"]);
    check("three", &["-n1", "--ff", "--isolation", "process"], &["three", "one", "two"]);
    check("", &["-n1", "--last-failed"], &["three"]);
    check("", &["-n1", "--last-failed"], &["one", "two", "three"]);
}
