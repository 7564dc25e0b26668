//! The model of a lock: at most one owner.

use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use crate::history::model::{Model, words};

/// The model of a lock, which is free at first. Owners are names, numbers or tokens.
///
/// Here operations are the calls to the lock. To record how long the lock is held and check that no two actors hold it,
/// [`mutual_exclusion`](crate::history::mutual_exclusion) is simpler. A lock that expires does not fit this model, as ticks do not show
/// when it expires.
///
/// ```
/// use swimlanes_kit::history::{LockModel, LockCall::TryAcquire, Operation, linearizable};
///
/// let operations = [
///     Operation::new("alice", TryAcquire("alice"), 0, 2, true),
///     Operation::new("bob", TryAcquire("bob"), 1, 3, true),
/// ];
/// assert_eq!(linearizable(&LockModel::new(), &operations).unwrap_err().to_string(), r#"
/// alice  ├ try acquire "alice" → true ┤
/// bob      ┝ try acquire "bob" → true ━━┥
/// no order explains bob's `try acquire "bob" → true`: it could only be `try acquire "bob" → false`
/// "#.trim());
/// ```
#[derive(Debug, Clone)]
pub struct LockModel<O> {
    owners: PhantomData<fn() -> O>,
}

/// The calls of a [`LockModel`].
///
/// ```
/// # use swimlanes_kit::history::{LockModel, LockCall, Model};
/// assert_eq!(LockModel::new().apply(&Some(1), &LockCall::Acquire(2)), None, "has to wait");
/// assert_eq!(LockModel::new().apply(&Some(1), &LockCall::Release(2)), Some((Some(1), false)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockCall<O> {
    /// Waits until the lock is free, and returns `true`. Discard a call that stops waiting, as it has no effect.
    Acquire(O),
    /// Returns `true` if the lock was free.
    TryAcquire(O),
    /// Returns `true` if this owner held the lock.
    Release(O),
}

impl<O> LockModel<O> {
    /// A free lock.
    ///
    /// ```
    /// # use swimlanes_kit::history::{LockModel, Model};
    /// assert_eq!(LockModel::<u64>::new().start(), None);
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { owners: PhantomData }
    }
}

impl<O> Default for LockModel<O> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O: Clone + Eq + Hash + Debug> Model for LockModel<O> {
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
