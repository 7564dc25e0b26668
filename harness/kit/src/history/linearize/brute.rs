//! Linearizability by trying all orders: too slow for use, too simple to be wrong. What the search is measured by.

use crate::history::model::Model;

use super::entry::Entry;

/// Is there an order? For seven operations or so.
pub(super) fn has_order<M: Model>(model: &M, operations: &[Entry<'_, M>]) -> bool {
    explained(model, &model.start(), operations)
}

/// One after the other is taken as the next one, and what is left is explained from there.
fn explained<M: Model>(model: &M, state: &M::State, left: &[Entry<'_, M>]) -> bool {
    if left.iter().all(|operation| operation.ended.is_none()) {
        return true;
    }
    (0..left.len()).any(|ix| {
        let next = left[ix];
        let comes_too_early = left.iter().any(|other| other.ended.is_some_and(|ended| ended < next.began));
        let Some((state, result)) = model.apply(state, next.call).filter(|_| !comes_too_early) else { return false };
        let fits = next.result.is_none_or(|known| *known == result);
        let rest = [&left[..ix], &left[ix + 1..]].concat();
        fits && explained(model, &state, &rest)
    })
}
