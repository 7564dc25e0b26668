//! Sequential models: what an object does if its operations run one after the other. Linearizability compares histories with them.

pub(super) mod counter;
pub(super) mod lock;
pub(super) mod per_key;
pub(super) mod register;
pub(super) mod set;

use std::fmt::Debug;
use std::hash::Hash;

use crate::history::timeline;

/// A sequential model: what an object does if its operations run one after the other.
///
/// [`RegisterModel`](super::RegisterModel), [`CounterModel`](super::CounterModel), [`SetModel`](super::SetModel) and [`LockModel`](super::LockModel) are built in, and [`PerKey`](super::PerKey) is a map of any of them.
///
/// Limits: in each state a call has one result, or none if it would wait. An object with several possible results in the same state, such as a
/// lock that expires, cannot be modelled.
///
/// ```
/// use swimlanes_kit::history::{Model, Operation, linearizable};
///
/// /// Returns 1, 2, 3 …
/// struct Tickets;
///
/// impl Model for Tickets {
///     type Call = &'static str;
///     type Result = u64;
///     type State = u64;
///
///     fn start(&self) -> u64 {
///         0
///     }
///
///     fn apply(&self, last: &u64, _call: &&'static str) -> Option<(u64, u64)> {
///         Some((last + 1, last + 1))
///     }
/// }
///
/// let alice = Operation::new("alice", "next", 0, 2, 2);
/// let bob = Operation::new("bob", "next", 1, 3, 1);
/// assert!(linearizable(&Tickets, &[alice.clone(), bob]).is_ok());
/// assert!(linearizable(&Tickets, &[alice]).is_err());
/// ```
pub trait Model {
    /// The type of calls.
    type Call: PartialEq + Debug;
    /// The type of results.
    type Result: PartialEq + Debug;
    /// The type of states. The smaller the better, as many states are stored and compared.
    type State: Clone + Eq + Hash + Debug;

    /// The state before all calls.
    ///
    /// ```
    /// use swimlanes_kit::history::{CounterModel, Model};
    ///
    /// assert_eq!(CounterModel::new(5).start(), 5);
    /// ```
    fn start(&self) -> Self::State;

    /// The state after a call, and its result. `None` if the call has to wait in this state.
    ///
    /// ```
    /// use swimlanes_kit::history::{CounterModel, CounterCall, CounterResult, Model};
    ///
    /// assert_eq!(CounterModel::new(0).apply(&5, &CounterCall::AddAndGet(2)), Some((7, CounterResult::Value(7))));
    /// ```
    fn apply(&self, state: &Self::State, call: &Self::Call) -> Option<(Self::State, Self::Result)>;

    /// The part of the object that the call accesses, for example a key of a map.
    ///
    /// Operations on different parts must be independent. Then a history is linearizable if the operations on each part are, and parts are
    /// checked one by one, which is far less work (Horn and Kroening, "Faster linearizability checking via P-compositionality", 2015). By
    /// default, a model has one part. Calls on the same part must return the same text: where keys become part of it as
    /// [`Debug`] writes them, as in [`SetModel`](super::SetModel) and [`PerKey`](super::PerKey), those that are equal must be written alike.
    ///
    /// ```
    /// use swimlanes_kit::history::{Model, SetModel, SetCall};
    ///
    /// assert_eq!(SetModel::new().part(&SetCall::Add("a")), r#""a""#);
    /// ```
    fn part(&self, _call: &Self::Call) -> String {
        String::new()
    }

    /// The label of a call and its result in a timeline. The result is `None` if it is not known.
    ///
    /// ```
    /// use swimlanes_kit::history::{Model, RegisterModel, RegisterCall, RegisterResult};
    ///
    /// let register = RegisterModel::new(0);
    /// assert_eq!(register.label(&RegisterCall::Read, Some(&RegisterResult::Value(1))), "read → 1");
    /// assert_eq!(register.label(&RegisterCall::Write(2), None), "write 2 → ?");
    /// ```
    fn label(&self, call: &Self::Call, result: Option<&Self::Result>) -> String {
        timeline::label(call, result)
    }
}

/// Formats a call and its result. A result that a call always returns is omitted.
fn words(call: &str, result: Option<Option<String>>) -> String {
    match result {
        None => format!("{call} → ?"),
        Some(None) => call.to_owned(),
        Some(Some(result)) => format!("{call} → {result}"),
    }
}
