//! Which updates count as lost.

use expect_test::{Expect, expect};

use super::*;
use crate::history::notation::{outcome, parse};

/// The result is what was read and what was written.
#[track_caller]
fn check_updates(text: &str, expected: Expect) {
    let operations = parse(text, str::to_owned, |versions| {
        let (read, wrote) = versions.split_once('>').expect("two versions");
        Update { read: read.parse::<u64>().expect("a version"), wrote: wrote.parse().expect("a version") }
    });
    expected.assert_eq(&outcome(no_lost_update(&operations)));
}

#[track_caller]
fn check_added(text: &str, found: &str, expected: Expect) {
    let operations = parse(text, str::to_owned, |_| ());
    expected.assert_eq(&outcome(nothing_lost(&operations, found.split_whitespace().map(str::to_owned))));
}

#[test]
fn a_chain_of_versions_is_fine() {
    check_updates(
        "
        alice [s=1>2]        [s=3>4]
        bob        [s=2>3]  [t=1>2]
    ",
        expect!["fine"],
    );
}

#[test]
fn two_that_read_one_version_lose_an_update() {
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
fn an_update_that_changes_nothing_or_did_not_end_loses_nothing() {
    check_updates(
        "
        alice [s=1>1]   [s..
        bob        [s=1>2]
    ",
        expect!["fine"],
    );
}

#[test]
fn all_that_was_added_is_there_in_any_order() {
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
fn what_was_added_and_is_not_there_is_lost() {
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
fn what_is_there_too_often_was_added_twice_or_by_nobody() {
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
fn what_did_not_end_may_be_there_or_not_but_not_twice() {
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
fn what_did_not_end_is_not_said_to_have_added_what_is_lost() {
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
