//! Compares the search and its windows with brute force, and with simulated histories that are linearizable by construction.

use std::cell::RefCell;
use std::collections::HashSet;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use crate::history::linearize::entry::Entry;
use crate::history::linearize::search::Stuck;
use crate::history::linearize::window::Cut;
use crate::history::linearize::*;
use crate::history::{
    CounterCall, CounterModel, CounterResult, LockCall, LockModel, PerKey, RegisterCall, RegisterModel, RegisterResult,
    SetCall, SetModel,
};

type Operations<M> = Vec<Operation<<M as Model>::Call, <M as Model>::Result>>;

/// Up to seven operations at random ticks, with random results, two of nine without an end.
fn any_history<M: Model>(call: impl Strategy<Value = (M::Call, M::Result)>) -> impl Strategy<Value = Operations<M>>
where
    M::Call: Clone,
    M::Result: Clone,
{
    let operation =
        (call, 0..14_u64, 0..6_u64, 0..9_u8).prop_map(|((call, result), started_at, takes, end)| match end {
            0..2 => Operation::in_flight("actor", call, started_at),
            _ => Operation::new("actor", call, started_at, started_at + takes, result),
        });
    proptest::collection::vec(operation, 0..=7)
}

/// The checker agrees with brute force, and its windows are minimal.
fn agrees<M: Model>(model: &M, call: impl Strategy<Value = (M::Call, M::Result)>)
where
    M::Call: Clone,
    M::Result: Clone,
{
    let counts = RefCell::new([0, 0]);
    let mut runner = TestRunner::new(Config { cases: 1000, failure_persistence: None, ..Config::default() });
    runner
        .run(&any_history::<M>(call), |operations| {
            let expected = has_order(model, &Entries::of(&operations.iter().collect::<Vec<_>>()));
            assert_eq!(linearizable(model, &operations).is_ok(), expected);
            counts.borrow_mut()[usize::from(expected)] += 1;
            if !expected {
                check_windows(model, operations);
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    let counts = counts.into_inner();
    assert!(counts.iter().all(|&n| n > 50), "there must be many of both kinds: {counts:?}");
}

/// Searches all parts at once. No order explains the window, and no operation in it can be made free.
fn check_windows<M: Model>(model: &M, mut operations: Operations<M>)
where
    M::Call: Clone,
    M::Result: Clone,
{
    operations.sort_by_key(Operation::started_at);
    let entries: Entries<'_, M> = Entries::of(&operations.iter().collect::<Vec<_>>());
    let SearchResult::Stuck(stuck) = search(model, &[Configuration::before_all(model.start())], &entries, MAX_STATES)
    else {
        panic!("the search finds an order that brute force does not")
    };
    for entry in entries.iter().filter(|entry| Some(entry.started_at) <= entries[stuck.culprit].ended_at) {
        let cut = Cut::at(entry.started_at, &entries, &stuck);
        assert!(cut.is_unexplained(model, &entries, stuck.culprit, &HashSet::new()), "cut at {}", entry.started_at);
    }
    let window = Window::of(model, &entries, &stuck);
    assert!(window.operations.contains(&window.culprit));
    check_possible(model, &entries, &stuck);
    let end = entries[window.culprit].ended_at;
    let with_free = |is_free: &dyn Fn(usize) -> bool| -> Vec<Entry<'_, M>> {
        let weaker = |ix: usize| match entries[ix] {
            entry if is_free(ix) => Entry { started_at: 0, ended_at: None, result: None, ..entry },
            entry if (entry.ended_at, ix) > (end, window.culprit) => Entry { ended_at: None, ..entry },
            entry => entry,
        };
        (0..entries.len()).filter(|&ix| Some(entries[ix].started_at) <= end).map(weaker).collect()
    };
    assert!(!has_order(model, &with_free(&|ix| !window.operations.contains(&ix))));
    for needed in &window.operations {
        let is_free = |ix| ix == *needed || !window.operations.contains(&ix);
        assert!(has_order(model, &with_free(&is_free)), "{needed} is not needed");
    }
}

/// A result is an alternative exactly if there is an order with it.
fn check_possible<M: Model>(model: &M, entries: &Entries<'_, M>, stuck: &Stuck<M::State>) {
    let culprit = entries[stuck.culprit];
    let alternatives = Alternatives::of(model, entries, stuck);
    assert!(alternatives.is_exhaustive);
    for result in entries.iter().filter_map(|entry| entry.result).chain(&alternatives.results) {
        let with_result = |ix: usize| match entries[ix] {
            entry if ix == stuck.culprit => Entry { result: Some(result), ..entry },
            entry if (entry.ended_at, ix) > (culprit.ended_at, stuck.culprit) => Entry { ended_at: None, ..entry },
            entry => entry,
        };
        let until_then = (0..entries.len()).filter(|&ix| Some(entries[ix].started_at) <= culprit.ended_at);
        let has_order = has_order(model, &until_then.map(with_result).collect::<Vec<_>>());
        assert_eq!(alternatives.results.contains(result), has_order, "{result:?}");
    }
}

/// Accepts a sequential simulation, at any distance of starts and ends from the moment at which each operation took effect.
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
                // Some operations crash before they take effect, some after.
                let outcome = if fate == 0 { None } else { model.apply(&state, &call) };
                operations.push(match outcome {
                    None => Operation::in_flight("actor", call, at - early),
                    Some((after, result)) => {
                        state = after;
                        match fate {
                            1 => Operation::in_flight("actor", call, at - early),
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

/// Whether there is an order, by trying all of them: too slow for production, but simple. Suitable for about seven operations.
fn has_order<M: Model>(model: &M, operations: &[Entry<'_, M>]) -> bool {
    can_explain(model, &model.start(), operations)
}

/// Tries each operation as the next one, and explains the remaining ones from there.
fn can_explain<M: Model>(model: &M, state: &M::State, remaining: &[Entry<'_, M>]) -> bool {
    if remaining.iter().all(|operation| operation.ended_at.is_none()) {
        return true;
    }
    (0..remaining.len()).any(|ix| {
        let next = remaining[ix];
        let comes_too_early = remaining.iter().any(|other| other.ended_at.is_some_and(|ended| ended < next.started_at));
        let Some((state, result)) = model.apply(state, next.call).filter(|_| !comes_too_early) else { return false };
        let fits = next.result.is_none_or(|known| *known == result);
        let rest = [&remaining[..ix], &remaining[ix + 1..]].concat();
        fits && can_explain(model, &state, &rest)
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
fn register_model_agrees_with_brute_force() {
    agrees(&RegisterModel::new(0), register_operation());
}

#[test]
fn counter_model_agrees_with_brute_force() {
    agrees(&CounterModel::new(0), counter_operation());
}

#[test]
fn set_model_agrees_with_brute_force() {
    agrees(&SetModel::new(), set_operation());
}

#[test]
fn lock_model_agrees_with_brute_force() {
    agrees(&LockModel::new(), lock_operation());
}

#[test]
fn per_key_model_agrees_with_brute_force() {
    agrees(&PerKey::new(RegisterModel::new(0)), keyed_operation());
}

#[test]
fn simulated_histories_are_linearizable() {
    accepts_what_was_simulated(&RegisterModel::new(0), register_operation());
    accepts_what_was_simulated(&CounterModel::new(0), counter_operation());
    accepts_what_was_simulated(&SetModel::new(), set_operation());
    accepts_what_was_simulated(&LockModel::new(), lock_operation());
    accepts_what_was_simulated(&PerKey::new(RegisterModel::new(0)), keyed_operation());
}
