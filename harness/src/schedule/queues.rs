//! The queues of classes that need a lock: one for each lock and each way to take it. A class is in one queue at a time: that of its lock
//! with the most work, or that of the lock that prevented its start.
//!
//! Only the first class of a queue is offered, and only while the lock is free for it. So a step costs the number of locks that change, and
//! not the number of classes that need them.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::schedule::index::{ClassIx, Key, QueueIx};
use crate::schedule::ready::Rank;

/// The classes that need one key.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) key: Key,
    classes: BTreeSet<(Rank, ClassIx)>,
    /// The first one, if it is offered.
    pub(super) offered: Option<ClassIx>,
    /// Since when a free worker could not start the first one.
    pub(super) blocked: Option<Duration>,
    /// Whether no free worker has found yet that it is blocked.
    pub(super) is_unnoted: bool,
}

impl Queue {
    pub(super) fn first(&self) -> Option<ClassIx> {
        self.classes.first().map(|&(_, class)| class)
    }

    pub(super) fn insert(&mut self, rank: Rank, class: ClassIx) {
        self.classes.insert((rank, class));
    }

    pub(super) fn remove(&mut self, rank: Rank, class: ClassIx) {
        self.classes.remove(&(rank, class));
    }
}

/// All queues.
#[derive(Debug, Default)]
pub(super) struct Queues(Vec<Queue>);

impl Queues {
    pub(super) fn add(&mut self, key: Key) -> QueueIx {
        let (classes, offered, blocked) = (BTreeSet::new(), None, None);
        self.0.push(Queue { key, classes, offered, blocked, is_unnoted: false });
        QueueIx(self.0.len() - 1)
    }

    pub(super) fn get(&self, ix: QueueIx) -> &Queue {
        &self.0[ix.0]
    }

    pub(super) fn get_mut(&mut self, ix: QueueIx) -> &mut Queue {
        &mut self.0[ix.0]
    }
}
