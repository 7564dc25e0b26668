//! A lock: one owner at most.

use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use crate::history::model::{Model, words};

/// The model of a lock, which is free at first. Owners are names, numbers or tokens.
///
/// Here operations are the calls to the lock; to record how long it is held and look whether two hold it,
/// [`mutual_exclusion`](crate::history::mutual_exclusion) is simpler. A lock that expires is not this model: who had it when the time was over,
/// ticks do not tell.
///
/// ```
/// use swimlanes_kit::history::{Lock, LockCall::TryAcquire, Operation, linearizable};
///
/// let operations = [
///     Operation::new("alice", TryAcquire("alice"), 0, 2, true),
///     Operation::new("bob", TryAcquire("bob"), 1, 3, true),
/// ];
/// assert_eq!(linearizable(&Lock::new(), &operations).unwrap_err().to_string(), r#"
/// alice  ├ try acquire "alice" → true ┤
/// bob      ┝ try acquire "bob" → true ━━┥
/// no order explains bob's `try acquire "bob" → true`: it could only be `try acquire "bob" → false`
/// "#.trim());
/// ```
#[derive(Debug, Clone)]
pub struct Lock<O> {
    owners: PhantomData<fn() -> O>,
}

/// What can be done with a [`Lock`].
///
/// ```
/// # use swimlanes_kit::history::{Lock, LockCall, Model};
/// assert_eq!(Lock::new().apply(&Some(1), &LockCall::Acquire(2)), None, "has to wait");
/// assert_eq!(Lock::new().apply(&Some(1), &LockCall::Release(2)), Some((Some(1), false)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockCall<O> {
    /// Waits until the lock is free, and gives `true`. One that gives up waiting has no effect: withdraw it.
    Acquire(O),
    /// Gives `true` if the lock was free.
    TryAcquire(O),
    /// Gives `true` if the lock was held by this owner.
    Release(O),
}

impl<O> Lock<O> {
    /// A free one.
    ///
    /// ```
    /// # use swimlanes_kit::history::{Lock, Model};
    /// assert_eq!(Lock::<u64>::new().start(), None);
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { owners: PhantomData }
    }
}

impl<O> Default for Lock<O> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O: Clone + Eq + Hash + Debug> Model for Lock<O> {
    type Call = LockCall<O>;
    type Result = bool;
    type State = Option<O>;

    fn start(&self) -> Option<O> {
        None
    }

    fn apply(&self, state: &Option<O>, call: &LockCall<O>) -> Option<(Option<O>, bool)> {
        match (call, state) {
            (LockCall::Acquire(owner) | LockCall::TryAcquire(owner), None) => Some((Some(owner.clone()), true)),
            (LockCall::Acquire(_), Some(_)) => None,
            (LockCall::Release(owner), Some(holder)) if owner == holder => Some((None, true)),
            (LockCall::TryAcquire(_) | LockCall::Release(_), _) => Some((state.clone(), false)),
        }
    }

    fn label(&self, call: &LockCall<O>, result: Option<&bool>) -> String {
        match call {
            LockCall::Acquire(owner) => words(&format!("acquire {owner:?}"), result.map(|_| None)),
            LockCall::TryAcquire(owner) => {
                words(&format!("try acquire {owner:?}"), result.map(|r| Some(r.to_string())))
            }
            LockCall::Release(owner) => words(&format!("release {owner:?}"), result.map(|r| Some(r.to_string()))),
        }
    }
}
