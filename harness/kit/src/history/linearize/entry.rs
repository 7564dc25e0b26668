//! Operations as the search sees them.

use std::ops::Deref;

use crate::history::model::Model;
use crate::history::operation::Operation;

/// An operation. One without an end may be missing from an order; if it is there, it must give its result, if that is known.
pub(super) struct Entry<'a, M: Model> {
    pub(super) began: u64,
    pub(super) ended: Option<u64>,
    pub(super) call: &'a M::Call,
    pub(super) result: Option<&'a M::Result>,
    /// Which one it is of those with an end, or of those without.
    pub(super) rank: usize,
}

impl<M: Model> Clone for Entry<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Model> Copy for Entry<'_, M> {}

/// All operations of a search, in the order in which they began.
pub(super) struct Entries<'a, M: Model> {
    all: Vec<Entry<'a, M>>,
    /// The numbers of those with an end, and of those without.
    ended: Vec<usize>,
    open: Vec<usize>,
}

impl<'a, M: Model> Entries<'a, M> {
    /// They must lie in the order in which they began.
    pub(super) fn of(operations: &[&'a Operation<M::Call, M::Result>]) -> Self {
        let entry = |operation: &&'a Operation<M::Call, M::Result>| Entry {
            began: operation.began(),
            ended: operation.ended(),
            call: operation.call(),
            result: operation.result(),
            rank: 0,
        };
        Self::new(operations.iter().map(entry).collect())
    }

    /// They must lie in the order in which they began. Ranks are given here.
    pub(super) fn new(mut all: Vec<Entry<'a, M>>) -> Self {
        let (mut ended, mut open) = (Vec::new(), Vec::new());
        for (ix, entry) in all.iter_mut().enumerate() {
            let kind = if entry.ended.is_some() { &mut ended } else { &mut open };
            entry.rank = kind.len();
            kind.push(ix);
        }
        Self { all, ended, open }
    }

    /// Those without an end that lie before the one with an end that has this rank, and then all from that one on.
    pub(super) fn open_and_from(&self, rank: usize) -> impl Iterator<Item = usize> + '_ {
        let from = self.ended.get(rank).copied().unwrap_or(self.all.len());
        self.open.iter().copied().take_while(move |&ix| ix < from).chain(from..self.all.len())
    }

    /// Of those that began before a tick: how many have an end, and how many have none.
    pub(super) fn begun_before(&self, tick: u64) -> [usize; 2] {
        [&self.ended, &self.open].map(|kind| kind.partition_point(|&ix| self.all[ix].began < tick))
    }
}

impl<'a, M: Model> Deref for Entries<'a, M> {
    type Target = [Entry<'a, M>];

    fn deref(&self) -> &[Entry<'a, M>] {
        &self.all
    }
}
