//! Checks linearizability: whether there is an order of the operations, each at a moment between its start and its end, that a model explains.

mod alternatives;
mod configuration;
mod entry;
mod search;
#[cfg(test)]
mod tests;
mod visited;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::history::linearize::alternatives::Alternatives;
use crate::history::linearize::configuration::Configuration;
use crate::history::linearize::entry::Entries;
use crate::history::linearize::search::{SearchResult, search};
use crate::history::linearize::window::Window;
use crate::history::model::Model;
use crate::history::operation::Operation;
use crate::history::timeline::Timeline;
use crate::history::violation::Violation;

/// The maximum number of configurations that [`linearizable`] visits for each part.
const MAX_STATES: usize = 1_000_000;

/// Why a history is not linearizable, or may not be. Operations are formatted with the labels of the model.
///
/// ```
/// use swimlanes_kit::history::{CounterModel, CounterCall, CounterResult, Operation, OrderFault, linearizable};
///
/// let operations = [Operation::new("alice", CounterCall::Get, 0, 1, CounterResult::Value(3))];
/// let violation = linearizable(&CounterModel::new(0), &operations).unwrap_err();
/// assert!(matches!(violation.what(), OrderFault::NoOrder { actor, .. } if actor == "alice"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderFault {
    /// All orders were tried, and none gets past the end of this operation.
    #[non_exhaustive]
    NoOrder {
        /// The actor of the operation.
        actor: String,
        /// The call and its result.
        operation: String,
        /// The results with which an order gets past the end. Empty if the call would have had to wait.
        alternatives: Vec<String>,
        /// Whether these are all such results. `false` if the search for others was cut.
        is_exhaustive: bool,
        /// The possible states at the start of the window, formatted with [`Debug`]. Empty if the window starts with the history.
        start_states: Vec<String>,
        /// How many other operations of the window are not needed for the violation.
        n_omitted: usize,
    },
    /// There were too many orders to try all of them.
    #[non_exhaustive]
    Undecided {
        /// The number of visited states.
        states: usize,
    },
}

impl fmt::Display for OrderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOrder { actor, operation, alternatives, is_exhaustive, start_states, n_omitted } => {
                write!(f, "no order explains {actor}'s `{operation}`")?;
                match (alternatives.is_empty(), is_exhaustive) {
                    (true, true) => write!(f, ": the call would have had to wait")?,
                    (true, false) => {}
                    (false, true) => write!(f, ": it could only be {}", join_or(alternatives))?,
                    (false, false) => write!(f, ": it could be {}, and there may be more", join_or(alternatives))?,
                }
                if !start_states.is_empty() {
                    write!(f, "\nat the start of this window, the state is {}", join_or(start_states))?;
                }
                match n_omitted {
                    0 => Ok(()),
                    1 => write!(f, "\n1 more operation is not drawn: no order exists, whether or not it took effect"),
                    n => write!(
                        f,
                        "\n{n} more operations are not drawn: no order exists, whether or not they took effect"
                    ),
                }
            }
            Self::Undecided { states } => {
                write!(f, "undecided after {states} states: some order may explain the results, or none")
            }
        }
    }
}

/// Formats a list as "`a`, `b` or `c`", with at most five entries.
fn join_or(all: &[String]) -> String {
    let n_listed = if all.len() <= 5 { all.len() } else { 4 };
    let mut entries: Vec<String> = all[..n_listed].iter().map(|one| format!("`{one}`")).collect();
    if n_listed < all.len() {
        entries.push(format!("one of {} others", all.len() - n_listed));
    }
    let last = entries.pop().unwrap_or_default();
    if entries.is_empty() { last } else { format!("{} or {last}", entries.join(", ")) }
}

