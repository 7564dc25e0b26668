//! The smallest window that cannot be explained.
//!
//! Three steps, each of which only takes knowledge away, so that what cannot be explained afterwards could not be before:
//! 1. What began after the end that no order gets past is forgotten, and what had not ended by then may be missing.
//! 2. What was over at some moment is forgotten. In return the rest may begin in each of the states that were possible at that moment.
//! 3. One operation after the other is let free: it may take effect at any moment, or never. If the rest still cannot be explained, it plays no part.

use std::collections::HashSet;
use std::hash::Hash;

use crate::history::model::Model;

use crate::history::linearize::configuration::Place;
use crate::history::linearize::entry::{Entries, Entry};
use crate::history::linearize::search::{Found, Stuck, search};

/// So many operations that ended are looked at for the window. More would make it long to find, and no smaller.
const MOST: usize = 16;
/// How many places a search for a smaller window looks at.
const PLACES: usize = 10_000;

/// Operations that cannot be explained. Numbers are places in the slice that was searched.
pub(super) struct Window {
    /// The operation whose end no order gets past.
    pub(super) culprit: usize,
    /// All that play a part, in their order.
    pub(super) operations: Vec<usize>,
    /// The states in which it may begin; none if it begins with the history.
    pub(super) before: Vec<String>,
    /// How many operations that overlap with the window or lie in it play no part.
    pub(super) left_out: usize,
}

impl Window {
    pub(super) fn of<M: Model>(model: &M, entries: &Entries<'_, M>, stuck: &Stuck<M::State>) -> Self {
        let cut = Cut::early_enough(entries, stuck);
        let operations = cut.smallest(model, entries, stuck.culprit);
        let mut before: Vec<String> = Vec::new();
        if cut.something_was_over {
            before.extend(cut.from.iter().map(|place| format!("{:?}", place.state)));
        }
        let left_out = cut.within.len() - operations.len();
        Self { culprit: stuck.culprit, operations, before, left_out }
    }
}

/// What lies between a moment and the end that no order gets past.
pub(super) struct Cut<'a, S> {
    /// Which entries.
    within: Vec<usize>,
    /// Where orders of them may begin.
    from: Vec<&'a Place<S>>,
    /// Has anything been forgotten that was over at the moment?
    something_was_over: bool,
}

impl<'a, S: Clone + Eq + Hash> Cut<'a, S> {
    /// The one at the earliest moment that leaves few enough operations.
    fn early_enough<M: Model<State = S>>(entries: &Entries<'_, M>, stuck: &'a Stuck<S>) -> Self {
        let end = entries[stuck.culprit].ended;
        let mut ends: Vec<u64> =
            entries.iter().filter_map(|entry| entry.ended).filter(|&tick| Some(tick) <= end).collect();
        ends.sort_unstable();
        let too_early = ends.len().checked_sub(MOST + 1).map(|ix| ends[ix]);
        let mut moments = entries.iter().map(|entry| entry.began).filter(|&began| Some(began) > too_early);
        // If even the end of the culprit is too early, so much overlaps that nothing better can be had.
        let moment = moments.find(|&began| Some(began) <= end).or(end).expect("the culprit has an end");
        Self::at(moment, entries, stuck)
    }

    /// The one at a moment, which must not be later than the end of the culprit.
    pub(super) fn at<M: Model<State = S>>(moment: u64, entries: &Entries<'_, M>, stuck: &'a Stuck<S>) -> Self {
        let end = entries[stuck.culprit].ended;
        let is_over = |entry: &Entry<'_, M>| entry.ended.is_some_and(|ended| ended < moment);
        let is_within = |&ix: &usize| Some(entries[ix].began) <= end && !is_over(&entries[ix]);
        Self {
            within: (0..entries.len()).filter(is_within).collect(),
            from: stuck.places_at(moment, entries),
            something_was_over: entries.iter().any(is_over),
        }
    }

    /// Those that cannot be let free.
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

    /// Is it certain that no order gets past the end of the culprit if these operations may take effect at any moment or never?
    pub(super) fn is_unexplained<M: Model<State = S>>(
        &self,
        model: &M,
        entries: &Entries<'_, M>,
        culprit: usize,
        free: &HashSet<usize>,
    ) -> bool {
        let weaker = |ix: usize| match entries[ix] {
            entry if free.contains(&ix) => Entry { began: 0, ended: None, result: None, ..entry },
            entry if (entry.ended, ix) > (entries[culprit].ended, culprit) => Entry { ended: None, ..entry },
            entry => entry,
        };
        let mut order = self.within.clone();
        order.sort_by_key(|&ix| weaker(ix).began);
        let window = Entries::new(order.iter().map(|&ix| weaker(ix)).collect());
        let in_window = |place: &&Place<S>| {
            let done = order.iter().zip(window.iter()).filter(|(ix, _)| place.is_done(&entries[**ix]));
            done.fold(Place::before_all(place.state.clone()), |inner, (_, entry)| {
                inner.after(entry, place.state.clone())
            })
        };
        let from: Vec<Place<S>> = self.from.iter().map(in_window).collect();
        matches!(search(model, &from, &window, PLACES), Found::Stuck(_))
    }
}
