//! Tests whose process is stopped, or hangs with all its threads, so that no thread of it can check a timeout.

use expect_test::expect;

use crate::suite::outcomes::check;
use crate::support::suite_runner::fixture;
use crate::test;

#[test]
fn a_test_that_stops_its_process_times_out_and_the_others_run() {
    check(
        fixture("stopped_processes"),
        &["-n1", "--durations", "0", "--exact", "stops", "free_1", "free_2"],
        expect![[r#"

            running 3 tests
            test stops ... FAILED
            test free_1 ... ok
            test free_2 ... ok

            failures:

            ---- stops stdout ----
            note: the test ran longer than its timeout of 500ms: its process was stopped by SIGSTOP and did not respond any more
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example stopped_processes -- --seed SEED --exact stops


            failures:
                stops

            test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in TIMEs

            --- exit code 101
        "#]],
    );
}

#[test]
fn a_test_that_blocks_all_threads_times_out_and_the_others_run() {
    check(
        fixture("stopped_processes"),
        &["-n1", "--durations", "0", "--include-ignored", "--exact", "holds_up_all", "free_1", "free_2"],
        expect![[r#"

            running 3 tests
            test free_1 ... ok
            test free_2 ... ok
            test holds_up_all ... FAILED

            failures:

            ---- holds_up_all stdout ----
            holding up all
            note: the test ran longer than its timeout of 500ms, and its whole process was unresponsive
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example stopped_processes -- --seed SEED --include-ignored --exact holds_up_all


            failures:
                holds_up_all

            test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in TIMEs

            --- exit code 101
        "#]],
    );
}

#[test]
fn a_stopped_process_of_one_test_is_killed_soon() {
    let started = ["process", "test"].map(|isolation| {
        let words = ["-n1", "--isolation", isolation, "--include-ignored", "--exact"];
        let names = ["stops", "holds_up_all", "free_1", "free_2"];
        (isolation, fixture("stopped_processes").args(&[&words[..], &names].concat()).start())
    });
    for (isolation, started) in started {
        let answer = started.ended();
        let stdout = &answer.stdout;
        for note in ["500ms: its process was stopped by SIGSTOP and did not respond any more", "500ms and was given up"]
        {
            let note = format!("\nnote: the test ran longer than its timeout of {note}\n");
            assert!(stdout.contains(&note), "{isolation}: {}", answer.text());
        }
        assert!(stdout.contains("\nholding up all\n"), "{isolation}: {}", answer.text());
        assert!(stdout.contains("test result: FAILED. 2 passed; 2 failed"), "{isolation}: {}", answer.text());
        assert_eq!(answer.code, Some(101), "{isolation}");
        assert!(answer.left.is_empty(), "{isolation}: left behind: {:?}", answer.left);
    }
}

#[test]
fn the_test_that_stopped_its_process_is_found_by_running_each_one_alone() {
    let culprits = [
        ("stops_beside", "the test ran longer than its timeout of 2s: its process was stopped by SIGSTOP"),
        ("stops_beside_without_limit", "the test ended its process: it was stopped by SIGSTOP"),
        ("holds_up_all_beside", "the test ran longer than its timeout of 2s and was given up"),
    ];
    let started = culprits.map(|(culprit, note)| {
        let fixture = fixture("stopped_processes");
        let flag = fixture.file("stopped");
        let args = ["-n2", "--ignored", "--exact", "is_stopped", culprit];
        (culprit, note, fixture.env("STOPPED", flag).args(&args).start())
    });
    for (culprit, note, started) in started {
        let answer = started.ended();
        let stdout = &answer.stdout;
        assert!(stdout.contains("`, so each of them is run again in its own process"), "{}", answer.text());
        assert!(stdout.contains("test is_stopped ... ok\n"), "the innocent one: {}", answer.text());
        assert!(stdout.contains(&format!("test {culprit} ... FAILED\n")), "{}", answer.text());
        assert!(stdout.contains(&format!("\nnote: {note}")), "{}", answer.text());
        assert_eq!(answer.code, Some(101));
        assert!(answer.left.is_empty(), "left behind: {:?}", answer.left);
    }
}

#[test]
fn two_tests_that_end_the_process_at_once_have_their_own_causes() {
    for n in 0..50 {
        let fixture = fixture("stopped_processes");
        let flag = fixture.file("met");
        let answer = fixture.env("STOPPED", flag).args(&["-n2", "--ignored", "--exact", "aborts", "exits"]).run();
        for block in [
            "---- aborts stdout ----\naborting\nnote: the test ended its process: SIGABRT\n",
            "---- exits stdout ----\nexiting\nnote: the test ended its process: `exit(3)`\n",
        ] {
            assert!(answer.stdout.contains(block), "run {n}: {}", answer.text());
        }
        assert!(answer.stdout.contains("test result: FAILED. 0 passed; 2 failed;"), "run {n}: {}", answer.text());
    }
}
