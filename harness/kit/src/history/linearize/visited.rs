//! What a search remembers: places that lead nowhere a known one does not lead, too, are not looked at again.

use std::collections::HashMap;
use std::hash::Hash;

use crate::history::linearize::configuration::{Place, Ranks};

/// The places that a search has come to.
///
/// Of two with the same state, in which the same operations with an end are done, the one with fewer of the others can do all that the other can: those
/// without an end may be missing for ever. So of `k` writes that did not end, not each subset is a place of its own.
pub(super) struct Memory<S> {
    seen: Vec<Place<S>>,
    /// For what was done and the state after it: the smallest sets of those without an end.
    least: HashMap<(Ranks, S), Vec<Ranks>>,
}

impl<S: Clone + Eq + Hash> Memory<S> {
    pub(super) fn new() -> Self {
        Self { seen: Vec::new(), least: HashMap::new() }
    }

    /// Its number, if it leads where none leads that was seen before.
    pub(super) fn note(&mut self, place: Place<S>) -> Option<usize> {
        let least = self.least.entry(place.key()).or_default();
        if least.iter().any(|other| other.are_within(place.open())) {
            return None;
        }
        least.retain(|other| !place.open().are_within(other));
        least.push(place.open().clone());
        self.seen.push(place);
        Some(self.seen.len() - 1)
    }

    /// The place with this number; none if another one has been seen since that leads wherever it leads.
    pub(super) fn unless_superseded(&self, number: usize) -> Option<&Place<S>> {
        let place = &self.seen[number];
        self.least[&place.key()].contains(place.open()).then_some(place)
    }

    pub(super) fn n_seen(&self) -> usize {
        self.seen.len()
    }

    /// All that were noted, in that order.
    pub(super) fn into_seen(self) -> Vec<Place<S>> {
        self.seen
    }
}
