//! The classes that may be able to start, best first: a common list, one list for each worker's own groups, and with
//! work stealing one list for each worker's share.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::model::worker::Slot;
use crate::schedule::index::ClassIx;

/// The order in which classes are offered: smallest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// Classes that tolerate nothing beside them come last.
    pub(super) late: bool,
    /// The maximum duration minus the class's longest chain, so that longer chains come first.
    pub(super) chain: Duration,
    pub(super) position: u32,
}

impl Rank {
    pub(super) fn longest_chain(&self) -> Duration {
        Duration::MAX - self.chain
    }
}

/// Which end of a class's queue is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QueueEnd {
    Front,
    /// A thief takes the test that the owner would reach last.
    Back,
}

/// A class that is offered to a worker.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) class: ClassIx,
    pub(super) rank: Rank,
    pub(super) end: QueueEnd,
    list: List,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Common,
    /// Groups that belong to the worker.
    Bound(usize),
    /// The worker's share, with work stealing.
    Home(usize),
}

/// Best first.
type Entries = BTreeSet<(Rank, ClassIx)>;

#[derive(Debug)]
pub(super) struct Ready {
    common: Entries,
    bound: Vec<Entries>,
    homes: Vec<Entries>,
    /// Where each class is, if it is here.
    place: Vec<Option<(List, Rank)>>,
}

impl Ready {
    pub(super) fn new(workers: usize, classes: usize) -> Self {
        let lists = || vec![Entries::default(); workers];
        Self { common: Entries::default(), bound: lists(), homes: lists(), place: vec![None; classes] }
    }

    /// Offers the class to its home worker first, or to all workers alike.
    pub(super) fn insert(&mut self, class: ClassIx, rank: Rank, home: Option<Slot>) {
        self.put(home.map_or(List::Common, |home| List::Home(home.ix())), class, rank);
    }

    /// Offers the class to this worker only.
    pub(super) fn bind(&mut self, class: ClassIx, rank: Rank, owner: Slot) {
        self.put(List::Bound(owner.ix()), class, rank);
    }

    /// Stops offering the class. Returns whether it was offered.
    pub(super) fn remove(&mut self, class: ClassIx) -> bool {
        let Some((list, rank)) = self.place[class.0].take() else { return false };
        self.entries(list).remove(&(rank, class))
    }

    /// The class as a candidate, if it is offered.
    pub(super) fn candidate(&self, class: ClassIx) -> Option<Candidate> {
        self.place[class.0].map(|(list, rank)| Candidate { class, rank, end: QueueEnd::Front, list })
    }

    /// The candidate's rank has changed.
    pub(super) fn rerank(&mut self, candidate: Candidate, rank: Rank) {
        self.put(candidate.list, candidate.class, rank);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.common.is_empty() && self.bound.iter().chain(&self.homes).all(Entries::is_empty)
    }

    /// The best class for the worker: first from its own groups and the common list, then from its own share, then the
    /// last class of the largest share.
    pub(super) fn best(&self, worker: Slot) -> Option<Candidate> {
        let first =
            |list, &(rank, class): &(Rank, ClassIx)| Some(Candidate { class, rank, end: QueueEnd::Front, list });
        match (self.bound[worker.ix()].first(), self.common.first()) {
            (Some(bound), Some(common)) if common.0 < bound.0 => first(List::Common, common),
            (Some(bound), _) => first(List::Bound(worker.ix()), bound),
            (None, Some(common)) => first(List::Common, common),
            (None, None) => match self.homes[worker.ix()].first() {
                Some(home) => first(List::Home(worker.ix()), home),
                None => self.steal(),
            },
        }
    }

    fn steal(&self) -> Option<Candidate> {
        let (victim, entries) = self.homes.iter().enumerate().max_by_key(|(_, entries)| entries.len())?;
        let &(rank, class) = entries.last()?;
        Some(Candidate { class, rank, end: QueueEnd::Back, list: List::Home(victim) })
    }

    fn put(&mut self, list: List, class: ClassIx, rank: Rank) {
        self.remove(class);
        self.entries(list).insert((rank, class));
        self.place[class.0] = Some((list, rank));
    }

    fn entries(&mut self, list: List) -> &mut Entries {
        match list {
            List::Common => &mut self.common,
            List::Bound(worker) => &mut self.bound[worker],
            List::Home(worker) => &mut self.homes[worker],
        }
    }
}
