//! A test-scope fixture that cannot be torn down fails its test, a teardown that hangs has a limit, only the body satisfies `should_panic`, and
//! a skip does not undo a failure.

use expect_test::expect;

use crate::suite::nextest;
use crate::suite::outcomes::check;
use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

/// Tests that fail only because of a fixture.
const FAILED: [&str; 9] = [
    "boils",
    "boils_async",
    "is_skipped_and_boils",
    "panics_as_expected_and_boils",
    "pot_panics",
    "only_drop_panics",
    "only_drop_panics_async",
    "only_drop_panics_after_a_return",
    "only_a_value_of_a_case_panics::one",
];

#[test]
fn failed_teardown_and_panicking_drop_fail_their_test() {
    for isolation in ISOLATIONS {
        let answer = fixture("teardown").args(&["-n2", "--isolation", isolation]).run();
        assert_eq!(answer.code, Some(101), "{isolation}: {}", answer.text());
        for test in FAILED {
            let failed = [format!("test {test} ... FAILED"), format!("test {test} - should panic ... FAILED")];
            assert!(failed.iter().any(|line| answer.stdout.contains(line)), "{isolation}: {test}: {}", answer.text());
        }
        assert!(answer.stdout.contains("test body_panics - should panic ... ok"), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("1 passed; 10 failed; 4 ignored"), "{isolation}: {}", answer.text());
    }
}

#[test]
fn failed_teardown_and_panicking_drop_fail_their_test_under_nextest() {
    let answer = nextest::run(&["teardown"], &[]).run();
    assert!(answer.stderr.contains("11 tests run: 1 passed, 10 failed"), "{}", answer.text());
    assert!(answer.stderr.contains("Error: the fixture `kettle`"), "{}", answer.text());
}

#[test]
fn failed_teardown_is_reported_with_its_test() {
    check(
        fixture("teardown"),
        &["-n1", "boils"],
        expect![[r#"

        running 5 tests
        test boils ... FAILED
        test boils_async ... FAILED
        test is_skipped_and_boils ... FAILED
        test panics_as_expected_and_boils - should panic ... FAILED
        test fails_and_boils ... FAILED

        failures:

        ---- boils stdout ----
        Error: the fixture `kettle` (tests/examples/teardown.rs:12:4) could not be torn down: still hot
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example teardown -- --seed SEED --exact boils

        ---- boils_async stdout ----
        Error: the fixture `kettle` (tests/examples/teardown.rs:12:4) could not be torn down: still hot
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example teardown -- --seed SEED --exact boils_async

        ---- is_skipped_and_boils stdout ----
        Error: the fixture `kettle` (tests/examples/teardown.rs:12:4) could not be torn down: still hot
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example teardown -- --seed SEED --exact is_skipped_and_boils

        ---- panics_as_expected_and_boils stdout ----

        thread 'panics_as_expected_and_boils' (ID) panicked at tests/examples/teardown.rs:34:5:
        no tea
        note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
        Error: the fixture `kettle` (tests/examples/teardown.rs:12:4) could not be torn down: still hot
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example teardown -- --seed SEED --exact panics_as_expected_and_boils

        ---- fails_and_boils stdout ----
        Error: "no tea"
        Error: the fixture `kettle` (tests/examples/teardown.rs:12:4) could not be torn down: still hot
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example teardown -- --seed SEED --exact fails_and_boils


        failures:
            boils
            boils_async
            fails_and_boils
            is_skipped_and_boils
            panics_as_expected_and_boils

        test result: FAILED. 0 passed; 5 failed; 0 ignored; 0 measured; 10 filtered out; finished in TIMEs

        --- exit code 101
    "#]],
    );
}

#[test]
fn failed_teardown_is_retried() {
    for isolation in ISOLATIONS {
        let (answer, _) = fixture("teardown").run_logging(&["--isolation", isolation, "--ignored", "passes_on_retry"]);
        assert_eq!(answer.code, Some(0), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("passes_on_retry ... ok (flaky: passed on attempt 2)"), "{}", answer.text());
        assert!(answer.stdout.contains("could not be torn down: true is clogged"), "{}", answer.text());
    }
}

#[test]
fn skip_on_a_retry_does_not_undo_the_failure() {
    for isolation in ISOLATIONS {
        let args = ["--isolation", isolation, "--ignored", "is_skipped_after_a_failure"];
        let (answer, _) = fixture("teardown").run_logging(&args);
        assert_eq!(answer.code, Some(101), "{isolation}: {}", answer.text());
        for shown in ["FAILED", "the real failure", "attempt 1 of 2", "attempt 2 of 2", "note: skipped: no cup"] {
            assert!(answer.stdout.contains(shown), "{isolation}: {shown}: {}", answer.text());
        }
    }
    let args = ["--run-ignored", "only", "--retries", "1", "-E", "test(/^is_skipped/)"];
    let (answer, _) = nextest::run(&["teardown"], &args).run_logging(&[]);
    assert_eq!(answer.code, Some(100), "{}", answer.text());
    assert!(answer.stderr.contains("2 tests run: 0 passed, 2 failed"), "{}", answer.text());
    assert!(
        answer.stderr.contains("Error: attempt 1 failed, and the next one was skipped: no cup"),
        "{}",
        answer.text()
    );
}

#[test]
fn timeout_under_nextest_has_a_line_for_its_message() {
    let answer = nextest::run(&["teardown"], &["--run-ignored", "only", "-E", "test(=hangs)"]).run();
    assert!(answer.stderr.contains("Error: the test ran longer than its timeout of 200ms"), "{}", answer.text());
}

#[test]
fn teardown_timeout_ends_a_run_whose_teardown_hangs() {
    for isolation in ISOLATIONS {
        let args = ["-n1", "--isolation", isolation, "--teardown-timeout", "200ms"];
        let answer = fixture("hanging_teardown").args(&args).run();
        assert_eq!(answer.code, Some(101), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("2 passed; 0 failed"), "{isolation}: {}", answer.text());
        for fixture in ["`kettle`", "`pot`"] {
            let is_named = |what: &str| answer.stdout.lines().any(|line| line.contains(fixture) && line.contains(what));
            assert!(is_named("is still being torn down after 100ms"), "{isolation}: {fixture}: {}", answer.text());
            assert!(is_named("was not torn down within 200ms"), "{isolation}: {fixture}: {}", answer.text());
        }
    }
    let nextest = nextest::run(&["hanging_teardown"], &[]).env("SWIMLANES_TEARDOWN_TIMEOUT", "200ms").run();
    assert!(nextest.stderr.contains("2 tests run: 0 passed, 2 failed"), "{}", nextest.text());
    assert!(nextest.stderr.contains("the fixture `pot`"), "{}", nextest.text());
}
