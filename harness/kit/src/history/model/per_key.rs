//! The model of a map: one object for each key.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hash::Hash;

use crate::history::model::Model;

/// The model of a map of objects of one kind: a table is a register for each row. A call is a key and a call of the object.
///
/// Each key is a separate part, so many keys cost no more than one.
///
/// ```
/// use swimlanes_kit::history::{PerKey, Operation, RegisterModel, RegisterCall, RegisterResult, linearizable};
///
/// let table = PerKey::new(RegisterModel::new(0));
/// let operations = [
///     Operation::new("alice", ("x", RegisterCall::Write(1)), 0, 1, RegisterResult::Done),
///     Operation::new("bob", ("y", RegisterCall::Read), 2, 3, RegisterResult::Value(0)),
///     Operation::new("bob", ("x", RegisterCall::Read), 4, 5, RegisterResult::Value(0)),
/// ];
/// assert_eq!(linearizable(&table, &operations).unwrap_err().to_string(), r#"
/// alice  ├ "x": write 1 ┤
/// bob                       ┝ "x": read → 0 ┥
/// no order explains bob's `"x": read → 0`: it could only be `"x": read → 1`
/// "#.trim());
/// ```
#[derive(Debug, Clone)]
pub struct PerKey<K, M> {
    model: M,
    keys: std::marker::PhantomData<fn() -> K>,
}

impl<K, M> PerKey<K, M> {
    /// A map with one such object for each key.
    ///
    /// ```
    /// # use swimlanes_kit::history::{CounterModel, PerKey, Model};
    /// let counters: PerKey<&str, CounterModel> = PerKey::new(CounterModel::new(0));
    /// assert!(counters.start().is_empty());
    /// ```
    #[must_use]
    pub const fn new(model: M) -> Self {
        Self { model, keys: std::marker::PhantomData }
    }
}

impl<K, M> Model for PerKey<K, M>
where
    K: Clone + Ord + Hash + Debug,
    M: Model,
{
    type Call = (K, M::Call);
    type Result = M::Result;
    /// The states of keys that have been called.
    type State = BTreeMap<K, M::State>;

    fn start(&self) -> Self::State {
        BTreeMap::new()
    }

    fn apply(&self, state: &Self::State, (key, call): &Self::Call) -> Option<(Self::State, M::Result)> {
        let before = state.get(key).cloned().unwrap_or_else(|| self.model.start());
        let (after, result) = self.model.apply(&before, call)?;
        let mut state = state.clone();
        state.insert(key.clone(), after);
        Some((state, result))
    }

    fn part(&self, (key, call): &Self::Call) -> String {
        format!("{key:?} {}", self.model.part(call))
    }

    fn label(&self, (key, call): &Self::Call, result: Option<&M::Result>) -> String {
        format!("{key:?}: {}", self.model.label(call, result))
    }
}
