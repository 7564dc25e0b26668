//! Checks for lost updates: two updates from the same version, and values that were added but are not there.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Debug};
use std::hash::Hash;

use crate::history::operation::Operation;
use crate::history::timeline::Timeline;
use crate::history::violation::Violation;

/// A read-modify-write: the version that was read, and the one that was written.
///
/// ```
/// use swimlanes_kit::history::{History, Update, no_lost_update};
///
/// let history = History::new();
/// history.begin("alice", "story 1").end(Update { read: 1, wrote: 2 });
/// assert!(no_lost_update(&history.operations()).is_ok());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Update<V> {
    /// The version that was read.
    pub read: V,
    /// The version that was written.
    pub wrote: V,
}

/// Two updates started from the same version, so one of them is lost. Key and version are formatted with [`Debug`].
///
/// ```
/// use swimlanes_kit::history::{Operation, Update, no_lost_update};
///
/// let update = |actor, began| Operation::new(actor, "story", began, began + 3, Update { read: 1, wrote: 2 });
/// let violation = no_lost_update(&[update("alice", 0), update("bob", 1)]).unwrap_err();
/// assert_eq!(violation.what().version, "1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LostUpdate {
    /// The key of the row.
    pub key: String,
    /// The version that both updates read.
    pub version: String,
    /// The two actors, in the order of their starts.
    pub actors: [String; 2],
}

impl fmt::Display for LostUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, version, actors: [a, b] } = self;
        write!(f, "{a} and {b} both read {version} of {key} and wrote over it: one update is lost")
    }
}

/// Checks for each key that no two updates read the same version.
///
/// Each version must be written only once, like the values of a version column, or texts that only grow. If values can recur, use
/// [`RegisterModel`](super::RegisterModel). Updates that change nothing, and updates without an end, are ignored.
///
/// Takes `O(n)` time.
///
/// # Errors
///
/// The first two updates that read the same version.
///
/// ```
/// use swimlanes_kit::history::{Operation, Update, no_lost_update};
///
/// let update = |actor, began, wrote| Operation::new(actor, "story", began, began + 3, Update { read: "a", wrote });
/// assert_eq!(no_lost_update(&[update("alice", 0, "ab"), update("bob", 1, "ac")]).unwrap_err().to_string(), r#"
/// alice  ┝ "story": "a" → "ab" ┥
/// bob      ┝ "story": "a" → "ac" ┥
/// alice and bob both read "a" of "story" and wrote over it: one update is lost
/// "#.trim());
/// ```
pub fn no_lost_update<K, V>(operations: &[Operation<K, Update<V>>]) -> Result<(), Violation<LostUpdate>>
where
    K: Eq + Hash + Debug,
    V: Eq + Hash + Debug,
{
    let mut in_order: Vec<&Operation<K, Update<V>>> = operations.iter().collect();
    in_order.sort_by_key(|operation| operation.started_at());
    let mut readers: HashMap<(&K, &V), &Operation<K, Update<V>>> = HashMap::new();
    for operation in in_order {
        let Some(update) = operation.result().filter(|update| update.read != update.wrote) else { continue };
        if let Some(other) = readers.insert((operation.call(), &update.read), operation) {
            let lost_update = LostUpdate {
                key: format!("{:?}", operation.call()),
                version: format!("{:?}", update.read),
                actors: [other.actor().to_owned(), operation.actor().to_owned()],
            };
            let label = |o: &Operation<K, Update<V>>| match o.result() {
                Some(Update { read, wrote }) => format!("{:?}: {read:?} → {wrote:?}", o.call()),
                None => format!("{:?}: ?", o.call()),
            };
            let timeline = Timeline::with_labels([other, operation], label)
                .highlight(&[other.started_at(), operation.started_at()]);
            return Err(Violation::new(lost_update, timeline));
        }
    }
    Ok(())
}

