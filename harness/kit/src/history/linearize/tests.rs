//! Histories that are linearizable or not, and the drawings of violations. `history/notation.rs` describes the notation.

mod long_histories;
mod properties;
mod real_threads;

use expect_test::{Expect, expect};

use super::*;
use crate::history::notation::{outcome, parse};
use crate::history::{
    CounterCall, CounterModel, CounterResult, LockCall, LockModel, PerKey, RegisterCall, RegisterModel, RegisterResult,
    SetCall, SetModel,
};

fn number(text: &str) -> i64 {
    text.parse().expect("a number")
}

fn register_call(text: &str) -> RegisterCall<i64> {
    match *text.split(' ').collect::<Vec<_>>() {
        ["r"] => RegisterCall::Read,
        ["w", value] => RegisterCall::Write(number(value)),
        ["swap", from, to] => RegisterCall::CompareAndSet { from: number(from), to: number(to) },
        _ => panic!("{text:?} is no call"),
    }
}

fn register_result(text: &str) -> RegisterResult<i64> {
    match text {
        "" => RegisterResult::Done,
        "yes" | "no" => RegisterResult::Swapped(text == "yes"),
        value => RegisterResult::Value(number(value)),
    }
}

#[track_caller]
fn check_register(text: &str, expected: Expect) {
    let operations = parse(text, register_call, register_result);
    expected.assert_eq(&outcome(linearizable(&RegisterModel::new(0), &operations)));
}

#[track_caller]
fn check_registers(text: &str, expected: Expect) {
    let call = |text: &str| {
        let (key, call) = text.split_once(' ').expect("a key and a call");
        (key.to_owned(), register_call(call))
    };
    let operations = parse(text, call, register_result);
    expected.assert_eq(&outcome(linearizable(&PerKey::new(RegisterModel::new(0)), &operations)));
}

#[track_caller]
fn check_counter(text: &str, expected: Expect) {
    let call = |text: &str| match *text.split(' ').collect::<Vec<_>>() {
        ["get"] => CounterCall::Get,
        ["add", n] => CounterCall::Add(number(n)),
        ["next"] => CounterCall::AddAndGet(1),
        _ => panic!("{text:?} is no call"),
    };
    let result = |text: &str| if text.is_empty() { CounterResult::Done } else { CounterResult::Value(number(text)) };
    let operations = parse(text, call, result);
    expected.assert_eq(&outcome(linearizable(&CounterModel::new(0), &operations)));
}

#[track_caller]
fn check_set(text: &str, expected: Expect) {
    let call = |text: &str| match text.split_once(' ').expect("a verb and an element") {
        ("add", element) => SetCall::Add(element.to_owned()),
        ("del", element) => SetCall::Remove(element.to_owned()),
        (_, element) => SetCall::Contains(element.to_owned()),
    };
    let operations = parse(text, call, |result| result == "yes");
    expected.assert_eq(&outcome(linearizable(&SetModel::new(), &operations)));
}

#[track_caller]
fn check_lock(text: &str, expected: Expect) {
    let call = |text: &str| match text.split_once(' ').expect("a verb and an owner") {
        ("lock", owner) => LockCall::Acquire(owner.to_owned()),
        ("try", owner) => LockCall::TryAcquire(owner.to_owned()),
        (_, owner) => LockCall::Release(owner.to_owned()),
    };
    let operations = parse(text, call, |result| result != "no");
    expected.assert_eq(&outcome(linearizable(&LockModel::new(), &operations)));
}

#[test]
fn overlapping_operations_may_be_in_either_order() {
    check_register(
        "
        alice [w 1......]     [r=2]
        bob     [w 2......]
        carol    [r=2] [r=2]
        ",
        expect!["fine"],
    );
}

