//! The selection of tests, their order and repetition, and the end of a run.

use expect_test::{Expect, expect};

use crate::support::scrub::scrub;
use crate::support::suite_runner::fixture;
use crate::test;

#[track_caller]
fn check(args: &[&str], expected: Expect) {
    expected.assert_eq(&scrub(&fixture("mixed").args(args).run().text()));
}

#[test]
fn one_worker_runs_in_source_order_and_reverse_reverses_it() {
    let answer = fixture("mixed").args(&["-n1", "passes", "panics_as", "deeper"]).run();
    let listed =
        ["passes", "passes_and_prints", "panics_as_it_should - should panic", "inner::passes", "inner::deeper::fails"];
    assert_eq!(answer.ran(), listed);
    let mut reversed = fixture("mixed").args(&["-n1", "passes", "panics_as", "deeper", "--reverse"]).run().ran();
    reversed.reverse();
    assert_eq!(reversed, listed);
}

#[test]
fn shuffle_with_a_seed_repeats_the_order() {
    let order = |seed: &str| fixture("mixed").args(&["-n1", "--shuffle-seed", seed]).run().ran();
    assert_eq!(order("5"), order("5"));
    assert_ne!(order("5"), order("6"));
    let shuffled = fixture("mixed").args(&["-n1", "--shuffle"]).run();
    let seed = shuffled.stdout.split("(shuffle seed: ").nth(1).and_then(|rest| rest.split(')').next()).expect("a seed");
    assert_eq!(shuffled.ran(), order(seed));
}

#[test]
fn shard_k_of_n_is_a_partition() {
    let all = fixture("mixed").args(&["-n1"]).run().ran();
    let mut parts: Vec<String> =
        (1..=3).flat_map(|k| fixture("mixed").args(&["-n1", "--shard", &format!("{k}/3")]).run().ran()).collect();
    let mut sorted = all.clone();
    sorted.sort();
    parts.sort();
    assert_eq!(parts, sorted);
    // A test is in the same shard with and without `--shuffle`.
    let shard = |args: &[&str]| {
        let mut names = fixture("mixed").args(args).run().ran();
        names.sort();
        names
    };
    assert_eq!(shard(&["--shard", "2/3", "--shuffle-seed", "3"]), shard(&["--shard", "2/3"]));
}

#[test]
fn maxfail_stops_the_run() {
    check(
        &["-n1", "-x"],
        expect![[r#"

            running 21 tests
            test passes ... ok
            test passes_and_prints ... ok
            test panics ... FAILED
            test is_ignored ... ignored
            test is_ignored_with_a_reason ... ignored, takes a week

            failures:

            ---- panics stdout ----
            before

            thread 'panics' (ID) panicked at tests/examples/mixed.rs:19:5:
            the message
            note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example mixed -- --seed SEED --exact panics


            failures:
                panics

            16 tests did not run: as many failed as --max-fail allows

            test result: FAILED. 2 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in TIMEs

            --- exit code 101
        "#]],
    );
    let answer = fixture("mixed").args(&["-n1", "--maxfail", "3"]).run();
    assert!(answer.stdout.contains(" 3 failed; "), "{}", answer.stdout);
    assert_eq!(answer.code, Some(101));
}

#[test]
fn repeat_runs_everything_again() {
    check(
        &["-n1", "--repeat", "2", "--exact", "passes", "inner::deeper::fails"],
        expect![[r#"

            running 4 tests
            test passes ... ok
            test inner::deeper::fails ... FAILED
            test passes ... ok
            test inner::deeper::fails ... FAILED

            failures:

            ---- inner::deeper::fails stdout, iteration 1 ----

            thread 'inner::deeper::fails' (ID) panicked at tests/examples/mixed.rs:123:13:
            deep down
            note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example mixed -- --seed SEED --exact inner::deeper::fails

            ---- inner::deeper::fails stdout, iteration 2 ----

            thread 'inner::deeper::fails' (ID) panicked at tests/examples/mixed.rs:123:13:
            deep down
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example mixed -- --seed SEED --exact inner::deeper::fails


            failures:
                inner::deeper::fails

            test result: FAILED. 2 passed; 2 failed; 0 ignored; 0 measured; 19 filtered out; finished in TIMEs

            --- exit code 101
        "#]],
    );
}
