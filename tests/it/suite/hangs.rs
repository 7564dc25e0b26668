//! Tests that hang, and the tests that run with them.

use expect_test::expect;

use crate::suite::outcomes::check;
use crate::support::scrub::{STACK, scrub};
use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

#[test]
fn timeout_kills_a_test_that_hangs_and_the_others_run() {
    check(
        fixture("hangs"),
        &["-n1"],
        expect![[r#"

            running 11 tests
            test hangs_with_a_resource ... FAILED
            test hangs_and_would_be_retried ... FAILED
            test wants_the_held_resource ... ok
            test hangs_asynchronously ... FAILED
            test computes ... ignored, takes a core
            test allocates ... ignored, takes a core
            test is_quick_enough ... ok
            test is_ignored ... ignored, wants it too
            test free_1 ... ok
            test free_2 ... ok
            test free_3 ... ok

            failures:

            ---- hangs_with_a_resource stdout ----
            hanging now
            stack of the test when its time was up:
            STACK
            note: the test ran longer than its timeout of 200ms and was given up
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example hangs -- --seed SEED --exact hangs_with_a_resource

            ---- hangs_and_would_be_retried stdout, attempt 1 of 3 ----
            hanging now
            stack of the test when its time was up:
            STACK
            note: the test ran longer than its timeout of 200ms and was given up
              = worker 0 of 1, seed SEED, took TIMEs

            ---- hangs_and_would_be_retried stdout, attempt 2 of 3 ----
            hanging now
            stack of the test when its time was up:
            STACK
            note: the test ran longer than its timeout of 200ms and was given up
              = worker 0 of 1, seed SEED, took TIMEs

            ---- hangs_and_would_be_retried stdout, attempt 3 of 3 ----
            hanging now
            stack of the test when its time was up:
            STACK
            note: the test ran longer than its timeout of 200ms and was given up
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example hangs -- --seed SEED --exact hangs_and_would_be_retried

            ---- hangs_asynchronously stdout ----
            stack of the test when its time was up:
            STACK
            note: the test ran longer than its timeout of 200ms and was given up
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example hangs -- --seed SEED --exact hangs_asynchronously


            failures:
                hangs_and_would_be_retried
                hangs_asynchronously
                hangs_with_a_resource

            test result: FAILED. 5 passed; 3 failed; 3 ignored; 0 measured; 0 filtered out; finished in TIMEs

            --- exit code 101
        "#]],
    );
}

#[test]
fn timeout_with_isolation_none_abandons_a_test_that_hangs() {
    check(
        fixture("hangs"),
        &["-n1", "--isolation", "none"],
        expect![[r#"

            running 11 tests
            test hangs_with_a_resource ... FAILED
            test hangs_and_would_be_retried ... FAILED
            test hangs_asynchronously ... FAILED
            test computes ... ignored, takes a core
            test allocates ... ignored, takes a core
            test is_quick_enough ... ok
            test is_ignored ... ignored, wants it too
            test free_1 ... ok
            test free_2 ... ok
            test free_3 ... ok

            failures:

            ---- hangs_with_a_resource stdout ----
            hanging now
            stack of the test when its time was up:
            STACK
            note: the test ran longer than its timeout of 200ms and was given up
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example hangs -- --seed SEED --isolation none --exact hangs_with_a_resource

            ---- hangs_and_would_be_retried stdout ----
            hanging now
            stack of the test when its time was up:
            STACK
            note: the test ran longer than its timeout of 200ms and was given up
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example hangs -- --seed SEED --isolation none --exact hangs_and_would_be_retried

            ---- hangs_asynchronously stdout ----
            stack of the test when its time was up:
            STACK
            note: the test ran longer than its timeout of 200ms and was given up
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example hangs -- --seed SEED --isolation none --exact hangs_asynchronously


            failures:
                hangs_and_would_be_retried
                hangs_asynchronously
                hangs_with_a_resource

            1 test did not run: a test that timed out is still running and holds what they need
                wants_the_held_resource

            test result: FAILED. 4 passed; 3 failed; 3 ignored; 0 measured; 0 filtered out; finished in TIMEs

            --- exit code 101
        "#]],
    );
}

#[test]
fn tests_beside_one_that_hangs_run() {
    for (isolation, workers) in ISOLATIONS.into_iter().flat_map(|isolation| ["1", "2", "8"].map(|n| (isolation, n))) {
        let answer = fixture("hangs").args(&["-n", workers, "--isolation", isolation]).run();
        let result = scrub(&answer.stdout);
        // In one process, the locks of the test that hangs stay held.
        let passed = if isolation == "none" { 4 } else { 5 };
        let expected = format!(
            "test result: FAILED. {passed} passed; 3 failed; 3 ignored; 0 measured; 0 filtered out; finished in TIMEs"
        );
        assert!(result.contains(&expected), "{isolation}, {workers} workers: {result}");
        assert!(result.contains("hanging now"), "what it wrote is shown: {result}");
        assert_eq!(answer.code, Some(101));
    }
}

#[test]
fn timeout_option_limits_all_tests() {
    let answer = fixture("lanes").args(&["--ignored", "--exact", "stays", "--timeout", "100ms"]);
    let ready = answer.file("ready");
    let answer = answer.env("READY", ready).run();
    assert!(answer.stdout.contains("ran longer than its timeout of 100ms"), "{}", answer.stdout);
    assert_eq!(answer.code, Some(101));
}

#[test]
fn the_report_shows_where_a_test_hangs() {
    for isolation in ISOLATIONS {
        let answer = fixture("hangs").args(&["-n1", "--isolation", isolation]).run();
        for (test, attempt, place) in [
            ("hangs_with_a_resource", "", "hangs::waits_for_ever"),
            ("hangs_and_would_be_retried", if isolation == "none" { "" } else { ", attempt 3 of 3" }, "waits_for_ever"),
            ("hangs_asynchronously", "", "block_on"),
        ] {
            let heading = format!("---- {test} stdout{attempt} ----\n");
            let (_, block) = answer.stdout.split_once(&heading).expect("it failed");
            let (block, _) = block.split_once("\nnote: the test ran longer").expect("and why");
            let (_, stack) = block.split_once(STACK).unwrap_or_default();
            assert!(stack.contains(place), "{isolation}, {test}: {block}");
            assert!(!stack.contains("on_signal") && !stack.contains("begin_short_backtrace"), "{isolation}: {stack}");
        }
    }
}

#[test]
fn the_stack_of_a_cpu_bound_test_is_shown_when_its_process_ends() {
    for isolation in ISOLATIONS {
        for capture in [&[][..], &["--nocapture"]] {
            let words = ["-n2", "--isolation", isolation, "--include-ignored", "computes", "free", "is_quick_enough"];
            let answer = fixture("hangs").args(&[&words, capture].concat()).run();
            let text = answer.text();
            // In one process, a test that hangs is not retried.
            let attempts = if isolation == "none" { 1 } else { 2 };
            assert_eq!(text.matches("computes_for_ever\n").count(), attempts, "{isolation}: {text}");
            assert!(text.contains("test result: FAILED. 4 passed; 1 failed; 0 ignored"), "{isolation}: {text}");
            assert!(!text.contains("left behind"), "{isolation}: {text}");
            assert_eq!(answer.code, Some(101));
        }
    }
}

#[test]
fn format_json_shows_the_stack_of_a_cpu_bound_test_on_stderr() {
    let words = ["-n1", "--format", "json", "-Zunstable-options", "--include-ignored", "--exact", "computes"];
    let answer = fixture("hangs").args(&words).run();
    for attempt in [1, 2] {
        let (_, stack) = answer
            .stderr
            .split_once(&format!("swimlanes: `computes` after attempt {attempt} was given up:\n"))
            .unwrap_or_default();
        assert!(
            stack.starts_with("stack of the test when its process was about to end:\n")
                && stack.contains("computes_for_ever\n"),
            "{}",
            answer.text()
        );
    }
}

#[test]
fn fail_fast_shows_the_stack_of_a_cpu_bound_test() {
    for isolation in ["thread", "process", "test"] {
        let words = ["-n1", "-x", "--isolation", isolation, "--include-ignored", "computes", "free"];
        let text = fixture("hangs").args(&words).run().text();
        assert_eq!(text.matches("computes_for_ever\n").count(), 2, "{isolation}: {text}");
    }
}

/// The signal arrives while the process of the test that hangs ends, and the next process starts.
#[test]
#[cfg(unix)]
fn ctrl_c_after_a_timeout_is_handled() {
    use std::io::{BufRead, BufReader};

    for isolation in ["thread", "process", "test"] {
        let names = ["hangs_and_would_be_retried", "hangs_with_a_resource", "computes", "allocates"];
        let words = ["-n1", "--isolation", isolation, "--include-ignored", "--exact"];
        let mut started = fixture("hangs").args(&[&words[..], &names].concat()).start();
        let stdout = started.child.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(stdout).lines().map(|line| line.expect("text"));
        lines.by_ref().find(|line| line.ends_with("... FAILED")).expect("one hangs");
        let id = rustix::process::Pid::from_child(&started.child);
        rustix::process::kill_process(id, rustix::process::Signal::INT).expect("a signal is sent");
        let rest: Vec<String> = lines.collect();
        assert_eq!(started.ended().code, Some(130), "{isolation}: {rest:?}");
        assert!(
            rest.iter().any(|line| line.contains("have no result: the run was interrupted")),
            "{isolation}: {rest:?}"
        );
    }
}

#[test]
fn a_test_that_hangs_within_the_allocator_does_not_block_the_run() {
    for isolation in ISOLATIONS {
        let words = ["-n2", "--isolation", isolation, "--include-ignored", "allocates", "free", "is_quick_enough"];
        // All threads share one allocator, and one lock.
        let answer = fixture("hangs").args(&words).env("MALLOC_ARENA_MAX", "1").run();
        let text = answer.text();
        // Its stack may be available or not.
        let attempts = if isolation == "none" { 1 } else { 4 };
        assert_eq!(text.matches("allocating now").count(), attempts, "{isolation}: {text}");
        assert!(text.contains("test result: FAILED. 4 passed; 1 failed; 0 ignored"), "{isolation}: {text}");
        assert_eq!(answer.code, Some(101));
    }
}

#[test]
fn nocapture_shows_where_a_test_hangs() {
    for isolation in ISOLATIONS {
        let answer = fixture("hangs").args(&["-n1", "--isolation", isolation, "--nocapture"]).run();
        assert!(answer.stderr.contains(STACK), "{isolation}: {}", answer.text());
        assert!(answer.stderr.contains("hangs::waits_for_ever"), "{isolation}: {}", answer.text());
        assert_eq!(answer.code, Some(101));
    }
}
