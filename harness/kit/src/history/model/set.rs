//! The model of a set.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use crate::history::model::{Model, words};

/// The model of a set, which is empty at first. Results say whether the element was in the set.
///
/// Each element is a separate part, so many elements cost no more than one. There are no calls on the whole set.
///
/// ```
/// use swimlanes_kit::history::{Operation, SetModel, SetCall, linearizable};
///
/// let operations = [
///     Operation::new("alice", SetCall::Add("x"), 0, 2, true),
///     Operation::new("bob", SetCall::Add("x"), 1, 3, true),
/// ];
/// assert_eq!(linearizable(&SetModel::new(), &operations).unwrap_err().to_string(), r#"
/// alice  ├ add "x" → true ┤
/// bob      ┝ add "x" → true ┥
/// no order explains bob's `add "x" → true`: it could only be `add "x" → false`
/// "#.trim());
/// ```
#[derive(Debug, Clone)]
pub struct SetModel<V> {
    elements: PhantomData<fn() -> V>,
}

/// The calls of a [`SetModel`].
///
/// ```
/// # use swimlanes_kit::history::{Model, SetModel, SetCall};
/// let set = SetModel::new();
/// let (after, added) = set.apply(&set.start(), &SetCall::Add(1)).unwrap();
/// assert!(added);
/// assert_eq!(set.apply(&after, &SetCall::Remove(1)), Some((set.start(), true)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetCall<V> {
    /// Returns `true` if the element was not in the set.
    Add(V),
    /// Returns `true` if the element was in the set.
    Remove(V),
    /// Returns `true` if the element is in the set.
    Contains(V),
}

impl<V> SetCall<V> {
    fn element(&self) -> &V {
        match self {
            Self::Add(element) | Self::Remove(element) | Self::Contains(element) => element,
        }
    }
}

impl<V> SetModel<V> {
    /// An empty set.
    ///
    /// ```
    /// # use swimlanes_kit::history::{Model, SetModel};
    /// assert!(SetModel::<u64>::new().start().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { elements: PhantomData }
    }
}

impl<V> Default for SetModel<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Clone + Ord + Hash + Debug> Model for SetModel<V> {
    type Call = SetCall<V>;
    type Result = bool;
    type State = BTreeSet<V>;

    fn start(&self) -> BTreeSet<V> {
        BTreeSet::new()
    }

    fn apply(&self, state: &BTreeSet<V>, call: &SetCall<V>) -> Option<(BTreeSet<V>, bool)> {
        let mut after = state.clone();
        let result = match call {
            SetCall::Add(element) => after.insert(element.clone()),
            SetCall::Remove(element) => after.remove(element),
            SetCall::Contains(element) => after.contains(element),
        };
        Some((after, result))
    }

    fn part(&self, call: &SetCall<V>) -> String {
        format!("{:?}", call.element())
    }

    fn label(&self, call: &SetCall<V>, result: Option<&bool>) -> String {
        let verb = match call {
            SetCall::Add(_) => "add",
            SetCall::Remove(_) => "remove",
            SetCall::Contains(_) => "contains",
        };
        words(&format!("{verb} {:?}", call.element()), result.map(|result| Some(result.to_string())))
    }
}
