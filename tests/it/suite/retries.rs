//! Retries: after a backoff delay, on another worker, alone.

use expect_test::{Expect, expect};
use swimlanes_core::events::{AttemptFinished, CaseFinished, CaseVerdict, Record};

use crate::suite::outcomes::{check, flaky};
use crate::support::records;
use crate::support::suite_runner::{Fixture, fixture};
use crate::test;

const BACKOFFS: [&[&str]; 3] = [&[], &["--retry-backoff", "fixed:2ms"], &["--retry-backoff", "exponential:1ms..3ms"]];
const PLACES: [&str; 3] = ["same", "any", "alone"];
const ISOLATIONS: [&str; 4] = ["none", "thread", "process", "test"];

/// The records of a run.
pub(crate) fn records(fixture: Fixture, args: &[&str]) -> Vec<Record<'static>> {
    let path = fixture.file("events");
    let answer = fixture.args(args).args(&["--events", path.as_str()]).run();
    assert_eq!(answer.left, [""; 0]);
    records::records(&path)
}

/// When the attempt began and ended.
pub(crate) fn span(attempt: &AttemptFinished<'_>) -> (u64, u64) {
    (attempt.at_ns, attempt.at_ns + attempt.took.took_ns)
}

#[test]
fn retries_end_flaky_with_every_retry_on_and_retry_backoff() {
    for place in PLACES {
        for backoff in BACKOFFS {
            for isolation in ISOLATIONS {
                let args = ["-n3", "--retries", "2", "--repeat", "2", "--retry-on", place, "--isolation", isolation];
                let records = records(flaky(&[("settles", 2)]), &[&args, backoff].concat());
                let summary = |result: &&CaseFinished<'_>| {
                    let verdict = match result.verdict {
                        CaseVerdict::Pass => "pass",
                        CaseVerdict::Flaky { .. } => "flaky",
                        _ => "another verdict",
                    };
                    format!("{}: {verdict}, {}", result.test.name, result.attempts)
                };
                let mut verdicts: Vec<String> = records::results(&records).iter().map(summary).collect();
                verdicts.sort_unstable();
                let expected = [
                    "is_never_repeated: pass, 1",
                    "is_never_repeated: pass, 1",
                    "is_stable: pass, 1",
                    "is_stable: pass, 1",
                    "settles: flaky, 3",
                    "settles: pass, 1",
                    "settles_by_itself: pass, 1",
                    "settles_by_itself: pass, 1",
                ];
                assert_eq!(verdicts, expected, "{place} {backoff:?} {isolation}");
            }
        }
    }
}

#[test]
fn retry_backoff_is_the_time_between_attempts() {
    for place in PLACES {
        let args = ["-n2", "--retries", "2", "--retry-on", place, "--retry-backoff", "exponential:40ms"];
        let records = records(flaky(&[("settles", 2)]), &args);
        let attempts = records::attempts(&records);
        let of_test = attempts.iter().filter(|it| it.attempt.test.name == "settles");
        let spans: Vec<_> = of_test.map(|it| span(it)).collect();
        let rests: Vec<u64> = spans.windows(2).map(|two| (two[1].0 - two[0].1) / 1_000_000).collect();
        // At least half of the delay.
        assert!(rests.len() == 2 && rests[0] >= 20 && rests[1] >= 40, "{place}: {rests:?}");
    }
}

