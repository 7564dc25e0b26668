//! Linearizability: is there an order of the operations, each at one moment between its begin and its end, in which a model gives their results?

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

use crate::history::linearize::alternatives::Possible;
use crate::history::linearize::configuration::Place;
use crate::history::linearize::entry::Entries;
use crate::history::linearize::search::{Found, search};
use crate::history::linearize::window::Window;
use crate::history::model::Model;
use crate::history::operation::Operation;
use crate::history::timeline::Timeline;
use crate::history::violation::Unexplained;

/// How many states [`linearizable`] looks at for each part.
const STATES: usize = 1_000_000;

/// Why a history was not found to be linearizable. Operations are written as the model labels them.
///
/// ```
/// use swimlanes_kit::history::{Counter, CounterCall, CounterResult, Operation, OrderFault, linearizable};
///
/// let operations = [Operation::new("alice", CounterCall::Get, 0, 1, CounterResult::Value(3))];
/// let unexplained = linearizable(&Counter::new(0), &operations).unwrap_err();
/// assert!(matches!(unexplained.what(), OrderFault::NoOrder { actor, .. } if actor == "alice"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderFault {
    /// All orders were tried. None gets past the end of this operation, and this is as far as one gets.
    #[non_exhaustive]
    NoOrder {
        /// Who did it.
        actor: String,
        /// What was called, and what came back.
        operation: String,
        /// What could have come back: with each of these, an order gets past the end. Empty if it would have had to wait.
        possible: Vec<String>,
        /// Whether nothing else could have. False if there may be other results, and to find them took too long.
        are_all: bool,
        /// If the window does not begin with the history: the states that were possible then, as [`Debug`] writes them.
        before: Vec<String>,
        /// How many other operations of the window play no part in it.
        left_out: usize,
    },
    /// There were too many orders to try them all.
    #[non_exhaustive]
    Undecided {
        /// So many states were looked at.
        states: usize,
    },
}

impl fmt::Display for OrderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOrder { actor, operation, possible, are_all, before, left_out } => {
                write!(f, "no order explains {actor}'s `{operation}`")?;
                match (possible.is_empty(), are_all) {
                    (true, true) => write!(f, ": it would have had to wait")?,
                    (true, false) => {}
                    (false, true) => write!(f, ": it could only be {}", alternatives(possible))?,
                    (false, false) => write!(f, ": it could be {}, and there may be more", alternatives(possible))?,
                }
                if !before.is_empty() {
                    write!(f, "\nwhen this window begins, the state is {}", alternatives(before))?;
                }
                match left_out {
                    0 => Ok(()),
                    1 => write!(
                        f,
                        "\n1 more operation is not drawn: there is no order whether and whenever it took effect"
                    ),
                    n => write!(
                        f,
                        "\n{n} more operations are not drawn: there is no order whether and whenever they took effect"
                    ),
                }
            }
            Self::Undecided { states } => {
                write!(f, "undecided after {states} states: some order may explain the results, or none")
            }
        }
    }
}

/// `a`, `b` or `c`; not more than five of them.
fn alternatives(all: &[String]) -> String {
    let n_named = if all.len() <= 5 { all.len() } else { 4 };
    let mut named: Vec<String> = all[..n_named].iter().map(|one| format!("`{one}`")).collect();
    if n_named < all.len() {
        named.push(format!("one of {} others", all.len() - n_named));
    }
    let last = named.pop().unwrap_or_default();
    if named.is_empty() { last } else { format!("{} or {last}", named.join(", ")) }
}

