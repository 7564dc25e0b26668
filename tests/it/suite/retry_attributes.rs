//! `retry_on` and `backoff` of a test or of its suite.

use crate::suite::retries::{records, span};
use crate::support::records::attempts;
use crate::support::suite_runner::fixture;
use crate::test;

/// The two attempts of this test, when it was run with these arguments: their workers, the milliseconds between them, and whether no
/// attempt began later.
#[track_caller]
fn tried(test: &str, args: &[&str]) -> ([u32; 2], u64, bool) {
    let records = records(fixture("retry_attributes"), args);
    let attempts = attempts(&records);
    let of_test: Vec<_> = attempts.iter().copied().filter(|it| it.attempt.test.name == test).collect();
    let [first, second] = of_test[..] else { panic!("{attempts:?}") };
    let is_last = attempts.iter().all(|it| it.at_ns <= second.at_ns);
    let workers = [first, second].map(|it| it.attempt.worker);
    (workers, (second.at_ns - span(first).1) / 1_000_000, is_last)
}

#[test]
fn retry_on_and_backoff_of_the_runner_apply_to_tests_without_their_own() {
    let (workers, rest, _) = tried("says_nothing", &["-n2"]);
    assert!(rest >= 150 && workers[0] != workers[1], "{workers:?} {rest}");
}

#[test]
fn retry_options_override_the_runner() {
    let ([first, second], _, _) = tried("says_nothing", &["-n2", "--retry-backoff", "fixed:1ms", "--retry-on", "same"]);
    assert_eq!(first, second);
    let (_, rest, is_last) = tried("says_nothing", &["-n2", "--retry-backoff", "fixed:700ms", "--retry-on", "alone"]);
    assert!(rest >= 350 && is_last, "{rest}");
}

#[test]
fn retry_attributes_override_options_and_runner() {
    for args in [&["-n2"][..], &["-n2", "--retry-on", "same", "--retry-backoff", "fixed:1ms"]] {
        let (_, rest, _) = tried("says_alone", args);
        assert!(rest >= 40, "{args:?}: {rest}");
        let ([first, second], _, _) = tried("says_same", args);
        assert_eq!(first, second, "{args:?}");
    }
    let (_, _, is_last) = tried("says_alone", &["-n2", "--retry-on", "same"]);
    assert!(is_last);
}

#[test]
fn retry_attributes_under_nextest_stay_on_the_one_worker() {
    for test in ["says_alone", "says_nothing", "says_same"] {
        let nextest = fixture("retry_attributes").env("NEXTEST_EXECUTION_MODE", "process-per-test");
        let answer = nextest.args(&["--exact", test, "--nocapture"]).run();
        assert_eq!(answer.code, Some(0), "{}", answer.text());
    }
}
