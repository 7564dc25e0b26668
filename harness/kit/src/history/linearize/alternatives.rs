//! What the operation could have given whose result no order explains.

use crate::history::model::Model;

use crate::history::linearize::configuration::Place;
use crate::history::linearize::entry::Entries;
use crate::history::linearize::search::{Stuck, candidates, end, next_end, successors};
use crate::history::linearize::visited::Memory;

/// So many different results are looked at; far fewer are shown.
const MOST: usize = 100;
/// So many places are looked at to find out which of them get past the end.
const PLACES: usize = 100_000;

/// Results of an operation.
pub(super) struct Possible<R> {
    pub(super) results: Vec<R>,
    /// False if to find out took too long, so that there may be others.
    pub(super) are_all: bool,
}

impl<R: PartialEq> Possible<R> {
    /// Those with which an order gets past the end of the culprit.
    pub(super) fn of<M>(model: &M, entries: &Entries<'_, M>, stuck: &Stuck<M::State>) -> Self
    where
        M: Model<Result = R>,
    {
        let culprit = &entries[stuck.culprit];
        let mut after: Vec<(R, Vec<Place<M::State>>)> = Vec::new();
        let mut are_all = true;
        for place in &stuck.seen {
            // It may come next, and not only when all else is done that ended before.
            let may_be_next = next_end(place, entries).is_some_and(|ix| Some(culprit.began) <= entries[ix].ended);
            if place.is_done(culprit) || !may_be_next {
                continue;
            }
            let Some((state, result)) = model.apply(&place.state, culprit.call) else { continue };
            let place = place.after(culprit, state);
            match after.iter().position(|(known, _)| *known == result) {
                Some(ix) => after[ix].1.push(place),
                None if after.len() < MOST => after.push((result, vec![place])),
                None => are_all = false,
            }
        }
        let mut left = PLACES;
        let mut results = Vec::new();
        for (result, places) in after {
            match gets_past(model, entries, stuck.culprit, places, &mut left) {
                Some(true) => results.push(result),
                Some(false) => {}
                None => are_all = false,
            }
        }
        Self { results, are_all }
    }
}

/// Whether an order gets past that end from one of these places. Nothing if to find out takes more places than are left.
fn gets_past<M: Model>(
    model: &M,
    entries: &Entries<'_, M>,
    culprit: usize,
    from: Vec<Place<M::State>>,
    left: &mut usize,
) -> Option<bool> {
    let mut memory = Memory::new();
    let mut to_do: Vec<usize> = from.into_iter().filter_map(|place| memory.note(place)).collect();
    while let Some(number) = to_do.pop() {
        let Some(place) = memory.unless_superseded(number) else { continue };
        let next_end = next_end(place, entries).filter(|&ix| end(entries, ix) < end(entries, culprit));
        let Some(next_end) = next_end else { return Some(true) };
        *left = left.checked_sub(1)?;
        let candidates = candidates(place, entries, next_end);
        for next in successors(model, entries, place, &candidates) {
            to_do.extend(memory.note(next));
        }
    }
    Some(false)
}
