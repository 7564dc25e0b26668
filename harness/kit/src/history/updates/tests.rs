//! Histories with and without lost updates.

use expect_test::{Expect, expect};

use super::*;
use crate::history::notation::{outcome, parse};

/// The result consists of the version that was read and the version that was written.
#[track_caller]
fn check_updates(text: &str, expected: Expect) {
    let operations = parse(text, str::to_owned, |versions| {
        let (read, wrote) = versions.split_once('>').expect("two versions");
        Update { read: read.parse::<u64>().expect("a version"), wrote: wrote.parse().expect("a version") }
    });
    expected.assert_eq(&outcome(no_lost_update(&operations)));
}

#[track_caller]
fn check_added(text: &str, actual: &str, expected: Expect) {
    let operations = parse(text, str::to_owned, |_| ());
    expected.assert_eq(&outcome(nothing_lost(&operations, actual.split_whitespace().map(str::to_owned))));
}

#[test]
fn chain_of_versions_is_valid() {
    check_updates(
        "
        alice [s=1>2]        [s=3>4]
        bob        [s=2>3]  [t=1>2]
    ",
        expect!["fine"],
    );
}

#[test]
fn two_updates_from_one_version_are_a_violation() {
    check_updates(
        "
        alice [s=1>2]        [s=3>4]
        bob        [s=2>3]  [t=1>2]
        carol                  [s=3>4]
    ",
        expect![[r#"
        alice  ┝ "s": 3 → 4 ┥
        carol     ┝ "s": 3 → 4 ┥
        alice and carol both read 3 of "s" and wrote over it: one update is lost"#]],
    );
}

#[test]
fn unchanged_and_in_flight_updates_are_ignored() {
    check_updates(
        "
        alice [s=1>1]   [s..
        bob        [s=1>2]
    ",
        expect!["fine"],
    );
}

#[test]
fn added_values_may_be_in_any_order() {
    check_added(
        "
        alice [a] [b]
        bob     [a]
    ",
        "a b a",
        expect!["fine"],
    );
}

#[test]
fn missing_value_is_a_violation() {
    check_added(
        "
        alice [a] [b]
        bob     [c]
    ",
        "a c",
        expect![[r#"
            alice  ┝ "b" ┥
            "b", added by alice, is missing"#]],
    );
    check_added(
        "
        alice [a] [b]
        bob     [a]
    ",
        "b a",
        expect![[r#"
            alice  ┝ "a" ┥
            bob          ┝ "a" ┥
            "a" was added 2 times, by alice and bob, and is there once"#]],
    );
}

#[test]
fn surplus_value_is_a_violation() {
    check_added(
        "
        alice [a] [b]
        bob     [c]
    ",
        "a b c b",
        expect![[r#"
            alice  ┝ "b" ┥
            "b" was added once at most, by alice, and is there 2 times"#]],
    );
    check_added("alice [a]", "a d", expect![[r#""d" is there, but was never added"#]]);
}

#[test]
fn value_in_flight_may_be_there_once() {
    check_added("alice [a..", "", expect!["fine"]);
    check_added("alice [a..", "a", expect!["fine"]);
    check_added(
        "alice [a..",
        "a a",
        expect![[r#"
            alice  ┝ "a" → ? ╍╍
            "a" was added once at most, by alice, and is there 2 times"#]],
    );
}

#[test]
fn lost_value_is_not_attributed_to_operations_in_flight() {
    check_added(
        "
        alice [a]
        bob     [a..
    ",
        "",
        expect![[r#"
            alice  ┝ "a" ┥
            bob          ┝ "a" → ? ╍╍
            "a", added by alice, is missing"#]],
    );
}