/// Checks the number of first attempts, in any order, and of retries, which come later and one after the other.
#[track_caller]
fn check_alone(records: &[Record<'static>], firsts: usize, others: usize) {
    let attempts = records::attempts(records);
    let (first, again): (Vec<_>, Vec<_>) = attempts.into_iter().partition(|it| it.attempt.attempt == 1);
    assert_eq!((first.len(), again.len()), (firsts, others));
    let mut free_at = first.into_iter().map(|it| span(it).1).max().expect("some");
    for attempt in again {
        let (from, to) = span(attempt);
        assert!(free_at <= from, "{attempt:?}");
        free_at = to;
    }
}

#[test]
fn retry_on_alone_runs_retries_last_and_one_at_a_time() {
    for isolation in ISOLATIONS {
        let failures = [("settles", 2), ("settles_by_itself", 3)];
        let args = ["-n4", "--retries", "2", "--retry-on", "alone", "--isolation", isolation];
        check_alone(&records(flaky(&failures), &args), 4, 5);
    }
}

#[test]
fn retry_on_alone_after_a_timeout_runs_in_the_next_process() {
    let args = ["-n2", "--retry-on", "alone", "--retry-backoff", "fixed:1ms", "--exact"];
    let names = ["hangs_and_would_be_retried", "hangs_asynchronously", "free_1", "free_2", "is_quick_enough"];
    let records = records(fixture("hangs"), &[&args[..], &names].concat());
    check_alone(&records, 5, 2);
    let finished = records::results(&records);
    let hung = finished.iter().find(|it| it.test.name == "hangs_and_would_be_retried").expect("a result");
    assert!(matches!(hung.verdict, CaseVerdict::Fail(_)) && hung.attempts == 3, "{hung:?}");
    assert_eq!(finished.len(), 5);
}

#[test]
fn the_first_failure_of_a_flaky_test_is_shown() {
    check(
        flaky(&[("settles", 1), ("is_never_repeated", 1)]),
        &["-n1", "--retries", "1", "--retry-on", "alone", "--retry-backoff", "fixed:1ms"],
        expect![[r#"

            running 4 tests
            test settles_by_itself ... ok
            test is_never_repeated ... FAILED
            test is_stable ... ok
            test settles ... ok (flaky: passed on attempt 2)

            flaky:

            ---- settles stdout, attempt 1 of 2 ----
            1 to go

            thread 'settles' (ID) panicked at tests/examples/flaky.rs:12:9:
            not yet
            note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
              = worker 0 of 1, seed SEED, took TIMEs


            flaky:
                settles

            failures:

            ---- is_never_repeated stdout ----
            1 to go

            thread 'is_never_repeated' (ID) panicked at tests/examples/flaky.rs:12:9:
            not yet
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example flaky -- --seed SEED --exact is_never_repeated


            failures:
                is_never_repeated

            test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in TIMEs; 1 flaky

            --- exit code 101
        "#]],
    );
}

#[test]
fn a_test_whose_retry_does_not_start_has_failed() {
    check(
        flaky(&[("settles", 1), ("is_never_repeated", 1)]),
        &["-n1", "-x", "--retries", "1", "--retry-on", "alone"],
        expect![[r#"

            running 4 tests
            test settles_by_itself ... ok
            test is_never_repeated ... FAILED
            test settles ... FAILED

            failures:

            ---- is_never_repeated stdout ----
            1 to go

            thread 'is_never_repeated' (ID) panicked at tests/examples/flaky.rs:12:9:
            not yet
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example flaky -- --seed SEED --exact is_never_repeated

            ---- settles stdout ----
            1 to go

            thread 'settles' (ID) panicked at tests/examples/flaky.rs:12:9:
            not yet
            note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example flaky -- --seed SEED --exact settles


            failures:
                is_never_repeated
                settles

            1 test did not run: as many failed as --max-fail allows

            test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in TIMEs

            --- exit code 101
        "#]],
    );
}

#[track_caller]
fn check_refused(backoff: &str, expected: Expect) {
    check(flaky(&[]), &["--retry-backoff", backoff], expected);
}

#[test]
fn invalid_retry_backoff_is_refused() {
    check_refused(
        "5s",
        expect![[r#"
        --- stderr
        error: invalid value '5s' for '--retry-backoff <BACKOFF>': unknown backoff: write "fixed:TIME", "exponential:TIME" or "exponential:TIME..TIME", as in "exponential:100ms..5s"

        For more information, try '--help'.
        --- exit code 2
    "#]],
    );
    check_refused(
        "exponential:5s..1s",
        expect![[r#"
        --- stderr
        error: invalid value 'exponential:5s..1s' for '--retry-backoff <BACKOFF>': the first delay is longer than the limit

        For more information, try '--help'.
        --- exit code 2
    "#]],
    );
}
