//! Outcomes that libtest does not know: flaky, skipped, timed out, failed fixtures.

use std::path::Path;

use expect_test::{Expect, expect};

use crate::support::scrub::scrub;
use crate::support::suite_runner::{Fixture, fixture};
use crate::test;

#[track_caller]
pub(crate) fn check(fixture: Fixture, args: &[&str], expected: Expect) {
    let answer = fixture.args(args).run();
    assert!(answer.left.is_empty(), "left behind: {:?}", answer.left);
    expected.assert_eq(&scrub(&answer.text()));
}

/// The flaky fixture. Each of these tests first fails the given number of times.
pub(crate) fn flaky(failures: &[(&str, u32)]) -> Fixture {
    let fixture = fixture("flaky");
    let dir = fixture.file("failures");
    std::fs::create_dir_all::<&Path>(dir.as_ref()).expect("a directory");
    for (test, times) in failures {
        std::fs::write(Path::new(dir.as_str()).join(test), times.to_string()).expect("written");
    }
    fixture.env("FAILURES", dir)
}

#[test]
fn a_test_that_passes_on_retry_is_flaky() {
    check(
        flaky(&[("settles", 2)]),
        &["-n1", "--retries", "2"],
        expect![[r#"

            running 4 tests
            test settles ... ok (flaky: passed on attempt 3)
            test settles_by_itself ... ok
            test is_never_repeated ... ok
            test is_stable ... ok

            flaky:

            ---- settles stdout, attempt 1 of 3 ----
            2 to go

            thread 'settles' (ID) panicked at tests/examples/flaky.rs:12:9:
            not yet
            note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
              = worker 0 of 1, seed SEED, took TIMEs

            ---- settles stdout, attempt 2 of 3 ----
            1 to go

            thread 'settles' (ID) panicked at tests/examples/flaky.rs:12:9:
            not yet
              = worker 0 of 1, seed SEED, took TIMEs


            flaky:
                settles

            test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in TIMEs; 1 flaky

            --- exit code 0
        "#]],
    );
}

#[test]
fn flaky_result_fail_fails_the_run() {
    check(
        flaky(&[("settles", 1)]),
        &["-n1", "--retries", "2", "--flaky-result", "fail", "settles"],
        expect![[r#"

        running 2 tests
        test settles ... FAILED (flaky: passed on attempt 2)
        test settles_by_itself ... ok

        failures:

        ---- settles stdout, attempt 1 of 2 ----
        1 to go

        thread 'settles' (ID) panicked at tests/examples/flaky.rs:12:9:
        not yet
        note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
          = worker 0 of 1, seed SEED, took TIMEs


        failures:
            settles

        test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 2 filtered out; finished in TIMEs; 1 flaky

        --- exit code 101
    "#]],
    );
}

#[test]
fn retries_of_a_test_override_the_option() {
    check(
        flaky(&[("settles_by_itself", 3), ("is_never_repeated", 1), ("settles", 1)]),
        &["-n1", "--retries", "1"],
        expect![[r#"

            running 4 tests
            test settles ... ok (flaky: passed on attempt 2)
            test settles_by_itself ... ok (flaky: passed on attempt 4)
            test is_never_repeated ... FAILED
            test is_stable ... ok

            flaky:

            ---- settles stdout, attempt 1 of 2 ----
            1 to go

            thread 'settles' (ID) panicked at tests/examples/flaky.rs:12:9:
            not yet
            note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
              = worker 0 of 1, seed SEED, took TIMEs

            ---- settles_by_itself stdout, attempt 1 of 4 ----
            3 to go

            thread 'settles_by_itself' (ID) panicked at tests/examples/flaky.rs:12:9:
            not yet
              = worker 0 of 1, seed SEED, took TIMEs

            ---- settles_by_itself stdout, attempt 2 of 4 ----
            2 to go

            thread 'settles_by_itself' (ID) panicked at tests/examples/flaky.rs:12:9:
            not yet
              = worker 0 of 1, seed SEED, took TIMEs

            ---- settles_by_itself stdout, attempt 3 of 4 ----
            1 to go

            thread 'settles_by_itself' (ID) panicked at tests/examples/flaky.rs:12:9:
            not yet
              = worker 0 of 1, seed SEED, took TIMEs


            flaky:
                settles
                settles_by_itself

            failures:

            ---- is_never_repeated stdout ----
            1 to go

            thread 'is_never_repeated' (ID) panicked at tests/examples/flaky.rs:12:9:
            not yet
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example flaky -- --seed SEED --exact is_never_repeated


            failures:
                is_never_repeated

            test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in TIMEs; 2 flaky

            --- exit code 101
        "#]],
    );
}

#[test]
fn fixtures_of_a_suite_can_fail_skip_and_panic() {
    check(
        fixture("fixture_outcomes"),
        &["-n1", "fixture", "skips"],
        expect![[r#"

            running 6 tests
            test a_fixture_fails ... FAILED
            test a_fixture_skips ... ignored, there is no server here
            test skips_although_it_should_panic - should panic ... ignored, not today
            test a_fixture_panics ... FAILED
            test a_fixture_panics_when_dropped ... FAILED
            test a_fixture_panics_although_the_body_should - should panic ... FAILED

            failures:

            ---- a_fixture_fails stdout ----
            Error: cannot set up the fixture Broken: the server does not answer
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example fixture_outcomes -- --seed SEED --exact a_fixture_fails

            ---- a_fixture_panics stdout ----

            thread 'a_fixture_panics' (ID) panicked at tests/examples/fixture_outcomes.rs:132:9:
            in set_up
            note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
            note: a fixture panicked: in set_up
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example fixture_outcomes -- --seed SEED --exact a_fixture_panics

            ---- a_fixture_panics_when_dropped stdout ----

            thread 'a_fixture_panics_when_dropped' (ID) panicked at tests/examples/fixture_outcomes.rs:145:9:
            in drop
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example fixture_outcomes -- --seed SEED --exact a_fixture_panics_when_dropped

            ---- a_fixture_panics_although_the_body_should stdout ----

            thread 'a_fixture_panics_although_the_body_should' (ID) panicked at tests/examples/fixture_outcomes.rs:132:9:
            in set_up
            note: a fixture panicked: in set_up
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example fixture_outcomes -- --seed SEED --exact a_fixture_panics_although_the_body_should


            failures:
                a_fixture_fails
                a_fixture_panics
                a_fixture_panics_although_the_body_should
                a_fixture_panics_when_dropped

            test result: FAILED. 0 passed; 4 failed; 2 ignored; 0 measured; 14 filtered out; finished in TIMEs

            --- exit code 101
        "#]],
    );
}

#[test]
fn cached_values_are_created_once_for_the_process_and_once_for_a_worker() {
    for workers in ["1", "3", "8"] {
        let answer = fixture("fixture_outcomes").args(&["-n", workers, "--repeat", "3", "v"]).run();
        assert!(answer.stdout.contains("test result: ok. 39 passed"), "{}", answer.text());
    }
}

#[test]
fn a_fixture_value_that_panics_in_drop_fails_the_run() {
    check(
        fixture("fixture_outcomes"),
        &["-n1", "--ignored"],
        expect![[r#"

            running 1 test
            test a_value_of_the_run_panics_when_dropped ... ok
            error: a value that was made once for the run panicked when it was dropped: in drop

            test result: FAILED. 1 passed; 0 failed; 0 ignored; 0 measured; 19 filtered out; finished in TIMEs

            --- stderr

            thread 'destructor of a value made once' (ID) panicked at tests/examples/fixture_outcomes.rs:145:9:
            in drop
            note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
            --- exit code 101
        "#]],
    );
}

#[test]
fn async_tests_run_on_their_runtime() {
    check(
        fixture("async_tests"),
        &["-n1"],
        expect![[r#"

            running 7 tests
            test talks_to_a_server ... ok
            test has_one_thread ... ok
            test has_two_threads ... ok
            test sleeps_an_hour_at_once ... ok
            test has_a_clock_that_runs ... ok
            test panics - should panic ... ok
            test skips ... ignored, asynchronously

            test result: ok. 6 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in TIMEs

            --- exit code 0
        "#]],
    );
}
