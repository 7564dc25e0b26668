//! The search and its windows against the brute force, and against histories that are linearizable because a simulation made them so.

use std::cell::RefCell;
use std::collections::HashSet;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use crate::history::linearize::entry::Entry;
use crate::history::linearize::search::Stuck;
use crate::history::linearize::window::Cut;
use crate::history::linearize::*;
use crate::history::{
    Counter, CounterCall, CounterResult, Each, Lock, LockCall, Register, RegisterCall, RegisterResult, Set, SetCall,
};

type Operations<M> = Vec<Operation<<M as Model>::Call, <M as Model>::Result>>;

/// Up to seven operations at random ticks, with random results, two of nine without an end.
fn any_history<M: Model>(call: impl Strategy<Value = (M::Call, M::Result)>) -> impl Strategy<Value = Operations<M>>
where
    M::Call: Clone,
    M::Result: Clone,
{
    let operation = (call, 0..14_u64, 0..6_u64, 0..9_u8).prop_map(|((call, result), began, takes, end)| match end {
        0..2 => Operation::pending("actor", call, began),
        _ => Operation::new("actor", call, began, began + takes, result),
    });
    proptest::collection::vec(operation, 0..=7)
}

/// The checker says what the brute force says, and its windows are what it promises.
fn agrees<M: Model>(model: &M, call: impl Strategy<Value = (M::Call, M::Result)>)
where
    M::Call: Clone,
    M::Result: Clone,
{
    let seen = RefCell::new([0, 0]);
    let mut runner = TestRunner::new(Config { cases: 1000, failure_persistence: None, ..Config::default() });
    runner
        .run(&any_history::<M>(call), |operations| {
            let expected = has_order(model, &Entries::of(&operations.iter().collect::<Vec<_>>()));
            assert_eq!(linearizable(model, &operations).is_ok(), expected);
            seen.borrow_mut()[usize::from(expected)] += 1;
            if !expected {
                check_windows(model, operations);
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    let seen = seen.into_inner();
    assert!(seen.iter().all(|&n| n > 50), "of both kinds there must be many: {seen:?}");
}

/// Of all parts at once, which the search can do as well: the window is unexplained, and no operation in it can be let free.
fn check_windows<M: Model>(model: &M, mut operations: Operations<M>)
where
    M::Call: Clone,
    M::Result: Clone,
{
    operations.sort_by_key(Operation::began);
    let entries: Entries<'_, M> = Entries::of(&operations.iter().collect::<Vec<_>>());
    let Found::Stuck(stuck) = search(model, &[Place::before_all(model.start())], &entries, STATES) else {
        panic!("the brute force finds no order and the search does")
    };
    for entry in entries.iter().filter(|entry| Some(entry.began) <= entries[stuck.culprit].ended) {
        let cut = Cut::at(entry.began, &entries, &stuck);
        assert!(cut.is_unexplained(model, &entries, stuck.culprit, &HashSet::new()), "cut at {}", entry.began);
    }
    let window = Window::of(model, &entries, &stuck);
    assert!(window.operations.contains(&window.culprit));
    check_possible(model, &entries, &stuck);
    let end = entries[window.culprit].ended;
    let with_free = |is_free: &dyn Fn(usize) -> bool| -> Vec<Entry<'_, M>> {
        let weaker = |ix: usize| match entries[ix] {
            entry if is_free(ix) => Entry { began: 0, ended: None, result: None, ..entry },
            entry if (entry.ended, ix) > (end, window.culprit) => Entry { ended: None, ..entry },
            entry => entry,
        };
        (0..entries.len()).filter(|&ix| Some(entries[ix].began) <= end).map(weaker).collect()
    };
    assert!(!has_order(model, &with_free(&|ix| !window.operations.contains(&ix))));
    for kept in &window.operations {
        let is_free = |ix| ix == *kept || !window.operations.contains(&ix);
        assert!(has_order(model, &with_free(&is_free)), "{kept} is not needed");
    }
}

/// Of all results that any operation has, those are possible with which there is an order of what had ended by then.
fn check_possible<M: Model>(model: &M, entries: &Entries<'_, M>, stuck: &Stuck<M::State>) {
    let culprit = entries[stuck.culprit];
    let possible = Possible::of(model, entries, stuck);
    assert!(possible.are_all);
    for result in entries.iter().filter_map(|entry| entry.result).chain(&possible.results) {
        let with_result = |ix: usize| match entries[ix] {
            entry if ix == stuck.culprit => Entry { result: Some(result), ..entry },
            entry if (entry.ended, ix) > (culprit.ended, stuck.culprit) => Entry { ended: None, ..entry },
            entry => entry,
        };
        let until_then = (0..entries.len()).filter(|&ix| Some(entries[ix].began) <= culprit.ended);
        let has_order = has_order(model, &until_then.map(with_result).collect::<Vec<_>>());
        assert_eq!(possible.results.contains(result), has_order, "{result:?}");
    }
}

/// What a simulation did one after the other is accepted, however the operations reach out to both sides of the moment when they took effect.
fn accepts_what_was_simulated<M: Model>(model: &M, call: impl Strategy<Value = (M::Call, M::Result)>)
where
    M::Call: Clone,
    M::Result: Clone,
{
    let operation = (call.prop_map(|(call, _)| call), 0..30_u64, 0..30_u64, 0..12_u8);
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    runner
        .run(&proptest::collection::vec(operation, 0..60), |planned| {
            let mut state = model.start();
            let mut operations = Vec::new();
            for (at, (call, early, late, fate)) in (4..).map(|n: u64| n * 10).zip(planned) {
                // Some crash before they take effect, some after.
                let applied = if fate == 0 { None } else { model.apply(&state, &call) };
                operations.push(match applied {
                    None => Operation::pending("actor", call, at - early),
                    Some((after, result)) => {
                        state = after;
                        match fate {
                            1 => Operation::pending("actor", call, at - early),
                            _ => Operation::new("actor", call, at - early, at + late, result),
                        }
                    }
                });
            }
            linearizable(model, &operations).unwrap_or_else(|error| panic!("{error}"));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

/// Whether there is an order, by trying all of them: too slow for use, too simple to be wrong. For seven operations or so.
fn has_order<M: Model>(model: &M, operations: &[Entry<'_, M>]) -> bool {
    explained(model, &model.start(), operations)
}

/// One after the other is taken as the next one, and what is left is explained from there.
fn explained<M: Model>(model: &M, state: &M::State, left: &[Entry<'_, M>]) -> bool {
    if left.iter().all(|operation| operation.ended.is_none()) {
        return true;
    }
    (0..left.len()).any(|ix| {
        let next = left[ix];
        let comes_too_early = left.iter().any(|other| other.ended.is_some_and(|ended| ended < next.began));
        let Some((state, result)) = model.apply(state, next.call).filter(|_| !comes_too_early) else { return false };
        let fits = next.result.is_none_or(|known| *known == result);
        let rest = [&left[..ix], &left[ix + 1..]].concat();
        fits && explained(model, &state, &rest)
    })
}

fn register_operation() -> impl Strategy<Value = (RegisterCall<u8>, RegisterResult<u8>)> {
    prop_oneof![
        (0..3_u8).prop_map(|value| (RegisterCall::Read, RegisterResult::Value(value))),
        (0..3_u8).prop_map(|value| (RegisterCall::Write(value), RegisterResult::Done)),
        (0..3_u8, 0..3_u8, any::<bool>())
            .prop_map(|(from, to, done)| (RegisterCall::CompareAndSet { from, to }, RegisterResult::Swapped(done))),
    ]
}

fn counter_operation() -> impl Strategy<Value = (CounterCall, CounterResult)> {
    prop_oneof![
        (0..4_i64).prop_map(|value| (CounterCall::Get, CounterResult::Value(value))),
        (1..3_i64).prop_map(|n| (CounterCall::Add(n), CounterResult::Done)),
        (1..5_i64).prop_map(|value| (CounterCall::AddAndGet(1), CounterResult::Value(value))),
    ]
}

fn set_operation() -> impl Strategy<Value = (SetCall<u8>, bool)> {
    let call = prop_oneof![
        (0..2_u8).prop_map(SetCall::Add),
        (0..2_u8).prop_map(SetCall::Remove),
        (0..2_u8).prop_map(SetCall::Contains)
    ];
    (call, any::<bool>())
}

fn lock_operation() -> impl Strategy<Value = (LockCall<u8>, bool)> {
    prop_oneof![
        (0..2_u8).prop_map(|owner| (LockCall::Acquire(owner), true)),
        (0..2_u8, any::<bool>()).prop_map(|(owner, done)| (LockCall::TryAcquire(owner), done)),
        (0..2_u8, any::<bool>()).prop_map(|(owner, done)| (LockCall::Release(owner), done)),
    ]
}

fn keyed_operation() -> impl Strategy<Value = ((char, RegisterCall<u8>), RegisterResult<u8>)> {
    (prop_oneof![Just('x'), Just('y')], register_operation()).prop_map(|(key, (call, result))| ((key, call), result))
}

#[test]
fn a_register_is_judged_as_by_brute_force() {
    agrees(&Register::new(0), register_operation());
}

#[test]
fn a_counter_is_judged_as_by_brute_force() {
    agrees(&Counter::new(0), counter_operation());
}

#[test]
fn a_set_is_judged_as_by_brute_force() {
    agrees(&Set::new(), set_operation());
}

#[test]
fn a_lock_is_judged_as_by_brute_force() {
    agrees(&Lock::new(), lock_operation());
}

#[test]
fn a_map_of_registers_is_judged_as_by_brute_force() {
    agrees(&Each::new(Register::new(0)), keyed_operation());
}

#[test]
fn what_was_simulated_is_accepted() {
    accepts_what_was_simulated(&Register::new(0), register_operation());
    accepts_what_was_simulated(&Counter::new(0), counter_operation());
    accepts_what_was_simulated(&Set::new(), set_operation());
    accepts_what_was_simulated(&Lock::new(), lock_operation());
    accepts_what_was_simulated(&Each::new(Register::new(0)), keyed_operation());
}
