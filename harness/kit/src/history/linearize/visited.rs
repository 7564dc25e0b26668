//! The configurations that a search has visited. Those that are dominated by a visited one are not visited again.

use std::collections::HashMap;
use std::hash::Hash;

use crate::history::linearize::configuration::{Configuration, Ranks};

/// The configurations that a search has visited.
///
/// Of two configurations with the same state and the same operations with an end, the one with fewer operations without an end dominates: it
/// can reach all that the other one can, as an order may omit those. So the subsets of `k` writes without an end are not all visited.
pub(super) struct Visited<S> {
    configurations: Vec<Configuration<S>>,
    /// For the operations with an end and the state: the minimal sets of operations without an end.
    minimal: HashMap<(Ranks, S), Vec<Ranks>>,
}

impl<S: Clone + Eq + Hash> Visited<S> {
    pub(super) fn new() -> Self {
        Self { configurations: Vec::new(), minimal: HashMap::new() }
    }

    /// Adds a configuration. Returns its number, unless a visited one dominates it.
    pub(super) fn add(&mut self, configuration: Configuration<S>) -> Option<usize> {
        let minimal = self.minimal.entry(configuration.key()).or_default();
        if minimal.iter().any(|other| other.are_within(configuration.in_flight())) {
            return None;
        }
        minimal.retain(|other| !configuration.in_flight().are_within(other));
        minimal.push(configuration.in_flight().clone());
        self.configurations.push(configuration);
        Some(self.configurations.len() - 1)
    }

    /// The configuration with this number, unless one that was added later dominates it.
    pub(super) fn unless_dominated(&self, number: usize) -> Option<&Configuration<S>> {
        let configuration = &self.configurations[number];
        self.minimal[&configuration.key()].contains(configuration.in_flight()).then_some(configuration)
    }

    pub(super) fn len(&self) -> usize {
        self.configurations.len()
    }

    /// All configurations, in the order in which they were added.
    pub(super) fn into_configurations(self) -> Vec<Configuration<S>> {
        self.configurations
    }
}
