//! The search of Wing and Gong with the memoization of Lowe: whether there is an order, and if not, how far orders get.

use std::cmp::Reverse;

use crate::history::model::Model;

use crate::history::linearize::configuration::Configuration;
use crate::history::linearize::entry::Entries;
use crate::history::linearize::visited::Visited;

/// The result of a search.
pub(super) enum SearchResult<S> {
    /// There is an order of all operations with an end.
    Order,
    /// There is no order.
    Stuck(Stuck<S>),
    /// There are too many configurations.
    TooMany,
}

/// No order gets past the end of one operation.
pub(super) struct Stuck<S> {
    /// The index of that operation.
    pub(super) culprit: usize,
    /// The configurations that orders can reach, without those that are dominated by another one.
    pub(super) configurations: Vec<Configuration<S>>,
}

/// Searches an order of all operations with an end and any of the others, from one of some configurations.
pub(super) fn search<M: Model>(
    model: &M,
    from: &[Configuration<M::State>],
    entries: &Entries<'_, M>,
    limit: usize,
) -> SearchResult<M::State> {
    let mut visited = Visited::new();
    let mut pending: Vec<usize> = from.iter().filter_map(|configuration| visited.add(configuration.clone())).collect();
    // The latest end that an order has reached.
    let mut culprit: Option<usize> = None;
    while let Some(number) = pending.pop() {
        let Some(configuration) = visited.unless_dominated(number) else { continue };
        let Some(next_end) = next_end(configuration, entries) else { return SearchResult::Order };
        if culprit.is_none_or(|culprit| end(entries, culprit) < end(entries, next_end)) {
            culprit = Some(next_end);
        }
        let candidates = candidates(configuration, entries, next_end);
        for next in successors(model, entries, configuration, &candidates) {
            pending.extend(visited.add(next));
        }
        if visited.len() > limit {
            return SearchResult::TooMany;
        }
    }
    let culprit = culprit.expect("a search starts from at least one configuration");
    SearchResult::Stuck(Stuck { culprit, configurations: visited.into_configurations() })
}

/// The configurations after one of the candidates, for each that gives its result.
pub(super) fn successors<M: Model>(
    model: &M,
    entries: &Entries<'_, M>,
    configuration: &Configuration<M::State>,
    candidates: &[usize],
) -> Vec<Configuration<M::State>> {
    let after = |&ix: &usize| {
        let entry = &entries[ix];
        let (state, result) = model.apply(&configuration.state, entry.call)?;
        entry.result.is_none_or(|known| *known == result).then(|| configuration.after(entry, state))
    };
    candidates.iter().filter_map(after).collect()
}

/// The end of an operation. Of ends at the same tick, the smaller index counts as earlier.
pub(super) fn end<M: Model>(entries: &Entries<'_, M>, ix: usize) -> (Option<u64>, usize) {
    (entries[ix].ended_at, ix)
}

/// The operation with the first end that is not in the order.
pub(super) fn next_end<M: Model>(configuration: &Configuration<M::State>, entries: &Entries<'_, M>) -> Option<usize> {
    let mut first: Option<(u64, usize)> = None;
    for ix in configuration.remaining(entries) {
        if first.is_some_and(|(end, _)| end < entries[ix].started_at) {
            break;
        }
        if let Some(end) = entries[ix].ended_at.filter(|&end| first.is_none_or(|(first, _)| end < first)) {
            first = Some((end, ix));
        }
    }
    first.map(|(_, ix)| ix)
}

/// The operations that may come next: those that started before the first end. The last one is tried first, so it is the one that ended
/// first; operations without an end are tried last.
pub(super) fn candidates<M: Model>(
    configuration: &Configuration<M::State>,
    entries: &Entries<'_, M>,
    next_end: usize,
) -> Vec<usize> {
    let before = entries[next_end].ended_at;
    let mut candidates: Vec<usize> = Vec::new();
    for ix in configuration.remaining(entries).take_while(|&ix| Some(entries[ix].started_at) <= before) {
        // Of two operations without end and result that have equal calls, only the first is a candidate.
        let is_unknown = |ix: usize| entries[ix].ended_at.is_none() && entries[ix].result.is_none();
        let stands_for = |&other: &usize| is_unknown(other) && entries[other].call == entries[ix].call;
        if !(is_unknown(ix) && candidates.iter().any(stands_for)) {
            candidates.push(ix);
        }
    }
    candidates.sort_by_key(|&ix| Reverse(entries[ix].ended_at.unwrap_or(u64::MAX)));
    candidates
}

impl<S> Stuck<S> {
    /// The configurations at a moment: they contain all operations that had ended by then, and none that started later.
    ///
    /// Each order passes one of them, as operations that had ended come before those that started later.
    pub(super) fn configurations_at<M: Model<State = S>>(
        &self,
        moment: u64,
        entries: &Entries<'_, M>,
    ) -> Vec<&Configuration<S>> {
        let has_all_ended = |configuration: &&Configuration<S>| {
            let end = next_end(configuration, entries).and_then(|ix| entries[ix].ended_at);
            end.is_none_or(|end| moment <= end)
        };
        self.configurations
            .iter()
            .filter(has_all_ended)
            .filter(|configuration| configuration.started_before(moment, entries))
            .collect()
    }
}
