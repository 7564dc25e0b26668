//! The search of Wing and Gong with the memory of Lowe: is there an order, and if not, how far does one get?

use std::cmp::Reverse;
use std::collections::HashSet;

use crate::history::model::Model;

use super::entry::Entries;
use super::place::Place;

/// What a search found.
pub(super) enum Found<S> {
    /// An order of all that ended.
    Order,
    /// That there is none.
    Stuck(Stuck<S>),
    /// Too many places.
    TooMuch,
}

/// No order gets past the end of one operation.
pub(super) struct Stuck<S> {
    /// That operation.
    pub(super) culprit: usize,
    /// All places that an order can get to.
    pub(super) seen: HashSet<Place<S>>,
}

/// Looks for an order of all that ended and of any of the others, from one of some places.
pub(super) fn search<M: Model>(
    model: &M,
    from: &[Place<M::State>],
    entries: &Entries<'_, M>,
    limit: usize,
) -> Found<M::State> {
    let mut seen: HashSet<Place<M::State>> = from.iter().cloned().collect();
    let mut to_do: Vec<Place<M::State>> = from.to_vec();
    // The latest end that some order has come up to.
    let mut culprit: Option<usize> = None;
    while let Some(place) = to_do.pop() {
        let Some(next_end) = next_end(&place, entries) else { return Found::Order };
        // Of ends at the same tick the one with the smaller number counts as the earlier one.
        let end = |ix: usize| (entries[ix].ended, ix);
        if culprit.is_none_or(|culprit| end(culprit) < end(next_end)) {
            culprit = Some(next_end);
        }
        for ix in candidates(&place, entries, next_end) {
            let entry = &entries[ix];
            let Some((state, result)) = model.apply(&place.state, entry.call) else { continue };
            if entry.result.is_none_or(|known| *known == result) {
                let next = place.after(entry, state);
                if seen.insert(next.clone()) {
                    to_do.push(next);
                }
            }
        }
        if seen.len() > limit {
            return Found::TooMuch;
        }
    }
    let culprit = culprit.expect("without a place to begin there is no search");
    Found::Stuck(Stuck { culprit, seen })
}

/// Which of those that ended and are not done did so first.
fn next_end<M: Model>(place: &Place<M::State>, entries: &Entries<'_, M>) -> Option<usize> {
    let mut first: Option<(u64, usize)> = None;
    for ix in place.not_done(entries) {
        if first.is_some_and(|(end, _)| end < entries[ix].began) {
            break;
        }
        if let Some(end) = entries[ix].ended.filter(|&end| first.is_none_or(|(first, _)| end < first)) {
            first = Some((end, ix));
        }
    }
    first.map(|(_, ix)| ix)
}

/// Which may come next: those that began before the first end. The last one will be tried first, so it is the one that ended first; those that did
/// not end are tried if nothing else helps.
fn candidates<M: Model>(place: &Place<M::State>, entries: &Entries<'_, M>, next_end: usize) -> Vec<usize> {
    let before = entries[next_end].ended;
    let mut candidates: Vec<usize> = Vec::new();
    for ix in place.not_done(entries).take_while(|&ix| Some(entries[ix].began) <= before) {
        // Of two of which nothing but the same call is known either can stand for the other. So it is always the first that takes effect.
        let is_unknown = |ix: usize| entries[ix].ended.is_none() && entries[ix].result.is_none();
        let stands_for = |&other: &usize| is_unknown(other) && entries[other].call == entries[ix].call;
        if !(is_unknown(ix) && candidates.iter().any(stands_for)) {
            candidates.push(ix);
        }
    }
    candidates.sort_by_key(|&ix| Reverse(entries[ix].ended.unwrap_or(u64::MAX)));
    candidates
}

impl<S> Stuck<S> {
    /// What the culprit could have given, over all orders that explain what ended before it.
    pub(super) fn possible<M: Model<State = S>>(&self, model: &M, entries: &Entries<'_, M>) -> Vec<M::Result> {
        let mut possible: Vec<M::Result> = Vec::new();
        for place in &self.seen {
            if next_end(place, entries) == Some(self.culprit) {
                let result = model.apply(&place.state, entries[self.culprit].call).map(|(_, result)| result);
                possible.extend(result.filter(|result| !possible.contains(result)));
            }
        }
        possible
    }

    /// The places in which orders are at a moment: they have all that was over by then, and nothing that began later.
    ///
    /// Each order passes such a place, as what was over comes before what began later.
    pub(super) fn places_at<M: Model<State = S>>(&self, moment: u64, entries: &Entries<'_, M>) -> Vec<&Place<S>> {
        let has_what_was_over = |place: &&Place<S>| {
            let end = next_end(place, entries).and_then(|ix| entries[ix].ended);
            end.is_none_or(|end| moment <= end)
        };
        self.seen.iter().filter(has_what_was_over).filter(|place| place.began_before(moment, entries)).collect()
    }
}
