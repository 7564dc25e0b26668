//! Finds the results that the culprit could have returned instead.

use crate::history::model::Model;

use crate::history::linearize::configuration::Configuration;
use crate::history::linearize::entry::Entries;
use crate::history::linearize::search::{Stuck, candidates, end, next_end, successors};
use crate::history::linearize::visited::Visited;

/// The maximum number of results that are checked; far fewer are shown.
const MAX_OPERATIONS: usize = 100;
/// The maximum number of configurations that are visited for all results.
const MAX_CONFIGURATIONS: usize = 100_000;

/// The possible results of an operation.
pub(super) struct Alternatives<R> {
    pub(super) results: Vec<R>,
    /// `false` if the search was cut, so that there may be others.
    pub(super) is_exhaustive: bool,
}

impl<R: PartialEq> Alternatives<R> {
    /// The results with which an order gets past the end of the culprit.
    pub(super) fn of<M>(model: &M, entries: &Entries<'_, M>, stuck: &Stuck<M::State>) -> Self
    where
        M: Model<Result = R>,
    {
        let culprit = &entries[stuck.culprit];
        let mut after: Vec<(R, Vec<Configuration<M::State>>)> = Vec::new();
        let mut is_exhaustive = true;
        for configuration in &stuck.configurations {
            // It may come next, even before other operations that ended earlier.
            let may_be_next =
                next_end(configuration, entries).is_some_and(|ix| Some(culprit.started_at) <= entries[ix].ended_at);
            if configuration.contains(culprit) || !may_be_next {
                continue;
            }
            let Some((state, result)) = model.apply(&configuration.state, culprit.call) else { continue };
            let configuration = configuration.after(culprit, state);
            match after.iter().position(|(known, _)| *known == result) {
                Some(ix) => after[ix].1.push(configuration),
                None if after.len() < MAX_OPERATIONS => after.push((result, vec![configuration])),
                None => is_exhaustive = false,
            }
        }
        let mut budget = MAX_CONFIGURATIONS;
        let mut results = Vec::new();
        for (result, configurations) in after {
            match gets_past(model, entries, stuck.culprit, configurations, &mut budget) {
                Some(true) => results.push(result),
                Some(false) => {}
                None => is_exhaustive = false,
            }
        }
        Self { results, is_exhaustive }
    }
}

/// Whether an order gets past that end from one of these configurations. `None` if `budget` configurations are not enough to decide.
fn gets_past<M: Model>(
    model: &M,
    entries: &Entries<'_, M>,
    culprit: usize,
    from: Vec<Configuration<M::State>>,
    budget: &mut usize,
) -> Option<bool> {
    let mut visited = Visited::new();
    let mut pending: Vec<usize> = from.into_iter().filter_map(|configuration| visited.add(configuration)).collect();
    while let Some(number) = pending.pop() {
        let Some(configuration) = visited.unless_dominated(number) else { continue };
        let next_end = next_end(configuration, entries).filter(|&ix| end(entries, ix) < end(entries, culprit));
        let Some(next_end) = next_end else { return Some(true) };
        *budget = budget.checked_sub(1)?;
        let candidates = candidates(configuration, entries, next_end);
        for next in successors(model, entries, configuration, &candidates) {
            pending.extend(visited.add(next));
        }
    }
    Some(false)
}
