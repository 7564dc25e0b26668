//! Histories of real threads: linearizable objects are accepted, and races are found.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Barrier, Mutex};

use expect_test::expect;

use crate::history::History;
use crate::history::linearize::*;
use crate::history::{
    CounterCall, CounterModel, CounterResult, LockCall, LockModel, RegisterCall, RegisterModel, RegisterResult,
    SetCall, SetModel,
};

/// Four threads make 300 calls each, as fast as they can. Their history must be linearizable.
#[track_caller]
fn check<M>(model: &M, call: impl Fn(usize, i64) -> M::Call + Sync, perform: impl Fn(&M::Call) -> M::Result + Sync)
where
    M: Model<Call: Clone + Send, Result: Send>,
{
    let history = History::new();
    let start = Barrier::new(4);
    std::thread::scope(|s| {
        for actor in 0..4 {
            let (history, start, call, perform) = (&history, &start, &call, &perform);
            s.spawn(move || {
                start.wait();
                for n in 0..300 {
                    let call = call(actor, n);
                    let operation = history.begin(actor, call.clone());
                    operation.end(perform(&call));
                }
            });
        }
    });
    linearizable(model, &history.take()).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn atomic_is_a_linearizable_register() {
    let atomic = AtomicI64::new(0);
    let call = |actor: usize, n: i64| match (actor + n as usize) % 3 {
        0 => RegisterCall::Read,
        1 => RegisterCall::Write(n % 5),
        _ => RegisterCall::CompareAndSet { from: n % 5, to: n % 4 },
    };
    check(&RegisterModel::new(0), call, |call| match *call {
        RegisterCall::Read => RegisterResult::Value(atomic.load(Ordering::SeqCst)),
        RegisterCall::Write(value) => {
            atomic.store(value, Ordering::SeqCst);
            RegisterResult::Done
        }
        RegisterCall::CompareAndSet { from, to } => {
            let result = atomic.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst);
            RegisterResult::Swapped(result.is_ok())
        }
    });
}

#[test]
fn atomic_is_a_linearizable_counter() {
    let atomic = AtomicI64::new(0);
    let call = |actor: usize, n: i64| match (actor + n as usize) % 3 {
        0 => CounterCall::Get,
        1 => CounterCall::Add(n),
        _ => CounterCall::AddAndGet(-1),
    };
    check(&CounterModel::new(0), call, |call| match *call {
        CounterCall::Get => CounterResult::Value(atomic.load(Ordering::SeqCst)),
        CounterCall::Add(n) => {
            atomic.fetch_add(n, Ordering::SeqCst);
            CounterResult::Done
        }
        CounterCall::AddAndGet(n) => CounterResult::Value(atomic.fetch_add(n, Ordering::SeqCst) + n),
    });
}

#[test]
fn set_behind_a_mutex_is_linearizable() {
    let set = Mutex::new(BTreeSet::new());
    let call = |actor: usize, n: i64| match (actor + n as usize) % 3 {
        0 => SetCall::Contains(n % 2),
        1 => SetCall::Add(n % 2),
        _ => SetCall::Remove(n % 2),
    };
    check(&SetModel::new(), call, |call| {
        let mut set = set.lock().expect("no thread panics while it holds the lock");
        match call {
            SetCall::Contains(element) => set.contains(element),
            SetCall::Add(element) => set.insert(*element),
            SetCall::Remove(element) => set.remove(element),
        }
    });
}

#[test]
fn atomic_owner_is_a_linearizable_lock() {
    let owner = AtomicI64::new(-1);
    let swap = |from, to| owner.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok();
    let call = |actor: usize, n: i64| match n % 2 {
        0 => LockCall::TryAcquire(actor as i64),
        _ => LockCall::Release(actor as i64),
    };
    check(&LockModel::new(), call, |call| match *call {
        LockCall::Acquire(_) => unreachable!("no call waits here"),
        LockCall::TryAcquire(actor) => swap(-1, actor),
        LockCall::Release(actor) => swap(actor, -1),
    });
}

#[test]
fn concurrent_read_then_write_is_not_linearizable() {
    let counter = AtomicI64::new(0);
    let both_have_read = Barrier::new(2);
    let history = History::new();
    std::thread::scope(|s| {
        for actor in ["alice", "bob"] {
            let (history, counter, both_have_read) = (&history, &counter, &both_have_read);
            s.spawn(move || {
                let operation = history.begin(actor, CounterCall::AddAndGet(1));
                let read = counter.load(Ordering::SeqCst);
                both_have_read.wait();
                counter.store(read + 1, Ordering::SeqCst);
                operation.end(CounterResult::Value(read + 1));
            });
        }
    });
    let violation = linearizable(&CounterModel::new(0), &history.take()).expect_err("an update is lost");
    let OrderFault::NoOrder { operation, alternatives, .. } = violation.what() else { panic!("{violation}") };
    expect!["add 1 → 1, not add 1 → 2"].assert_eq(&format!("{operation}, not {}", alternatives.join(" or ")));
}

#[test]
fn check_then_set_flag_is_not_a_lock() {
    let is_held = AtomicBool::new(false);
    let both_have_looked = Barrier::new(2);
    let history = History::new();
    std::thread::scope(|s| {
        for actor in ["alice", "bob"] {
            let (history, is_held, both_have_looked) = (&history, &is_held, &both_have_looked);
            s.spawn(move || {
                let operation = history.begin(actor, LockCall::TryAcquire(actor));
                let is_free = !is_held.load(Ordering::SeqCst);
                both_have_looked.wait();
                is_held.store(true, Ordering::SeqCst);
                operation.end(is_free);
            });
        }
    });
    assert!(linearizable(&LockModel::new(), &history.take()).is_err());
}
