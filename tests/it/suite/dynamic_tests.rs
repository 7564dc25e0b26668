//! Tests that a suite creates at run time.

use expect_test::{Expect, expect};

use crate::support::scrub::scrub;
use crate::support::suite_runner::fixture;
use crate::test;

#[track_caller]
fn check(made: &str, args: &[&str], expected: Expect) {
    let answer = fixture("dynamic_tests").env("MADE", made).args(args).run();
    assert!(answer.left.is_empty(), "left behind: {:?}", answer.left);
    expected.assert_eq(&scrub(&answer.text()));
}

#[test]
fn dynamic_tests_run_with_the_static_ones() {
    check(
        "",
        &["-n1"],
        expect![[r#"

            running 7 tests
            test is_written ... ok
            test made::number 1 ... ok
            test made::number 2 ... FAILED
            test made::number 3 ... ok
            test made::returns an error ... FAILED
            test made::takes a fixture ... ok
            test made::a fixture fails ... FAILED

            failures:

            ---- made::number 2 stdout ----
            number 2

            thread 'made::number 2' (ID) panicked at tests/examples/dynamic_tests.rs:21:13:
            assertion `left != right` failed
              left: 2
             right: 2
            note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test --test dynamic_tests -- --seed SEED --exact 'made::number 2'

            ---- made::returns an error stdout ----
            Error: "down"
            note: the test returned a termination value with a non-zero status code (1) which indicates a failure
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test --test dynamic_tests -- --seed SEED --exact 'made::returns an error'

            ---- made::a fixture fails stdout ----
            Error: no such server
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test --test dynamic_tests -- --seed SEED --exact 'made::a fixture fails'


            failures:
                made::a fixture fails
                made::number 2
                made::returns an error

            test result: FAILED. 4 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in TIMEs

            --- exit code 101
        "#]],
    );
}

#[test]
fn list_shows_dynamic_tests_with_their_tags() {
    check(
        "",
        &["--list", "--format", "json", "fixture"],
        expect![[r#"
            {"type":"suite","harness":"swimlanes","version":1,"test_count":2}
            {"type":"test","name":"made::takes a fixture","ignored":false,"file":"tests/examples/dynamic_tests.rs","line":26,"tags":["g","redis","shared_resource"],"constraints":[{"kind":"lock","namespace":"resource","name":"redis"}],"group":"g"}
            {"type":"test","name":"made::a fixture fails","ignored":false,"file":"tests/examples/dynamic_tests.rs","line":31,"tags":["serial"],"constraints":[{"kind":"serial"}]}
            --- exit code 0
        "#]],
    );
}

#[test]
fn two_dynamic_tests_of_one_name_are_refused() {
    check(
        "twins",
        &["--list", "--format", "terse"],
        expect![[r#"
        --- stderr
        error: two tests are named `made::number 1`, at tests/examples/dynamic_tests.rs:19:25 and at tests/examples/dynamic_tests.rs:34:36; rename one of them
        --- exit code 2
    "#]],
    );
    check(
        "twins",
        &[],
        expect![[r#"
        --- stderr
        error: two tests are named `made::number 1`, at tests/examples/dynamic_tests.rs:19:25 and at tests/examples/dynamic_tests.rs:34:36; rename one of them
        --- exit code 2
    "#]],
    );
}

#[test]
fn names_that_cannot_be_listed_are_refused() {
    check(
        "newline",
        &["--list"],
        expect![[r#"
            --- stderr
            error: the name `two\nlines` of the test at tests/examples/dynamic_tests.rs:39:38 contains a line break or another control character
            --- exit code 2
        "#]],
    );
}

#[test]
fn units_of_an_undeclared_resource_are_refused() {
    check(
        "greedy",
        &[],
        expect![[r#"
            --- stderr
            error: the test `greedy` at tests/examples/dynamic_tests.rs:38:37 takes 2 units of `none`, which has no declared capacity; declare it with `swimlanes::resource!("none", capacity = …)`
            --- exit code 2
        "#]],
    );
}

#[test]
fn runner_defaults_yield_to_the_command_line() {
    check(
        "defaults",
        &["hangs"],
        expect![[r#"

            running 1 test
            test hangs ... FAILED

            failures:

            ---- hangs stdout, attempt 1 of 2 ----
            stack of the test when its time was up:
            STACK
            note: the test ran longer than its timeout of 200ms and was given up
              = worker 0 of 1, seed SEED, took TIMEs

            ---- hangs stdout, attempt 2 of 2 ----
            stack of the test when its time was up:
            STACK
            note: the test ran longer than its timeout of 200ms and was given up
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test --test dynamic_tests -- --seed SEED --exact hangs


            failures:
                hangs

            test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in TIMEs

            --- exit code 101
        "#]],
    );
    let answer = fixture("dynamic_tests").env("MADE", "defaults").args(&["number 2"]).run();
    assert!(answer.stdout.contains("attempt 2 of 2"), "{}", answer.stdout);
    let answer = fixture("dynamic_tests").env("MADE", "defaults").args(&["number 2", "--retries", "0"]).run();
    assert!(!answer.stdout.contains("attempt"), "{}", answer.stdout);
}

#[test]
fn a_pass_after_the_timeout_is_a_failure() {
    for _ in 0..10 {
        // Whether the test is abandoned, or checked after its end, depends on timing.
        let answer = fixture("dynamic_tests").env("MADE", "late").args(&["late"]).run();
        assert!(answer.stdout.contains("longer than its timeout of 1ms"), "{}", answer.text());
        assert_eq!(answer.code, Some(101));
    }
}

const ISOLATIONS: [&str; 3] = ["thread", "process", "test"];

#[test]
fn a_test_with_another_name_in_each_process_fails_with_a_reason() {
    for isolation in ISOLATIONS {
        let args = ["-n2", "--isolation", isolation, "--color", "never", "varies", "is_written"];
        let answer = fixture("dynamic_tests").env("MADE", "varies").args(&args).run();
        let stdout = &answer.stdout;
        assert_eq!(answer.code, Some(101), "{isolation}: {}", answer.text());
        assert!(stdout.contains("test is_written ... ok\n"), "{isolation}: {}", answer.text());
        let why = " in the process that was to run it: names made at run time must be the same in every process of a run; do they \
                   depend on chance, on the time, or on the process?\n";
        assert!(stdout.contains("no test is named `varies ") && stdout.contains(why), "{isolation}: {}", answer.text());
        assert!(stdout.contains("test result: FAILED. 1 passed; 1 failed;"), "{isolation}: {}", answer.text());
    }
}

#[test]
fn a_dynamic_test_passes_beside_one_that_ends_the_process() {
    for isolation in ISOLATIONS {
        let args = ["-n1", "--isolation", isolation, "varies", "exits", "number 3"];
        let answer = fixture("dynamic_tests").env("MADE", "varies").args(&args).run();
        assert!(answer.stdout.contains("test result: FAILED. 1 passed; 2 failed;"), "{isolation}: {}", answer.text());
    }
}

#[test]
fn dynamic_tests_can_have_another_order_in_each_process() {
    for isolation in ISOLATIONS {
        let fixture = fixture("dynamic_tests");
        let file = fixture.file("turned");
        let answer = fixture
            .env("MADE", "turned")
            .env("TURNED", file)
            .args(&["--isolation", isolation, "first", "second"])
            .run();
        assert_eq!(answer.code, Some(0), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("test result: ok. 2 passed; 0 failed;"), "{isolation}: {}", answer.text());
    }
}