#[test]
fn stale_read_is_a_violation() {
    check_register(
        "
        alice [w 1]       [w 3]
        bob         [w 2]
        carol                    [r=3] [r=1]
        dave               [r=2..]
        ",
        expect![[r#"
            alice  ├ write 1 ┤
            carol                 ├ read → 3 ┤  ┝ read → 1 ┥
            no order explains carol's `read → 1`: it could only be `read → 3`
            3 more operations are not drawn: no order exists, whether or not they took effect"#]],
    );
}

#[test]
fn new_then_old_read_is_a_violation_even_if_the_write_overlaps_both() {
    check_register(
        "
        alice [w 1................]
        bob      [r=1]
        carol            [r=0]
        ",
        expect![[r#"
            bob    ├ read → 1 ┤
            carol                  ┝ read → 0 ┥
            no order explains carol's `read → 0`: it could only be `read → 1`
            1 more operation is not drawn: no order exists, whether or not it took effect"#]],
    );
}

#[test]
fn unknown_value_is_a_violation_of_one_operation() {
    check_register(
        "
        alice [w 1] [w 2]
        bob     [r=7]
        ",
        expect![[r#"
            bob  ┝ read → 7 ┥
            no order explains bob's `read → 7`: it could only be `read → 0`, `read → 1` or `read → 2`
            2 more operations are not drawn: no order exists, whether or not they took effect"#]],
    );
}

#[test]
fn two_swaps_from_one_value_are_a_violation() {
    check_register(
        "
        alice [swap 0 1=yes]
        bob      [swap 0 2=yes]
        carol       [r=0]
        ",
        expect![[r#"
            alice  ├ swap 0 for 1 → true ┤
            bob        ┝ swap 0 for 2 → true ┥
            no order explains bob's `swap 0 for 2 → true`: it could only be `swap 0 for 2 → false`
            1 more operation is not drawn: no order exists, whether or not it took effect"#]],
    );
}

#[test]
fn write_in_flight_may_take_effect_late_but_is_not_undone() {
    check_register(
        "
        alice [w 1..
        bob         [r=0] [r=0] [r=1]
        ",
        expect!["fine"],
    );
    check_register(
        "
        alice [w 1..
        bob         [r=0] [r=1] [r=0]
        ",
        expect![[r#"
            bob  ├ read → 1 ┤  ┝ read → 0 ┥
            no order explains bob's `read → 0`: it could only be `read → 1`
            2 more operations are not drawn: no order exists, whether or not they took effect"#]],
    );
}

#[test]
fn keys_are_checked_independently() {
    check_registers(
        "
        alice [x w 1] [y w 1]
        bob              [y r=1] [x r=1]
        ",
        expect!["fine"],
    );
    check_registers(
        "
        alice [x w 1] [y w 1]
        bob                   [y r=1] [x r=0]
        ",
        expect![[r#"
            alice  ├ "x": write 1 ┤
            bob                        ┝ "x": read → 0 ┥
            no order explains bob's `"x": read → 0`: it could only be `"x": read → 1`"#]],
    );
}

#[test]
fn duplicate_counter_value_is_a_violation() {
    check_counter(
        "
        alice [next=1] [next=3]
        bob      [next=2]  [get=3]
        ",
        expect!["fine"],
    );
    check_counter(
        "
        alice [next=1]     [next=3]
        bob      [next=2]
        carol        [next=3]
        ",
        expect![[r#"
            carol  ├ add 1 → 3 ┤
            alice       ┝ add 1 → 3 ┥
            no order explains alice's `add 1 → 3`: it could only be `add 1 → 4`
            2 more operations are not drawn: no order exists, whether or not they took effect"#]],
    );
}

#[test]
fn lost_increment_is_a_violation_of_the_next_read() {
    check_counter(
        "
        alice [add 5]
        bob      [add 3]
        carol            [get=5]
        ",
        expect![[r#"
            bob    ├ add 3 ┤
            carol             ┝ get → 5 ┥
            no order explains carol's `get → 5`: it could only be `get → 8`
            1 more operation is not drawn: no order exists, whether or not it took effect"#]],
    );
}

#[test]
fn removed_element_is_not_in_the_set() {
    check_set(
        "
        alice [add x=yes]           [del y=no]
        bob       [add x=no] [has x=yes]
        ",
        expect!["fine"],
    );
    check_set(
        "
        alice [add x=yes]            [add y=yes]
        bob               [del x=yes]
        carol                          [has x=yes]
        ",
        expect![[r#"
            bob    ├ remove "x" → true ┤
            carol                          ┝ contains "x" → true ┥
            no order explains carol's `contains "x" → true`: it could only be `contains "x" → false`
            1 more operation is not drawn: no order exists, whether or not it took effect"#]],
    );
}

#[test]
fn acquiring_a_held_lock_is_a_violation() {
    check_lock(
        "
        alice [lock a]      [free a]
        bob      [lock b.........]
        ",
        expect!["fine"],
    );
    check_lock(
        "
        alice [lock a]             [free a]
        bob            [lock b..]
        ",
        expect![[r#"
            alice  ├ acquire "a" ┤
            bob                     ┝ acquire "b" ┥
            no order explains bob's `acquire "b"`: the call would have had to wait"#]],
    );
}

#[test]
fn refused_acquisition_needs_a_holder() {
    check_lock(
        "
        alice [try a=yes] [free a]
        bob                        [try b=no]
        ",
        expect![[r#"
            alice  ├ release "a" → true ┤
            bob                            ┝ try acquire "b" → false ┥
            no order explains bob's `try acquire "b" → false`: it could only be `try acquire "b" → true`
            1 more operation is not drawn: no order exists, whether or not it took effect"#]],
    );
}

#[test]
fn release_by_another_owner_is_a_violation() {
    check_lock(
        "
        alice [try a=yes]
        bob               [free b=no]
        ",
        expect!["fine"],
    );
    check_lock(
        "
        alice [try a=yes]
        bob               [free b=yes]
        ",
        expect![[r#"
            bob  ┝ release "b" → true ┥
            no order explains bob's `release "b" → true`: it could only be `release "b" → false`
            1 more operation is not drawn: no order exists, whether or not it took effect"#]],
    );
}

#[test]
fn crashed_acquisition_may_hold_the_lock_but_not_before_its_start() {
    check_lock(
        "
        alice [lock a..
        bob         [try b=no]
        ",
        expect!["fine"],
    );
    check_lock(
        "
        alice             [lock a..
        bob     [try b=no]
        ",
        expect![[r#"
            bob  ┝ try acquire "b" → false ┥
            no order explains bob's `try acquire "b" → false`: it could only be `try acquire "b" → true`"#]],
    );
}
