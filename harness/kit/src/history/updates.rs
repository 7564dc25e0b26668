//! Lost updates: two that read the same version, and things that were added and are not there.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Debug};
use std::hash::Hash;

use crate::history::operation::Operation;
use crate::history::timeline::Timeline;
use crate::history::violation::Unexplained;

/// A read-modify-write: which version was read, and which was written over it.
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
    /// The version that was there.
    pub read: V,
    /// The version that is there now.
    pub wrote: V,
}

/// Two updates started from the same version, so one of them is lost. Key and version are as [`Debug`] writes them.
///
/// ```
/// use swimlanes_kit::history::{Operation, Update, no_lost_update};
///
/// let update = |actor, began| Operation::new(actor, "story", began, began + 3, Update { read: 1, wrote: 2 });
/// let unexplained = no_lost_update(&[update("alice", 0), update("bob", 1)]).unwrap_err();
/// assert_eq!(unexplained.what().version, "1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LostUpdate {
    /// What was updated.
    pub key: String,
    /// The version that both read.
    pub version: String,
    /// Who, the one that began earlier first.
    pub actors: [String; 2],
}

impl fmt::Display for LostUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, version, actors: [a, b] } = self;
        write!(f, "{a} and {b} both read {version} of {key} and wrote over it: one update is lost")
    }
}

/// Checks for each call that no two updates read the same version.
///
/// Each version must be written once only, as the values of a version column are, or texts that only grow; if values come again, use the model of a
/// register. An update that wrote what it had read changes nothing and is not looked at, and neither is one that did not end.
///
/// Takes time in proportion to `n`.
///
/// # Errors
///
/// The first two that read the same version, drawn.
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
pub fn no_lost_update<K, V>(operations: &[Operation<K, Update<V>>]) -> Result<(), Unexplained<LostUpdate>>
where
    K: Eq + Hash + Debug,
    V: Eq + Hash + Debug,
{
    let mut in_order: Vec<&Operation<K, Update<V>>> = operations.iter().collect();
    in_order.sort_by_key(|operation| operation.began());
    let mut readers: HashMap<(&K, &V), &Operation<K, Update<V>>> = HashMap::new();
    for operation in in_order {
        let Some(update) = operation.result().filter(|update| update.read != update.wrote) else { continue };
        if let Some(other) = readers.insert((operation.call(), &update.read), operation) {
            let lost = LostUpdate {
                key: format!("{:?}", operation.call()),
                version: format!("{:?}", update.read),
                actors: [other.actor().to_owned(), operation.actor().to_owned()],
            };
            let label = |o: &Operation<K, Update<V>>| match o.result() {
                Some(Update { read, wrote }) => format!("{:?}: {read:?} → {wrote:?}", o.call()),
                None => format!("{:?}: ?", o.call()),
            };
            let timeline = Timeline::labelled([other, operation], label).heavy(&[other.began(), operation.began()]);
            return Err(Unexplained::new(lost, timeline));
        }
    }
    Ok(())
}

/// What is there in the end does not fit what was added. Values are as [`Debug`] writes them.
///
/// ```
/// use swimlanes_kit::history::{Operation, WrongContent, nothing_lost};
///
/// let added = [Operation::new("alice", "event 1", 0, 1, ())];
/// let unexplained = nothing_lost(&added, ["event 1", "event 1"]).unwrap_err();
/// assert!(matches!(unexplained.what(), WrongContent::TooOften { there: 2, .. }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WrongContent {
    /// It was added, and is not there, or not so often.
    #[non_exhaustive]
    Lost {
        /// What.
        value: String,
        /// How often it was added for certain.
        added: usize,
        /// How often it is there.
        there: usize,
        /// Who added it for certain.
        actors: Vec<String>,
    },
    /// It is there more often than it was added, if it was at all.
    #[non_exhaustive]
    TooOften {
        /// What.
        value: String,
        /// How often it was added at most.
        added: usize,
        /// How often it is there.
        there: usize,
        /// Who added it.
        actors: Vec<String>,
    },
}

impl fmt::Display for WrongContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { value, there: 0, actors, .. } => {
                write!(f, "{value}, added by {}, is not there", actors.join(" and "))
            }
            Self::Lost { value, added, there, actors } => {
                let (added, there) = (times(*added), times(*there));
                write!(f, "{value} was added {added}, by {}, and is there {there}", actors.join(" and "))
            }
            Self::TooOften { value, added: 0, .. } => write!(f, "{value} is there, and nobody added it"),
            Self::TooOften { value, added, there, actors } => {
                let (added, there) = (times(*added), times(*there));
                write!(f, "{value} was added {added} at most, by {}, and is there {there}", actors.join(" and "))
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

/// Checks that all that was added is there in the end, as often as it was added, and nothing else.
///
/// The calls are what was added: rows, events, parts of a text. What did not end may be there or not. Takes time in proportion to `n`.
///
/// # Errors
///
/// The first value that was lost, or the first that is there too often; all that added it, drawn.
///
/// ```
/// use swimlanes_kit::history::{Operation, nothing_lost};
///
/// let added = [Operation::new("alice", "event 1", 0, 2, ()), Operation::new("bob", "event 2", 1, 3, ())];
/// assert!(nothing_lost(&added, ["event 2", "event 1"]).is_ok());
/// assert_eq!(nothing_lost(&added, ["event 2"]).unwrap_err().to_string(), r#"
/// alice  ┝ "event 1" ┥
/// "event 1", added by alice, is not there
/// "#.trim());
/// ```
pub fn nothing_lost<V, R>(
    operations: &[Operation<V, R>],
    there: impl IntoIterator<Item = V>,
) -> Result<(), Unexplained<WrongContent>>
where
    V: Eq + Hash + Debug,
    R: Debug,
{
    let there: Vec<V> = there.into_iter().collect();
    let mut counts: HashMap<&V, usize> = HashMap::new();
    for value in &there {
        *counts.entry(value).or_default() += 1;
    }
    let mut adders: HashMap<&V, Vec<&Operation<V, R>>> = HashMap::new();
    for operation in operations {
        adders.entry(operation.call()).or_default().push(operation);
    }
    let mut looked_at: HashSet<&V> = HashSet::new();
    // In the order of the history and of what is there, so that the answer is always the same one.
    for value in operations.iter().map(Operation::call).chain(&there) {
        if !looked_at.insert(value) {
            continue;
        }
        let by = adders.get(value).map_or(&[][..], Vec::as_slice);
        let there = counts.get(value).copied().unwrap_or(0);
        let certain = by.iter().filter(|operation| operation.ended().is_some()).count();
        if (certain..=by.len()).contains(&there) {
            continue;
        }
        let value = format!("{value:?}");
        let is_lost = there < certain;
        // What did not end need not be there.
        let blamed = by.iter().filter(|operation| !is_lost || operation.ended().is_some());
        let actors = blamed.map(|operation| operation.actor().to_owned()).collect();
        let wrong = match is_lost {
            true => WrongContent::Lost { value, added: certain, there, actors },
            false => WrongContent::TooOften { value, added: by.len(), there, actors },
        };
        let began: Vec<u64> = by.iter().map(|operation| operation.began()).collect();
        return Err(Unexplained::new(wrong, Timeline::of(by.iter().copied()).heavy(&began)));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