/// Checks that there is an order of all operations in which the model gives their results, and in which an operation that ended before the
/// start of another one comes before it (Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects", 1990).
///
/// An operation without an end may be anywhere in that order after its start, or missing.
///
/// The search is that of Wing and Gong ("Testing and verifying concurrent objects", 1993) with the memoization of Lowe ("Testing for
/// linearizability", 2017): a configuration is a set of operations and the state after them, and none is visited twice. The search handles
/// each [part](Model::part) separately and visits up to a million configurations of each, which may take ten seconds in a debug build;
/// [`linearizable_within`] takes another limit. The number of configurations depends mainly on how many operations overlap or have no end.
///
/// # The window
///
/// If there is no order, there is one operation whose end no order gets past. The drawing highlights it, among some operations that started
/// before that end. No order of the drawn operations explains their results, even if each operation that is not drawn took effect at any
/// moment, or never. In a long history the window does not start at the start of the history. Then the message lists the possible states at
/// the start of the window, and there is no order from any of them. The window is minimal, unless the search for a smaller one was cut.
///
/// # Errors
///
/// [`OrderFault::NoOrder`], or [`OrderFault::Undecided`] if the limit was reached and no other part has a violation.
///
/// ```
/// use swimlanes_kit::history::{History, RegisterModel, RegisterCall, RegisterResult, linearizable};
///
/// let history = History::new();
/// history.begin("alice", RegisterCall::Write(1)).end(RegisterResult::Done);
/// history.begin("bob", RegisterCall::Write(2)).end(RegisterResult::Done);
/// history.begin("carol", RegisterCall::Read).end(RegisterResult::Value(1)); // from a cache
/// assert_eq!(linearizable(&RegisterModel::new(0), &history.operations()).unwrap_err().to_string(), r#"
/// alice  ├ write 1 ┤
/// bob                ├ write 2 ┤
/// carol                          ┝ read → 1 ┥
/// no order explains carol's `read → 1`: it could only be `read → 2`
/// "#.trim());
/// ```
pub fn linearizable<M: Model>(
    model: &M,
    operations: &[Operation<M::Call, M::Result>],
) -> Result<(), Violation<OrderFault>> {
    linearizable_within(MAX_STATES, model, operations)
}

/// As [`linearizable`], with another limit for the number of configurations that the search visits in each part.
///
/// # Errors
///
/// As [`linearizable`].
///
/// ```
/// use swimlanes_kit::history::{CounterModel, CounterCall, CounterResult, Operation, OrderFault, linearizable_within};
///
/// // Each of twenty may have added something or not: that makes a million sums.
/// let in_flight = |n| Operation::in_flight(format!("actor {n}"), CounterCall::Add(1_i64 << n), n);
/// let mut operations: Vec<_> = (0..20).map(in_flight).collect();
/// operations.push(Operation::new("reader", CounterCall::Get, 30, 31, CounterResult::Value(-1)));
/// let violation = linearizable_within(1000, &CounterModel::new(0), &operations).unwrap_err();
/// assert!(matches!(violation.what(), OrderFault::Undecided { states: 1000, .. }));
/// ```
pub fn linearizable_within<M: Model>(
    states: usize,
    model: &M,
    operations: &[Operation<M::Call, M::Result>],
) -> Result<(), Violation<OrderFault>> {
    let mut parts: BTreeMap<String, Part<'_, M>> = BTreeMap::new();
    for operation in operations {
        parts.entry(model.part(operation.call())).or_default().push(operation);
    }
    let mut is_undecided = false;
    for part in parts.values_mut() {
        part.sort_by_key(|operation| operation.started_at());
        let entries: Entries<'_, M> = Entries::of(part);
        match search(model, &[Configuration::before_all(model.start())], &entries, states) {
            SearchResult::Order => {}
            SearchResult::TooMany => is_undecided = true,
            SearchResult::Stuck(stuck) => {
                let window = Window::of(model, &entries, &stuck);
                return Err(no_order(model, part, &window, &Alternatives::of(model, &entries, &stuck)));
            }
        }
    }
    if is_undecided { Err(Violation::new(OrderFault::Undecided { states }, Timeline::default())) } else { Ok(()) }
}

/// The operations on one part.
type Part<'a, M> = Vec<&'a Operation<<M as Model>::Call, <M as Model>::Result>>;

/// Describes and draws the window.
fn no_order<M: Model>(
    model: &M,
    part: &Part<'_, M>,
    window: &Window,
    Alternatives { results, is_exhaustive }: &Alternatives<M::Result>,
) -> Violation<OrderFault> {
    let label = |operation: &Operation<M::Call, M::Result>| model.label(operation.call(), operation.result());
    let culprit = part[window.culprit];
    let alternatives = results.iter().map(|result| model.label(culprit.call(), Some(result)));
    let fault = OrderFault::NoOrder {
        actor: culprit.actor().to_owned(),
        operation: label(culprit),
        alternatives: in_order(alternatives),
        is_exhaustive: *is_exhaustive,
        start_states: in_order(window.start_states.iter().cloned()),
        n_omitted: window.n_omitted,
    };
    // If there are too many, the last ones are drawn, and always the culprit.
    let others = window.operations.iter().rev().filter(|&&ix| ix != window.culprit);
    let to_draw = std::iter::once(&window.culprit).chain(others).map(|&ix| part[ix]);
    Violation::new(fault, Timeline::with_labels(to_draw, label).highlight(&[culprit.started_at()]))
}

/// Sorts by length, so that 9 comes before 10, and removes duplicates.
fn in_order(texts: impl Iterator<Item = String>) -> Vec<String> {
    let texts: BTreeSet<(usize, String)> = texts.map(|text| (text.len(), text)).collect();
    texts.into_iter().map(|(_, text)| text).collect()
}