/// Checks that there is an order of all operations in which the model gives the results that came back, and in which what had ended before another
/// one began comes before it (Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects", 1990).
///
/// An operation that did not end may be anywhere in that order after its begin, or missing.
///
/// The search is the one of Wing and Gong ("Testing and verifying concurrent objects", 1993), which Lowe ("Testing for linearizability", 2017) taught
/// to remember what it has seen: a set of operations and the state after them. It looks at each [part](Model::part) on its own and at up to a million
/// such places of each, which may take some ten seconds in a debug build; [`linearizable_within`] takes another bound. How many there are depends on
/// how many operations overlap, and how many did not end, far more than on how many there are.
///
/// # The window
///
/// If there is no order, all were tried, and there is one operation whose end none of them gets past. It is drawn heavy, with some of those that began
/// before that end. No order of these explains their results (those that ended later need not be in it), even if each operation that is not drawn took
/// effect at any moment, or never. In a long history the window does not begin with it; then the states are told in which the thing may have been by
/// then, and there is no order from any of them. No operation that is drawn could be left out as well, unless to find out took too long.
///
/// # Errors
///
/// [`OrderFault::NoOrder`], or [`OrderFault::Undecided`] if the bound was reached and no other part is wrong.
///
/// ```
/// use swimlanes_kit::history::{History, Register, RegisterCall, RegisterResult, linearizable};
///
/// let history = History::new();
/// history.begin("alice", RegisterCall::Write(1)).end(RegisterResult::Done);
/// history.begin("bob", RegisterCall::Write(2)).end(RegisterResult::Done);
/// history.begin("carol", RegisterCall::Read).end(RegisterResult::Value(1)); // from a cache
/// assert_eq!(linearizable(&Register::new(0), &history.operations()).unwrap_err().to_string(), r#"
/// alice  ├ write 1 ┤
/// bob                ├ write 2 ┤
/// carol                          ┝ read → 1 ┥
/// no order explains carol's `read → 1`: it could only be `read → 2`
/// "#.trim());
/// ```
pub fn linearizable<M: Model>(
    model: &M,
    operations: &[Operation<M::Call, M::Result>],
) -> Result<(), Unexplained<OrderFault>> {
    linearizable_within(STATES, model, operations)
}

/// The same with a bound of one's own for the states that are looked at in each part.
///
/// # Errors
///
/// As [`linearizable`].
///
/// ```
/// use swimlanes_kit::history::{Counter, CounterCall, CounterResult, Operation, OrderFault, linearizable_within};
///
/// // Each of twenty may have added something or not: that makes a million sums.
/// let open = |n| Operation::pending(format!("actor {n}"), CounterCall::Add(1_i64 << n), n);
/// let mut operations: Vec<_> = (0..20).map(open).collect();
/// operations.push(Operation::new("reader", CounterCall::Get, 30, 31, CounterResult::Value(-1)));
/// let unexplained = linearizable_within(1000, &Counter::new(0), &operations).unwrap_err();
/// assert!(matches!(unexplained.what(), OrderFault::Undecided { states: 1000, .. }));
/// ```
pub fn linearizable_within<M: Model>(
    states: usize,
    model: &M,
    operations: &[Operation<M::Call, M::Result>],
) -> Result<(), Unexplained<OrderFault>> {
    let mut parts: BTreeMap<String, Part<'_, M>> = BTreeMap::new();
    for operation in operations {
        parts.entry(model.part(operation.call())).or_default().push(operation);
    }
    let mut undecided = false;
    for part in parts.values_mut() {
        part.sort_by_key(|operation| operation.began());
        let entries: Entries<'_, M> = Entries::of(part);
        match search(model, &[Place::before_all(model.start())], &entries, states) {
            Found::Order => {}
            Found::TooMuch => undecided = true,
            Found::Stuck(stuck) => {
                let window = Window::of(model, &entries, &stuck);
                return Err(told(model, part, &window, &Possible::of(model, &entries, &stuck)));
            }
        }
    }
    if undecided { Err(Unexplained::new(OrderFault::Undecided { states }, Timeline::default())) } else { Ok(()) }
}

/// All operations on one part.
type Part<'a, M> = Vec<&'a Operation<<M as Model>::Call, <M as Model>::Result>>;

/// Draws the window and says what is wrong with it.
fn told<M: Model>(
    model: &M,
    part: &Part<'_, M>,
    window: &Window,
    Possible { results, are_all }: &Possible<M::Result>,
) -> Unexplained<OrderFault> {
    let label = |operation: &Operation<M::Call, M::Result>| model.label(operation.call(), operation.result());
    let culprit = part[window.culprit];
    let possible = results.iter().map(|result| model.label(culprit.call(), Some(result)));
    let fault = OrderFault::NoOrder {
        actor: culprit.actor().to_owned(),
        operation: label(culprit),
        possible: in_order(possible),
        are_all: *are_all,
        before: in_order(window.before.iter().cloned()),
        left_out: window.left_out,
    };
    // If there are too many of them, the last ones are drawn, and in any case the one that is spoken of.
    let others = window.operations.iter().rev().filter(|&&ix| ix != window.culprit);
    let drawn = std::iter::once(&window.culprit).chain(others).map(|&ix| part[ix]);
    Unexplained::new(fault, Timeline::labelled(drawn, label).heavy(&[culprit.began()]))
}

/// Each once, short ones first, so that 9 comes before 10.
fn in_order(texts: impl Iterator<Item = String>) -> Vec<String> {
    let texts: BTreeSet<(usize, String)> = texts.map(|text| (text.len(), text)).collect();
    texts.into_iter().map(|(_, text)| text).collect()
}
