//! Which series of numbers are valid.

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
fn different_numbers_are_unique_and_each_series_has_its_own() {
    check_unique_numbers(
        "
        alice [a=1] [b=1]
        bob     [a=7]
    ",
        expect!["fine"],
    );
}

#[test]
fn one_number_twice_is_not_unique() {
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
fn all_from_the_first_on_are_gap_free_in_whatever_order() {
    check_gap_free(
        "
        alice [a=3] [b=1]
        bob     [a=1] [a=2]
    ",
        expect!["fine"],
    );
}

#[test]
fn a_missing_number_shows_its_neighbours() {
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
fn a_number_twice_is_worse_than_a_missing_one() {
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
fn as_many_may_be_missing_as_did_not_end() {
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
fn overlapping_ones_may_be_in_any_order() {
    check_order(
        "
        alice [a=2..] [a=9]
        bob       [a=1..] [b=5]
    ",
        expect!["fine"],
    );
}

#[test]
fn a_later_one_must_be_greater_than_all_that_had_ended() {
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
fn the_greatest_number_is_one_like_others() {
    let operations = [Operation::new("alice", "a", 0, 1, u64::MAX - 1), Operation::new("bob", "a", 2, 3, u64::MAX)];
    assert!(gap_free_numbers(&operations, u64::MAX - 1).is_ok());
}
