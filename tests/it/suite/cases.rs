//! Functions with several cases: the names, the order and the locations of their tests, in each isolation and with each filter.

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::suite::nextest;
use crate::suite::outcomes::check;
use crate::support::records;
use crate::support::scrub::scrub;
use crate::support::suite_runner::{File, fixture};
use crate::test;

/// The output of a run, without its options.
fn output_of(isolation: &str, args: &[&str]) -> String {
    let answer = fixture("cases").args(&["-n1", "--isolation", isolation]).args(args).run();
    assert!(answer.left.is_empty(), "left behind: {:?}", answer.left);
    let text = scrub(&answer.text()).replace(&format!(" --isolation {isolation}"), "");
    // The standard library prints this note once in each process.
    let lines = text.lines().filter(|line| !line.starts_with("note: run with `RUST_BACKTRACE=1`"));
    lines.map(|line| line.to_owned() + "\n").collect()
}

#[track_caller]
fn check_everywhere(args: &[&str], expected: Expect) {
    let first = output_of("none", args);
    expected.assert_eq(&first);
    for isolation in ["thread", "process", "test"] {
        assert_eq!(output_of(isolation, args), first, "{isolation}");
    }
}

#[test]
fn each_case_is_a_test_in_every_isolation() {
    check_everywhere(
        &[],
        expect![[r#"

        running 53 tests
        test counts::empty ... ok
        test counts::one_word ... ok
        test counts::two_words ... ok
        test counts_wrongly::case_1 ... ok
        test counts_wrongly::case_2 ... FAILED
        test inner::is_not_zero::small::as_true ... ok
        test inner::is_not_zero::static::as_true ... ok
        test inner::is_not_zero::case_3::as_true ... ok
        test inner::is_not_zero::is_another_one ... ok
        test has_all_combinations::quiet::mode_Slow::n_10 ... ok
        test has_all_combinations::quiet::mode_Slow::n_1 ... ok
        test has_all_combinations::quiet::mode_Fast::n_10 ... ok
        test has_all_combinations::quiet::mode_Fast::n_1 ... ok
        test has_all_combinations::loud::mode_Slow::n_10 ... ok
        test has_all_combinations::loud::mode_Slow::n_1 ... ok
        test has_all_combinations::loud::mode_Fast::n_10 ... ok
        test has_all_combinations::loud::mode_Fast::n_1 ... ok
        test has_values_alone::text_one::number_1 ... ok
        test has_values_alone::text_one::number_2 ... ok
        test has_values_alone::text_two::number_1 ... ok
        test has_values_alone::text_two::number_2 ... ok
        test takes_values_apart::list ... ok
        test takes_values_apart::parsed ... ok
        test waits::now::factor_1 ... ok
        test waits::now::factor_2 ... ok
        test waits::later::factor_1 ... ok
        test waits::later::factor_2 ... ok
        test has_a_value::case_1 ... ok
        test has_a_value::case_2 ... FAILED
        test divides::later ... ignored, not today
        test divides::zero - should panic ... ok
        test divides::two ... ok
        test divides::three - should panic ... ok
        test panics::case_1 - should panic ... ignored, all of them
        test panics::case_2 - should panic ... ignored, all of them
        test is_asynchronous::case_1 ... FAILED
        test is_asynchronous::case_2 ... ok
        test never_returns::case_1 - should panic ... ok
        test never_returns::case_2 - should panic ... ok
        test never_returns_asynchronously::case_1 - should panic ... ok
        test never_returns_asynchronously::case_2 - should panic ... ok
        test first::case_1::other_2 ... ok
        test first::case_1::other_1 ... ok
        test first::case_2::other_2 ... ok
        test first::case_2::other_1 ... ok
        test first::case_3::other_2 ... ok
        test first::case_3::other_1 ... ok
        test second::case_1::other_2 ... ok
        test second::case_1::other_1 ... ok
        test second::case_2::other_2 ... ok
        test second::case_2::other_1 ... ok
        test second::case_3::other_2 ... ok
        test second::case_3::other_1 ... ok

        failures:

        ---- counts_wrongly::case_2 stdout ----
        worker 0

        thread 'counts_wrongly::case_2' (ID) panicked at tests/examples/cases.rs:21:5:
        assertion `left == right` failed: in "one"
          left: 1
         right: 2
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example cases -- --seed SEED --exact counts_wrongly::case_2

        ---- has_a_value::case_2 stdout ----

        thread 'has_a_value::case_2' (ID) panicked at tests/examples/cases.rs:108:5:
        no value
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example cases -- --seed SEED --exact has_a_value::case_2

        ---- is_asynchronous::case_1 stdout ----

        thread 'is_asynchronous::case_1' (ID) panicked at tests/examples/cases.rs:132:5:
        tea is short
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example cases -- --seed SEED --exact is_asynchronous::case_1


        failures:
            counts_wrongly::case_2
            has_a_value::case_2
            is_asynchronous::case_1

        test result: FAILED. 47 passed; 3 failed; 3 ignored; 0 measured; 0 filtered out; finished in TIMEs

        --- exit code 101
    "#]],
    );
}

#[test]
fn a_single_case_can_have_ignore_and_should_panic() {
    check_everywhere(
        &["--ignored"],
        expect![[r#"

        running 3 tests
        test divides::later ... ok
        test panics::case_1 - should panic ... ok
        test panics::case_2 - should panic ... ok

        test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 50 filtered out; finished in TIMEs

        --- exit code 0
    "#]],
    );
}

#[test]
fn list_shows_cases_as_they_are_written() {
    check(
        fixture("cases"),
        &["--list", "--format", "terse"],
        expect![[r#"
            counts::empty: test
            counts::one_word: test
            counts::two_words: test
            counts_wrongly::case_1: test
            counts_wrongly::case_2: test
            inner::is_not_zero::small::as_true: test
            inner::is_not_zero::static::as_true: test
            inner::is_not_zero::case_3::as_true: test
            inner::is_not_zero::is_another_one: test
            has_all_combinations::quiet::mode_Slow::n_10: test
            has_all_combinations::quiet::mode_Slow::n_1: test
            has_all_combinations::quiet::mode_Fast::n_10: test
            has_all_combinations::quiet::mode_Fast::n_1: test
            has_all_combinations::loud::mode_Slow::n_10: test
            has_all_combinations::loud::mode_Slow::n_1: test
            has_all_combinations::loud::mode_Fast::n_10: test
            has_all_combinations::loud::mode_Fast::n_1: test
            has_values_alone::text_one::number_1: test
            has_values_alone::text_one::number_2: test
            has_values_alone::text_two::number_1: test
            has_values_alone::text_two::number_2: test
            takes_values_apart::list: test
            takes_values_apart::parsed: test
            waits::now::factor_1: test
            waits::now::factor_2: test
            waits::later::factor_1: test
            waits::later::factor_2: test
            has_a_value::case_1: test
            has_a_value::case_2: test
            divides::later: test
            divides::zero: test
            divides::two: test
            divides::three: test
            panics::case_1: test
            panics::case_2: test
            is_asynchronous::case_1: test
            is_asynchronous::case_2: test
            never_returns::case_1: test
            never_returns::case_2: test
            never_returns_asynchronously::case_1: test
            never_returns_asynchronously::case_2: test
            first::case_1::other_2: test
            first::case_1::other_1: test
            first::case_2::other_2: test
            first::case_2::other_1: test
            first::case_3::other_2: test
            first::case_3::other_1: test
            second::case_1::other_2: test
            second::case_1::other_1: test
            second::case_2::other_2: test
            second::case_2::other_1: test
            second::case_3::other_2: test
            second::case_3::other_1: test
            --- exit code 0
        "#]],
    );
}

#[test]
fn the_location_of_a_case_is_its_value_and_that_of_values_is_the_function() {
    let answer = fixture("cases").args(&["--list", "--format", "json", "counts", "values_alone"]).run();
    let place = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        line["name"].as_str().map(|name| format!("{}: {name}\n", line["line"]))
    };
    let places: String = answer.stdout.lines().filter_map(place).collect();
    expect![[r#"
        7: counts::empty
        8: counts::one_word
        9: counts::two_words
        18: counts_wrongly::case_1
        18: counts_wrongly::case_2
        60: has_values_alone::text_one::number_1
        60: has_values_alone::text_one::number_2
        60: has_values_alone::text_two::number_1
        60: has_values_alone::text_two::number_2
    "#]]
    .assert_eq(&places);
}

#[test]
fn exact_selects_one_case() {
    let ran = |args: &[&str]| fixture("cases").args(&["-n1"]).args(args).run().ran();
    assert_eq!(ran(&["--exact", "counts::one_word"]), ["counts::one_word"]);
    assert_eq!(ran(&["counts::"]), ["counts::empty", "counts::one_word", "counts::two_words"]);
    assert_eq!(
        ran(&["quiet::mode_Fast::n_1"]),
        ["n_10", "n_1"].map(|n| format!("has_all_combinations::quiet::mode_Fast::{n}"))
    );
    assert_eq!(ran(&["-E", "test(=waits::later::factor_2)"]), ["waits::later::factor_2"]);
}

#[test]
fn values_are_evaluated_in_each_attempt() {
    let answer = fixture("cases").args(&["-n1", "--isolation", "none", "--repeat", "3", "takes_values_apart"]).run();
    assert!(answer.stdout.contains("test result: ok. 6 passed"), "{}", answer.text());
}

#[test]
fn each_case_is_a_test_under_nextest() {
    let answer = nextest::run(&["cases"], &["--run-ignored", "all"]).run();
    assert!(answer.stderr.contains("53 tests run: 50 passed, 3 failed"), "{}", answer.text());
}

#[test]
fn cases_belong_to_the_module_of_their_function() {
    let fixture = fixture("cases");
    let events: File = fixture.file("events");
    let answer = fixture.args(&["-n4", "--dist", "loadscope", "--events", events.as_str()]).run();
    let records = records::records(&events);
    let attempts = records::attempts(&records).into_iter().map(|finished| &finished.attempt);
    let outside = attempts.filter(|attempt| !attempt.test.name.starts_with("inner::"));
    let workers: Vec<u32> = outside.map(|attempt| attempt.worker).collect();
    assert!(workers.len() > 40 && workers.iter().all(|worker| *worker == workers[0]), "{workers:?} {}", answer.text());
}
