//! The model of a counter.

use crate::history::model::{Model, words};

/// The model of a counter.
///
/// It does not overflow: sums wrap around.
///
/// ```
/// use swimlanes_kit::history::{CounterModel, CounterCall::AddAndGet, CounterResult::Value, Operation, linearizable};
///
/// // Both read 0 and wrote 1.
/// let operations = [
///     Operation::new("alice", AddAndGet(1), 0, 2, Value(1)),
///     Operation::new("bob", AddAndGet(1), 1, 3, Value(1)),
/// ];
/// assert_eq!(linearizable(&CounterModel::new(0), &operations).unwrap_err().to_string(), r#"
/// alice  ├ add 1 → 1 ┤
/// bob      ┝ add 1 → 1 ┥
/// no order explains bob's `add 1 → 1`: it could only be `add 1 → 2`
/// "#.trim());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CounterModel {
    start: i64,
}

/// The calls of a [`CounterModel`].
///
/// ```
/// # use swimlanes_kit::history::{CounterModel, CounterCall, CounterResult, Model};
/// assert_eq!(CounterModel::new(0).apply(&1, &CounterCall::Add(2)), Some((3, CounterResult::Done)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CounterCall {
    /// Returns the [`Value`](CounterResult::Value).
    Get,
    /// Returns [`Done`](CounterResult::Done).
    Add(i64),
    /// Adds and returns the new [`Value`](CounterResult::Value), as `INCR` and `UPDATE … RETURNING` do.
    AddAndGet(i64),
}

/// The results of a [`CounterModel`].
///
/// ```
/// # use swimlanes_kit::history::{CounterModel, CounterCall, CounterResult, Model};
/// assert_eq!(CounterModel::new(0).apply(&1, &CounterCall::Get), Some((1, CounterResult::Value(1))));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CounterResult {
    /// The current sum.
    Value(i64),
    /// The addition was done.
    Done,
}

impl CounterModel {
    /// A counter with this initial value.
    ///
    /// ```
    /// # use swimlanes_kit::history::{CounterModel, Model};
    /// assert_eq!(CounterModel::new(7).start(), 7);
    /// ```
    #[must_use]
    pub const fn new(start: i64) -> Self {
        Self { start }
    }
}

impl Model for CounterModel {
    type Call = CounterCall;
    type Result = CounterResult;
    type State = i64;

    fn start(&self) -> i64 {
        self.start
    }

    fn apply(&self, state: &i64, call: &CounterCall) -> Option<(i64, CounterResult)> {
        Some(match call {
            CounterCall::Get => (*state, CounterResult::Value(*state)),
            CounterCall::Add(n) => (state.wrapping_add(*n), CounterResult::Done),
            CounterCall::AddAndGet(n) => (state.wrapping_add(*n), CounterResult::Value(state.wrapping_add(*n))),
        })
    }

    fn label(&self, call: &CounterCall, result: Option<&CounterResult>) -> String {
        let call = match call {
            CounterCall::Get => "get".to_owned(),
            CounterCall::Add(n) | CounterCall::AddAndGet(n) => format!("add {n}"),
        };
        let result = result.map(|result| match result {
            CounterResult::Value(value) => Some(value.to_string()),
            CounterResult::Done => None,
        });
        words(&call, result)
    }
}
