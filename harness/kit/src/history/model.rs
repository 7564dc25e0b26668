//! What a thing does if its operations run one after the other: what linearizability is measured by.

pub(super) mod counter;
pub(super) mod lock;
pub(super) mod per_key;
pub(super) mod register;
pub(super) mod set;

use std::fmt::Debug;
use std::hash::Hash;

use crate::history::timeline;

/// What a thing does if its operations run one after the other.
///
/// [`Register`](super::Register), [`Counter`](super::Counter), [`Set`](super::Set) and [`Lock`](super::Lock) are there, and [`Each`](super::Each) makes a map of any of them.
///
/// Limits: in each state a call has one result, or none if it would wait. What may give this or that in the same state, as a lock that expires, has
/// no model here.
///
/// ```
/// use swimlanes_kit::history::{Model, Operation, linearizable};
///
/// /// Hands out 1, 2, 3 …
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
    /// What can be called.
    type Call: PartialEq + Debug;
    /// What comes back.
    type Result: PartialEq + Debug;
    /// What the thing remembers. The smaller the better: states are kept and compared.
    type State: Clone + Eq + Hash + Debug;

    /// The state in which nothing has been called.
    ///
    /// ```
    /// use swimlanes_kit::history::{Counter, Model};
    ///
    /// assert_eq!(Counter::new(5).start(), 5);
    /// ```
    fn start(&self) -> Self::State;

    /// The state after a call, and its result; none if the call has to wait in this state.
    ///
    /// ```
    /// use swimlanes_kit::history::{Counter, CounterCall, CounterResult, Model};
    ///
    /// assert_eq!(Counter::new(0).apply(&5, &CounterCall::AddAndGet(2)), Some((7, CounterResult::Value(7))));
    /// ```
    fn apply(&self, state: &Self::State, call: &Self::Call) -> Option<(Self::State, Self::Result)>;

    /// Which part of the thing the call is about.
    ///
    /// Operations on different parts must not have to do with each other: then a history is linearizable if what happened to each part is, and parts
    /// are looked at one by one, which is far less work (Horn and Kroening, "Faster linearizability checking via P-compositionality", 2015).
    /// Without a method of its own a model has one part. Of a call on the same thing the answer must be the same: where keys become part of it as
    /// [`Debug`] writes them, as in [`Set`](super::Set) and [`Each`](super::Each), those that are equal must be written alike.
    ///
    /// ```
    /// use swimlanes_kit::history::{Model, Set, SetCall};
    ///
    /// assert_eq!(Set::new().part(&SetCall::Add("a")), r#""a""#);
    /// ```
    fn part(&self, _call: &Self::Call) -> String {
        String::new()
    }

    /// How a call and its result are written in a timeline. The result is none if it is not known.
    ///
    /// ```
    /// use swimlanes_kit::history::{Model, Register, RegisterCall, RegisterResult};
    ///
    /// let register = Register::new(0);
    /// assert_eq!(register.label(&RegisterCall::Read, Some(&RegisterResult::Value(1))), "read → 1");
    /// assert_eq!(register.label(&RegisterCall::Write(2), None), "write 2 → ?");
    /// ```
    fn label(&self, call: &Self::Call, result: Option<&Self::Result>) -> String {
        timeline::label(call, result)
    }
}

/// A call and its result as words; what a call always gives is not written.
fn words(call: &str, result: Option<Option<String>>) -> String {
    match result {
        None => format!("{call} → ?"),
        Some(None) => call.to_owned(),
        Some(Some(result)) => format!("{call} → {result}"),
    }
}
