//! Long histories, and many operations without an end: they are decided, and their drawings are small.

use expect_test::expect;

use crate::history::linearize::*;
use crate::history::notation::outcome;
use crate::history::{CounterCall, CounterModel, CounterResult, RegisterCall, RegisterModel, RegisterResult};

/// One actor writes a register and another one reads it, `n` times; each write overlaps with the next.
fn long(n: u64) -> Vec<Operation<RegisterCall<i64>, RegisterResult<i64>>> {
    let turn = |n: u64| {
        let value = i64::try_from(n).expect("small");
        let at = n * 10;
        let write = Operation::new("alice", RegisterCall::Write(value), at, at + 12, RegisterResult::Done);
        let read = Operation::new("bob", RegisterCall::Read, at + 3, at + 7, RegisterResult::Value(value));
        [write, read]
    };
    (1..=n).flat_map(turn).collect()
}

#[test]
fn long_history_has_a_small_window_with_its_start_states() {
    let mut operations = long(2000);
    expect!["fine"].assert_eq(&outcome(linearizable(&RegisterModel::new(0), &operations)));
    operations.push(Operation::new("carol", RegisterCall::Read, 20_025, 20_026, RegisterResult::Value(3)));
    expect![[r#"
        carol  ┝ read → 3 ┥
        no order explains carol's `read → 3`: it could only be `read → 2000`
        at the start of this window, the state is `1993`
        15 more operations are not drawn: no order exists, whether or not they took effect"#]]
    .assert_eq(&outcome(linearizable(&RegisterModel::new(0), &operations)));
    operations.push(Operation::in_flight("dave", RegisterCall::Write(3), 1));
    expect!["fine"].assert_eq(&outcome(linearizable(&RegisterModel::new(0), &operations)));
}

#[test]
fn equal_operations_in_flight_need_few_states() {
    let mut operations: Vec<_> = (0..60).map(|n| Operation::in_flight("alice", CounterCall::Add(1), n)).collect();
    operations.push(Operation::new("bob", CounterCall::Get, 100, 101, CounterResult::Value(61)));
    expect![[r#"
        bob  ┝ get → 61 ┥
        no order explains bob's `get → 61`: it could only be `get → 0`, `get → 1`, `get → 2`, `get → 3` or one of 57 others
        60 more operations are not drawn: no order exists, whether or not they took effect"#]].assert_eq(&outcome(linearizable_within(1000, &CounterModel::new(0), &operations)));
}

#[test]
fn state_limit_makes_the_result_undecided() {
    let mut operations: Vec<_> = (0..40).map(|n| Operation::in_flight("alice", CounterCall::Add(1 << n), n)).collect();
    operations.push(Operation::new("bob", CounterCall::Get, 100, 101, CounterResult::Value(-1)));
    expect!["undecided after 10000 states: some order may explain the results, or none"]
        .assert_eq(&outcome(linearizable_within(10_000, &CounterModel::new(0), &operations)));
}

#[test]
fn writes_in_flight_need_few_states() {
    let mut operations: Vec<_> = (1..=40).map(|n| Operation::in_flight("alice", RegisterCall::Write(n), n)).collect();
    let read = |n: u64, at| Operation::new("bob", RegisterCall::Read, at, at + 1, RegisterResult::Value(n));
    operations.extend([read(7, 100), read(3, 102), read(40, 104)]);
    expect!["fine"].assert_eq(&outcome(linearizable_within(10_000, &RegisterModel::new(0), &operations)));
    operations.push(read(7, 106));
    expect![[r#"
        bob  ├ read → 7 ┤   ├ read → 40 ┤ ┝ read → 7 ┥
        no order explains bob's `read → 7`: it could only be `read → 1`, `read → 2`, `read → 4`, `read → 5` or one of 34 others
        41 more operations are not drawn: no order exists, whether or not they took effect"#]].assert_eq(&outcome(linearizable_within(10_000, &RegisterModel::new(0), &operations)));
}

#[test]
fn drawing_omits_unrelated_operations() {
    let write = |n: u64| Operation::new("alice", RegisterCall::Write(n), 10 * n, 10 * n + 5, RegisterResult::Done);
    let mut operations: Vec<_> = (1..=15).map(write).collect();
    operations.push(Operation::new("bob", RegisterCall::Read, 200, 201, RegisterResult::Value(99)));
    expect![[r#"
        bob  ┝ read → 99 ┥
        no order explains bob's `read → 99`: it could only be `read → 15`
        15 more operations are not drawn: no order exists, whether or not they took effect"#]]
    .assert_eq(&outcome(linearizable(&RegisterModel::new(0), &operations)));
}

#[test]
fn drawing_of_many_operations_contains_the_culprit() {
    let read = |n: u64| Operation::new("quick", RegisterCall::Read, n, n + 1, RegisterResult::Value(n));
    let slow = Operation::new("slow", RegisterCall::Read, 0, 1000, RegisterResult::Value(99));
    let operations: Vec<_> = std::iter::once(slow).chain((1..=20).map(|n| read(2 * n))).collect();
    let window = Window { culprit: 0, operations: (0..21).collect(), start_states: Vec::new(), n_omitted: 0 };
    let alternatives = Alternatives { results: vec![RegisterResult::Value(0)], is_exhaustive: false };
    let text = no_order(&RegisterModel::new(0), &operations.iter().collect(), &window, &alternatives).to_string();
    let sentence = "no order explains slow's `read → 99`: it could be `read → 0`, and there may be more";
    assert!(text.contains("slow read → 99\n") && text.ends_with(sentence), "{text}");
}
