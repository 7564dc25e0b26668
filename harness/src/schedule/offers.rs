//! Decides which classes are offered: updates the queues, and the list of classes that may be able to start, when locks change.

use std::time::Duration;

use crate::model::worker::Slot;
use crate::schedule::index::{ClassIx, Key, MACHINE, QueueIx};
use crate::schedule::ready::{Candidate, Rank};
use crate::schedule::{Scheduler, affinity};

impl Scheduler {
    /// Places a class that is not empty: in a queue if it needs a lock, otherwise among the offered ones.
    pub(super) fn place(&mut self, class_ix: ClassIx) {
        let class = &self.classes[class_ix];
        let key = if class.alone { Some(MACHINE) } else { self.locks.busiest(&class.keys) };
        match key {
            Some(key) => self.place_in_queue(class_ix, key),
            None => {
                let (rank, home) = (class.rank(&self.locks, self.classes.preference), class.home);
                self.ready.insert(class_ix, rank, home);
            }
        }
    }

    /// Puts the class into the queue of this key.
    pub(super) fn place_in_queue(&mut self, class_ix: ClassIx, key: Key) {
        self.withdraw(class_ix);
        let queue_ix = self.locks.queue(key, &mut self.queues);
        let rank = self.classes[class_ix].rank_among(key, &self.locks, self.classes.preference);
        self.queues.get_mut(queue_ix).insert(rank, class_ix);
        self.classes[class_ix].place = Some((queue_ix, rank));
        self.update(queue_ix);
    }

    /// Removes the class from its queue and from the offered ones.
    pub(super) fn withdraw(&mut self, class_ix: ClassIx) {
        let Some((queue_ix, rank)) = self.classes[class_ix].place.take() else {
            self.ready.remove(class_ix);
            return;
        };
        let queue = self.queues.get_mut(queue_ix);
        queue.remove(rank, class_ix);
        if queue.offered.take_if(|offered| *offered == class_ix).is_some() {
            self.ready.remove(class_ix);
        }
        self.update(queue_ix);
    }

    /// The locks of this class were taken or released.
    pub(super) fn update_locks_of(&mut self, class_ix: ClassIx) {
        for key in 0..self.classes[class_ix].keys.len() {
            self.update_lock(self.classes[class_ix].keys[key]);
        }
    }

    /// The lock was taken or released.
    pub(super) fn update_lock(&mut self, key: Key) {
        for n in 0.. {
            let Some(queue_ix) = self.locks.nth_queue(key, n) else { break };
            self.update(queue_ix);
        }
    }

    /// Offers the first class of the queue, and no other one, if its lock is free.
    fn update(&mut self, queue_ix: QueueIx) {
        let queue = self.queues.get_mut(queue_ix);
        let first = queue.first();
        let offered = first.filter(|_| self.locks.is_free(queue.key));
        if first.is_some() && offered.is_none() && !queue.is_unnoted && queue.blocked.is_none() {
            queue.is_unnoted = true;
            self.unnoted.push(queue_ix);
        }
        if offered == queue.offered {
            return;
        }
        let before = std::mem::replace(&mut queue.offered, offered);
        if let Some(class_ix) = before {
            self.ready.remove(class_ix);
        }
        if let Some(class_ix) = offered {
            let class = &self.classes[class_ix];
            self.ready.insert(class_ix, class.rank(&self.locks, self.classes.preference), class.home);
        }
    }

    /// Records which queues are blocked. A free worker starts a class of this rank, or nothing. It would have started the first class of a
    /// queue that comes before, if the lock were free.
    pub(super) fn note_blocked(&mut self, started: Option<Rank>, now: Duration) {
        let mut unnoted = std::mem::take(&mut self.unnoted);
        unnoted.retain(|&queue_ix| {
            let queue = self.queues.get(queue_ix);
            let first = queue.first().filter(|_| queue.offered.is_none());
            let rank = first.map(|class_ix| self.classes[class_ix].rank(&self.locks, self.classes.preference));
            let is_blocked = rank.is_some_and(|rank| started.is_none_or(|started| rank < started));
            let queue = self.queues.get_mut(queue_ix);
            if is_blocked {
                queue.blocked = Some(now);
            }
            queue.is_unnoted = first.is_some() && !is_blocked;
            queue.is_unnoted
        });
        self.unnoted = unnoted;
    }

    /// The next class that needs the same lock as the worker's last test, if the worker may continue with it.
    pub(super) fn next_of_same_lock(&self, worker: Slot) -> Option<Candidate> {
        let class_ix = self.queues.get(self.last_queues[worker.ix()]?).offered?;
        let best = self.ready.best(worker)?;
        let can_wait = affinity::can_wait(best.rank.longest_chain(), self.classes.remaining, self.last_queues.len());
        let can_start = !self.classes[class_ix].alone && self.obstacle(class_ix, worker).is_none();
        let is_wanted = !self.postponed.is_fallback_worker(worker);
        if can_wait && can_start && is_wanted { self.ready.candidate(class_ix) } else { None }
    }
}
