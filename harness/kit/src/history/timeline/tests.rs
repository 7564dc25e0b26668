//! The drawings of timelines.

use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn check(operations: &[Operation<&str, u64>], highlights: &[u64], expected: Expect) {
    expected.assert_eq(&Timeline::of(operations).highlight(highlights).to_string());
}

#[test]
fn overlapping_operations_overlap_in_the_drawing() {
    check(
        &[
            Operation::new("alice", "write", 0, 3, 1),
            Operation::new("bob", "read", 1, 2, 0),
            Operation::new("alice", "read", 4, 6, 1),
            Operation::new("carol", "read", 5, 7, 0),
        ],
        &[5],
        expect![[r#"
            alice  ├ "write" → 1 ───┤ ├ "read" → 1 ┤
            bob      ├ "read" → 0 ┤
            carol                       ┝ "read" → 0 ┥
        "#]],
    );
}

#[test]
fn operation_in_flight_reaches_the_right_border_of_its_own_row() {
    check(
        &[
            Operation::in_flight("alice", "write", 0),
            Operation::new("bob", "read", 1, 2, 0),
            Operation::new("alice", "read", 4, 20, 1),
        ],
        &[0],
        expect![[r#"
            alice  ┝ "write" → ? ╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍
            alice                    ├ "read" → 1 ┤
            bob      ├ "read" → 0 ┤
        "#]],
    );
}

#[test]
fn wide_drawing_has_numbers_and_labels_below() {
    let operations: Vec<_> =
        (0..8).map(|n| Operation::new(format!("actor {}", n % 2), "update the story", n * 3, n * 3 + 4, n)).collect();
    check(
        &operations,
        &[3],
        expect![[r#"
        actor 0  ├ 1 ──┤  ├ 3 ───┤  ├ 5 ───┤  ├ 7 ───┤
        actor 1      ┝ 2 ━━━┥  ├ 4 ───┤  ├ 6 ───┤  ├ 8 ──┤
          1  actor 0 "update the story" → 0
          2  actor 1 "update the story" → 1
          3  actor 0 "update the story" → 2
          4  actor 1 "update the story" → 3
          5  actor 0 "update the story" → 4
          6  actor 1 "update the story" → 5
          7  actor 0 "update the story" → 6
          8  actor 1 "update the story" → 7
    "#]],
    );
}

#[test]
fn long_labels_and_many_operations_are_cut() {
    let operations: Vec<_> = (0..20)
        .map(|n| Operation::new("alice", "a name that is by far too long for a bar", n * 2, n * 2 + 1, n))
        .collect();
    check(
        &operations[..1],
        &[],
        expect![[r#"
        alice  ├ "a name that is by far too long… ┤
    "#]],
    );
    check(
        &operations,
        &[],
        expect![[r#"
        alice  ├ 1 ┤ ├ 2 ┤ ├ 3 ┤ ├ 4 ┤ ├ 5 ┤ ├ 6 ┤ ├ 7 ┤ ├ 8 ┤ ├ 9 ┤ ├ 10 ┤ ├ 11 ┤ ├ 12 ┤ ├ 13 ┤ ├ 14 ┤ ├ 15 ┤ ├ 16 ┤
          1  alice "a name that is by far too long…
          2  alice "a name that is by far too long…
          3  alice "a name that is by far too long…
          4  alice "a name that is by far too long…
          5  alice "a name that is by far too long…
          6  alice "a name that is by far too long…
          7  alice "a name that is by far too long…
          8  alice "a name that is by far too long…
          9  alice "a name that is by far too long…
         10  alice "a name that is by far too long…
         11  alice "a name that is by far too long…
         12  alice "a name that is by far too long…
         13  alice "a name that is by far too long…
         14  alice "a name that is by far too long…
         15  alice "a name that is by far too long…
         16  alice "a name that is by far too long…
        … and 4 more operations
    "#]],
    );
}

#[test]
fn empty_timeline_draws_nothing() {
    check(&[], &[], expect![[""]]);
}

#[test]
fn instant_operation_has_room_for_its_label() {
    let operations = [
        Operation::new("alice", "a", 0, 0, 1),
        Operation::new("bob", "b", 0, 2, 2),
        Operation::new("alice", "c", 2, 2, 3),
    ];
    check(
        &operations,
        &[],
        expect![[r#"
        alice  ├ "a" → 1 ┤├ "c" → 3 ┤
        bob    ├ "b" → 2 ─┤
    "#]],
    );
}
