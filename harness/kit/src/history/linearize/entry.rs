//! Operations as the search sees them.

use std::ops::Deref;

use crate::history::model::Model;
use crate::history::operation::Operation;

/// An operation. An order may omit one without an end; if it contains it, the model must give its result, if that is known.
pub(super) struct Entry<'a, M: Model> {
    pub(super) started_at: u64,
    pub(super) ended_at: Option<u64>,
    pub(super) call: &'a M::Call,
    pub(super) result: Option<&'a M::Result>,
    /// Its index among the operations with an end, or among those without.
    pub(super) rank: usize,
}

impl<M: Model> Clone for Entry<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Model> Copy for Entry<'_, M> {}

/// All operations of a search, in the order of their starts.
pub(super) struct Entries<'a, M: Model> {
    all: Vec<Entry<'a, M>>,
    /// The indices of the operations with an end, and of those without.
    with_end: Vec<usize>,
    in_flight: Vec<usize>,
}

impl<'a, M: Model> Entries<'a, M> {
    /// `operations` must be in the order of their starts.
    pub(super) fn of(operations: &[&'a Operation<M::Call, M::Result>]) -> Self {
        let entry = |operation: &&'a Operation<M::Call, M::Result>| Entry {
            started_at: operation.started_at(),
            ended_at: operation.ended_at(),
            call: operation.call(),
            result: operation.result(),
            rank: 0,
        };
        Self::new(operations.iter().map(entry).collect())
    }

    /// `all` must be in the order of their starts. Sets their ranks.
    pub(super) fn new(mut all: Vec<Entry<'a, M>>) -> Self {
        let (mut with_end, mut in_flight) = (Vec::new(), Vec::new());
        for (ix, entry) in all.iter_mut().enumerate() {
            let kind = if entry.ended_at.is_some() { &mut with_end } else { &mut in_flight };
            entry.rank = kind.len();
            kind.push(ix);
        }
        Self { all, with_end, in_flight }
    }

    /// The operations without an end before the one with an end that has this rank, and then all from that one on.
    pub(super) fn in_flight_and_from(&self, rank: usize) -> impl Iterator<Item = usize> + '_ {
        let from = self.with_end.get(rank).copied().unwrap_or(self.all.len());
        self.in_flight.iter().copied().take_while(move |&ix| ix < from).chain(from..self.all.len())
    }

    /// Of the operations that started before a tick: how many have an end, and how many have none.
    pub(super) fn started_before(&self, tick: u64) -> [usize; 2] {
        [&self.with_end, &self.in_flight].map(|kind| kind.partition_point(|&ix| self.all[ix].started_at < tick))
    }
}

impl<'a, M: Model> Deref for Entries<'a, M> {
    type Target = [Entry<'a, M>];

    fn deref(&self) -> &[Entry<'a, M>] {
        &self.all
    }
}
