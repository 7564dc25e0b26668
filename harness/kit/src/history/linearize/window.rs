//! Finds a small window of operations that no order explains.
//!
//! Three steps, each of which only weakens the constraints, so that a window without an order proves that the history has none:
//! 1. Operations that started after the end that no order gets past are removed; those that had not ended by then may be missing.
//! 2. Operations that had ended before some moment are removed. Instead, an order may start in each state that was possible at that moment.
//! 3. One operation after the other is made free: it may take effect at any moment, or never. If there is still no order, it is not needed.

use std::collections::HashSet;
use std::hash::Hash;

use crate::history::model::Model;

use crate::history::linearize::configuration::Configuration;
use crate::history::linearize::entry::{Entries, Entry};
use crate::history::linearize::search::{SearchResult, Stuck, search};

/// The maximum number of operations with an end in the window. More would make the search slow, and the window no smaller.
const MAX_OPERATIONS: usize = 16;
/// The maximum number of configurations that a search for a smaller window visits.
const MAX_CONFIGURATIONS: usize = 10_000;

/// Operations that no order explains, as indices into the entries.
pub(super) struct Window {
    /// The operation whose end no order gets past.
    pub(super) culprit: usize,
    /// The operations that are needed for the violation, in the order of their starts.
    pub(super) operations: Vec<usize>,
    /// The possible states at its start; empty if it starts with the history.
    pub(super) start_states: Vec<String>,
    /// How many operations in the window are not needed for the violation.
    pub(super) n_omitted: usize,
}

impl Window {
    pub(super) fn of<M: Model>(model: &M, entries: &Entries<'_, M>, stuck: &Stuck<M::State>) -> Self {
        let cut = Cut::early_enough(entries, stuck);
        let operations = cut.smallest(model, entries, stuck.culprit);
        let mut start_states: Vec<String> = Vec::new();
        if cut.has_removed {
            start_states.extend(cut.from.iter().map(|configuration| format!("{:?}", configuration.state)));
        }
        let n_omitted = cut.within.len() - operations.len();
        Self { culprit: stuck.culprit, operations, start_states, n_omitted }
    }
}

/// The operations between a moment and the end that no order gets past.
pub(super) struct Cut<'a, S> {
    /// The indices of the operations.
    within: Vec<usize>,
    /// The configurations from which orders of them may start.
    from: Vec<&'a Configuration<S>>,
    /// Whether operations that had ended at the moment were removed.
    has_removed: bool,
}

impl<'a, S: Clone + Eq + Hash> Cut<'a, S> {
    /// The cut at the earliest moment that leaves few enough operations.
    fn early_enough<M: Model<State = S>>(entries: &Entries<'_, M>, stuck: &'a Stuck<S>) -> Self {
        let end = entries[stuck.culprit].ended_at;
        let mut ends: Vec<u64> =
            entries.iter().filter_map(|entry| entry.ended_at).filter(|&tick| Some(tick) <= end).collect();
        ends.sort_unstable();
        let too_early = ends.len().checked_sub(MAX_OPERATIONS + 1).map(|ix| ends[ix]);
        let mut moments = entries.iter().map(|entry| entry.started_at).filter(|&began| Some(began) > too_early);
        // If even the end of the culprit is too early, too many operations overlap for a smaller window.
        let moment = moments.find(|&began| Some(began) <= end).or(end).expect("the culprit has an end");
        Self::at(moment, entries, stuck)
    }

    /// The cut at a moment, which must not be later than the end of the culprit.
    pub(super) fn at<M: Model<State = S>>(moment: u64, entries: &Entries<'_, M>, stuck: &'a Stuck<S>) -> Self {
        let end = entries[stuck.culprit].ended_at;
        let had_ended = |entry: &Entry<'_, M>| entry.ended_at.is_some_and(|ended| ended < moment);
        let is_within = |&ix: &usize| Some(entries[ix].started_at) <= end && !had_ended(&entries[ix]);
        Self {
            within: (0..entries.len()).filter(is_within).collect(),
            from: stuck.configurations_at(moment, entries),
            has_removed: entries.iter().any(had_ended),
        }
    }

    /// The operations that cannot be made free.
    fn smallest<M: Model<State = S>>(&self, model: &M, entries: &Entries<'_, M>, culprit: usize) -> Vec<usize> {
        let mut free: HashSet<usize> = HashSet::new();
        for &ix in self.within.iter().filter(|&&ix| ix != culprit) {
            free.insert(ix);
            if !self.is_unexplained(model, entries, culprit, &free) {
                free.remove(&ix);
            }
        }
        self.within.iter().copied().filter(|ix| !free.contains(ix)).collect()
    }

    /// Whether it is certain that no order gets past the end of the culprit if the free operations may take effect at any moment or never.
    pub(super) fn is_unexplained<M: Model<State = S>>(
        &self,
        model: &M,
        entries: &Entries<'_, M>,
        culprit: usize,
        free: &HashSet<usize>,
    ) -> bool {
        let weaker = |ix: usize| match entries[ix] {
            entry if free.contains(&ix) => Entry { started_at: 0, ended_at: None, result: None, ..entry },
            entry if (entry.ended_at, ix) > (entries[culprit].ended_at, culprit) => Entry { ended_at: None, ..entry },
            entry => entry,
        };
        let mut order = self.within.clone();
        order.sort_by_key(|&ix| weaker(ix).started_at);
        let window = Entries::new(order.iter().map(|&ix| weaker(ix)).collect());
        let in_window = |configuration: &&Configuration<S>| {
            let inner_entries =
                order.iter().zip(window.iter()).filter(|(ix, _)| configuration.contains(&entries[**ix]));
            inner_entries.fold(Configuration::before_all(configuration.state.clone()), |inner, (_, entry)| {
                inner.after(entry, configuration.state.clone())
            })
        };
        let from: Vec<Configuration<S>> = self.from.iter().map(in_window).collect();
        matches!(search(model, &from, &window, MAX_CONFIGURATIONS), SearchResult::Stuck(_))
    }
}
