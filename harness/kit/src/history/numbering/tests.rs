//! Valid and invalid series of numbers.

use expect_test::{Expect, expect};

use super::*;
use crate::history::notation::{outcome, parse};

fn read(text: &str) -> Vec<Operation<String, u64>> {
    parse(text, str::to_owned, |number| number.parse().expect("a number"))
}

#[track_caller]
fn check_unique_numbers(text: &str, expected: Expect) {
    expected.assert_eq(&outcome(unique_numbers(&read(text))));
}

#[track_caller]
fn check_gap_free(text: &str, expected: Expect) {
    expected.assert_eq(&outcome(gap_free_numbers(&read(text), 1)));
}

#[track_caller]
fn check_order(text: &str, expected: Expect) {
    expected.assert_eq(&outcome(numbers_in_order(&read(text))));
}

#[test]
fn unique_numbers_are_checked_for_each_series() {
    check_unique_numbers(
        "
        alice [a=1] [b=1]
        bob     [a=7]
    ",
        expect!["fine"],
    );
}

#[test]
fn duplicate_number_is_a_violation() {
    check_unique_numbers(
        "
        alice [a=1] [a=2] [a=3]
        bob   [b=1]   [a=2]
    ",
        expect![[r#"
        alice  ┝ "a" → 2 ┥
        bob       ┝ "a" → 2 ┥
        alice and bob both got number 2 of "a""#]],
    );
}

#[test]
fn gap_free_numbers_may_come_in_any_order() {
    check_gap_free(
        "
        alice [a=3] [b=1]
        bob     [a=1] [a=2]
    ",
        expect!["fine"],
    );
}

#[test]
fn missing_number_shows_its_neighbours() {
    check_gap_free(
        "
        alice [a=1] [a=5]
        bob     [a=2]
    ",
        expect![[r#"
        bob    ├ "a" → 2 ┤
        alice            ┝ "a" → 5 ┥
        number 3 of "a" is missing, but alice got a greater one"#]],
    );
    check_gap_free(
        "alice [a=2]",
        expect![[r#"
        alice  ┝ "a" → 2 ┥
        number 1 of "a" is missing, but alice got a greater one"#]],
    );
    check_gap_free(
        "alice [a=0]",
        expect![[r#"
        alice  ┝ "a" → 0 ┥
        alice got number 0 of "a", which is below the first one"#]],
    );
}

#[test]
fn duplicate_number_is_reported_before_a_missing_one() {
    check_gap_free(
        "
        alice [a=1]
        bob     [a=1] [a=3]
    ",
        expect![[r#"
        alice  ┝ "a" → 1 ┥
        bob       ┝ "a" → 1 ┥
        alice and bob both got number 1 of "a""#]],
    );
}

#[test]
fn operations_in_flight_may_have_missing_numbers() {
    check_gap_free(
        "
        alice [a=1] [a=3]
        bob     [a..
    ",
        expect!["fine"],
    );
    check_gap_free(
        "
        alice [a=1] [a=4]
        bob     [a..
    ",
        expect![[r#"
        alice  ├ "a" → 1 ┤  ┝ "a" → 4 ┥
        number 2 of "a" is missing, but alice got a greater one"#]],
    );
    check_gap_free(
        "
        alice [a=1] [a=3]
        bob     [b..
    ",
        expect![[r#"
        alice  ├ "a" → 1 ┤  ┝ "a" → 3 ┥
        number 2 of "a" is missing, but alice got a greater one"#]],
    );
}

#[test]
fn overlapping_operations_may_have_numbers_in_any_order() {
    check_order(
        "
        alice [a=2..] [a=9]
        bob       [a=1..] [b=5]
    ",
        expect!["fine"],
    );
}

#[test]
fn later_operation_needs_a_greater_number() {
    check_order(
        "
        alice [a=4]
        bob         [a=5.........]
        carol             [a=3]
    ",
        expect![[r#"
        alice  ┝ "a" → 4 ┥
        carol                 ┝ "a" → 3 ┥
        carol started after alice had got number 4 of "a", but got 3"#]],
    );
    check_order(
        "alice [a=4] [a=4]",
        expect![[r#"
        alice  ┝ "a" → 4 ┥  ┝ "a" → 4 ┥
        alice started after alice had got number 4 of "a", but got 4"#]],
    );
}

#[test]
fn greatest_u64_is_a_valid_number() {
    let operations = [Operation::new("alice", "a", 0, 1, u64::MAX - 1), Operation::new("bob", "a", 2, 3, u64::MAX)];
    assert!(gap_free_numbers(&operations, u64::MAX - 1).is_ok());
}
