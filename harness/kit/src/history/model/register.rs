//! The model of a register: a read returns the value that was written last.

use std::fmt::Debug;
use std::hash::Hash;

use crate::history::model::{Model, words};

/// The model of a register: a row, a cell, a variable.
///
/// ```
/// use swimlanes_kit::history::{Operation, RegisterModel, RegisterCall, RegisterResult, linearizable};
///
/// let operations = [
///     Operation::new("alice", RegisterCall::Write(1), 0, 1, RegisterResult::Done),
///     Operation::new("bob", RegisterCall::Read, 2, 3, RegisterResult::Value(0)),
/// ];
/// assert_eq!(linearizable(&RegisterModel::new(0), &operations).unwrap_err().to_string(), r#"
/// alice  ├ write 1 ┤
/// bob                ┝ read → 0 ┥
/// no order explains bob's `read → 0`: it could only be `read → 1`
/// "#.trim());
/// ```
#[derive(Debug, Clone)]
pub struct RegisterModel<V> {
    start: V,
}

/// The calls of a [`RegisterModel`].
///
/// ```
/// # use swimlanes_kit::history::{Model, RegisterModel, RegisterCall, RegisterResult};
/// let swap = RegisterCall::CompareAndSet { from: 1, to: 2 };
/// assert_eq!(RegisterModel::new(0).apply(&1, &swap), Some((2, RegisterResult::Swapped(true))));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegisterCall<V> {
    /// Returns the [`Value`](RegisterResult::Value).
    Read,
    /// Returns [`Done`](RegisterResult::Done).
    Write(V),
    /// Writes if the value is `from`, and returns whether it [`Swapped`](RegisterResult::Swapped).
    CompareAndSet {
        /// The expected value.
        from: V,
        /// The new value.
        to: V,
    },
}

/// The results of a [`RegisterModel`].
///
/// ```
/// # use swimlanes_kit::history::{Model, RegisterModel, RegisterCall, RegisterResult};
/// assert_eq!(RegisterModel::new(0).apply(&1, &RegisterCall::Read), Some((1, RegisterResult::Value(1))));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegisterResult<V> {
    /// The value that was read.
    Value(V),
    /// The write was done.
    Done,
    /// Whether the value was as expected and was replaced.
    Swapped(bool),
}

impl<V> RegisterModel<V> {
    /// A register with this initial value.
    ///
    /// ```
    /// # use swimlanes_kit::history::{Model, RegisterModel};
    /// assert_eq!(RegisterModel::new("empty").start(), "empty");
    /// ```
    #[must_use]
    pub const fn new(start: V) -> Self {
        Self { start }
    }
}

impl<V: Clone + Eq + Hash + Debug> Model for RegisterModel<V> {
    type Call = RegisterCall<V>;
    type Result = RegisterResult<V>;
    type State = V;

    fn start(&self) -> V {
        self.start.clone()
    }

    fn apply(&self, state: &V, call: &RegisterCall<V>) -> Option<(V, RegisterResult<V>)> {
        Some(match call {
            RegisterCall::Read => (state.clone(), RegisterResult::Value(state.clone())),
            RegisterCall::Write(value) => (value.clone(), RegisterResult::Done),
            RegisterCall::CompareAndSet { from, to } if from == state => (to.clone(), RegisterResult::Swapped(true)),
            RegisterCall::CompareAndSet { .. } => (state.clone(), RegisterResult::Swapped(false)),
        })
    }

    fn label(&self, call: &RegisterCall<V>, result: Option<&RegisterResult<V>>) -> String {
        let call = match call {
            RegisterCall::Read => "read".to_owned(),
            RegisterCall::Write(value) => format!("write {value:?}"),
            RegisterCall::CompareAndSet { from, to } => format!("swap {from:?} for {to:?}"),
        };
        let result = result.map(|result| match result {
            RegisterResult::Value(value) => Some(format!("{value:?}")),
            RegisterResult::Done => None,
            RegisterResult::Swapped(is_swapped) => Some(is_swapped.to_string()),
        });
        words(&call, result)
    }
}