/// The final content does not match the added values. Values are formatted with [`Debug`].
///
/// ```
/// use swimlanes_kit::history::{Operation, ContentMismatch, nothing_lost};
///
/// let operations = [Operation::new("alice", "event 1", 0, 1, ())];
/// let violation = nothing_lost(&operations, ["event 1", "event 1"]).unwrap_err();
/// assert!(matches!(violation.what(), ContentMismatch::TooOften { actual: 2, .. }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContentMismatch {
    /// A value is missing, or is there less often than it was added.
    #[non_exhaustive]
    Lost {
        /// The value.
        value: String,
        /// How often it was certainly added.
        n_added: usize,
        /// How often it is there.
        actual: usize,
        /// The actors that certainly added it.
        actors: Vec<String>,
    },
    /// A value is there more often than it was added.
    #[non_exhaustive]
    TooOften {
        /// The value.
        value: String,
        /// The maximum number of times it was added.
        n_added: usize,
        /// How often it is there.
        actual: usize,
        /// The actors that added it.
        actors: Vec<String>,
    },
}

impl fmt::Display for ContentMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { value, actual: 0, actors, .. } => {
                write!(f, "{value}, added by {}, is missing", actors.join(" and "))
            }
            Self::Lost { value, n_added, actual, actors } => {
                let (added, actual) = (times(*n_added), times(*actual));
                write!(f, "{value} was added {added}, by {}, and is there {actual}", actors.join(" and "))
            }
            Self::TooOften { value, n_added: 0, .. } => write!(f, "{value} is there, but was never added"),
            Self::TooOften { value, n_added, actual, actors } => {
                let (added, actual) = (times(*n_added), times(*actual));
                write!(f, "{value} was added {added} at most, by {}, and is there {actual}", actors.join(" and "))
            }
        }
    }
}

fn times(n: usize) -> String {
    match n {
        1 => "once".to_owned(),
        n => format!("{n} times"),
    }
}

/// Checks that exactly the added values are there in the end, each as often as it was added.
///
/// The calls are the added values: rows, events, parts of a text. The value of an operation without an end may be there or not. Takes
/// `O(n)` time.
///
/// # Errors
///
/// The first value that is lost or there too often. The drawing shows all operations that added it.
///
/// ```
/// use swimlanes_kit::history::{Operation, nothing_lost};
///
/// let operations = [Operation::new("alice", "event 1", 0, 2, ()), Operation::new("bob", "event 2", 1, 3, ())];
/// assert!(nothing_lost(&operations, ["event 2", "event 1"]).is_ok());
/// assert_eq!(nothing_lost(&operations, ["event 2"]).unwrap_err().to_string(), r#"
/// alice  ┝ "event 1" ┥
/// "event 1", added by alice, is missing
/// "#.trim());
/// ```
pub fn nothing_lost<V, R>(
    operations: &[Operation<V, R>],
    actual: impl IntoIterator<Item = V>,
) -> Result<(), Violation<ContentMismatch>>
where
    V: Eq + Hash + Debug,
    R: Debug,
{
    let actual: Vec<V> = actual.into_iter().collect();
    let mut counts: HashMap<&V, usize> = HashMap::new();
    for value in &actual {
        *counts.entry(value).or_default() += 1;
    }
    let mut adders: HashMap<&V, Vec<&Operation<V, R>>> = HashMap::new();
    for operation in operations {
        adders.entry(operation.call()).or_default().push(operation);
    }
    let mut visited_values: HashSet<&V> = HashSet::new();
    // In a fixed order, so that the result is deterministic.
    for value in operations.iter().map(Operation::call).chain(&actual) {
        if !visited_values.insert(value) {
            continue;
        }
        let operations = adders.get(value).map_or(&[][..], Vec::as_slice);
        let actual = counts.get(value).copied().unwrap_or(0);
        let certain = operations.iter().filter(|operation| operation.ended_at().is_some()).count();
        if (certain..=operations.len()).contains(&actual) {
            continue;
        }
        let value = format!("{value:?}");
        let is_lost = actual < certain;
        // An operation without an end need not have added its value.
        let culprits = operations.iter().filter(|operation| !is_lost || operation.ended_at().is_some());
        let actors = culprits.map(|operation| operation.actor().to_owned()).collect();
        let mismatch = match is_lost {
            true => ContentMismatch::Lost { value, n_added: certain, actual, actors },
            false => ContentMismatch::TooOften { value, n_added: operations.len(), actual, actors },
        };
        let starts: Vec<u64> = operations.iter().map(|operation| operation.started_at()).collect();
        return Err(Violation::new(mismatch, Timeline::of(operations.iter().copied()).highlight(&starts)));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
