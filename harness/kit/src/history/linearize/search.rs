//! The search of Wing and Gong with the memory of Lowe: is there an order, and if not, how far does one get?

use std::cmp::Reverse;

use crate::history::model::Model;

use crate::history::linearize::configuration::Place;
use crate::history::linearize::entry::Entries;
use crate::history::linearize::visited::Memory;

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
    /// The places that an order can get to, but for those from which it cannot go on better than from another one of them.
    pub(super) seen: Vec<Place<S>>,
}

/// Looks for an order of all that ended and of any of the others, from one of some places.
pub(super) fn search<M: Model>(
    model: &M,
    from: &[Place<M::State>],
    entries: &Entries<'_, M>,
    limit: usize,
) -> Found<M::State> {
    let mut memory = Memory::new();
    let mut to_do: Vec<usize> = from.iter().filter_map(|place| memory.note(place.clone())).collect();
    // The latest end that some order has come up to.
    let mut culprit: Option<usize> = None;
    while let Some(number) = to_do.pop() {
        let Some(place) = memory.unless_superseded(number) else { continue };
        let Some(next_end) = next_end(place, entries) else { return Found::Order };
        if culprit.is_none_or(|culprit| end(entries, culprit) < end(entries, next_end)) {
            culprit = Some(next_end);
        }
        let candidates = candidates(place, entries, next_end);
        for next in successors(model, entries, place, &candidates) {
            to_do.extend(memory.note(next));
        }
        if memory.n_seen() > limit {
            return Found::TooMuch;
        }
    }
    let culprit = culprit.expect("without a place to begin there is no search");
    Found::Stuck(Stuck { culprit, seen: memory.into_seen() })
}

/// The places after one more, for each of these operations that gives its result there.
pub(super) fn successors<M: Model>(
    model: &M,
    entries: &Entries<'_, M>,
    place: &Place<M::State>,
    candidates: &[usize],
) -> Vec<Place<M::State>> {
    let after = |&ix: &usize| {
        let entry = &entries[ix];
        let (state, result) = model.apply(&place.state, entry.call)?;
        entry.result.is_none_or(|known| *known == result).then(|| place.after(entry, state))
    };
    candidates.iter().filter_map(after).collect()
}

/// When it ended. Of ends at the same tick the one with the smaller number counts as the earlier one.
pub(super) fn end<M: Model>(entries: &Entries<'_, M>, ix: usize) -> (Option<u64>, usize) {
    (entries[ix].ended, ix)
}

/// Which of those that ended and are not done did so first.
pub(super) fn next_end<M: Model>(place: &Place<M::State>, entries: &Entries<'_, M>) -> Option<usize> {
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
pub(super) fn candidates<M: Model>(place: &Place<M::State>, entries: &Entries<'_, M>, next_end: usize) -> Vec<usize> {
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
