//! Decides which test a free worker gets next. It knows nothing of threads or time: moments are values.
//!
//! A test starts only when everything it needs is free, and takes it all at once. No test holds one lock while it waits for another, so
//! tests cannot deadlock. Tests with the same needs form a *class* with one queue, so a step costs the number of classes that were passed
//! over, not the number of tests. Classes that need a lock wait in a queue of that lock, and the first of them is offered when the lock
//! is free.
//!
//! A worker never waits while a test that it could start exists. That, and the guarantees of the tags, is checked against a brute-force
//! model in `schedule/model_check.rs`.

mod affinity;
mod ask;
mod classes;
mod index;
mod locks;
mod offers;
mod queues;
mod ready;
mod retry_queue;

#[cfg(test)]
mod model_check;
#[cfg(test)]
mod tables;

use std::time::Duration;

use crate::model::config::Dist;
use crate::model::event::CaseIx;
use crate::model::tags::LockClaim;
use crate::model::worker::Slot;
pub(crate) use ask::{JobSpec, Next, Preference};
use classes::Classes;
use index::{ClassIx, MACHINE, QueueIx};
use locks::{Blocker, Locks};
use queues::Queues;
use ready::{Candidate, Ready};
use retry_queue::RetryQueue;
pub(crate) use retry_queue::RetryRequest;

/// The state of one iteration: which tests wait, which tests run, and which locks are held.
#[derive(Debug)]
pub(crate) struct Scheduler {
    classes: Classes,
    locks: Locks,
    queues: Queues,
    ready: Ready,
    /// Queues of held locks that no free worker has found to be blocked yet.
    unnoted: Vec<QueueIx>,
    /// For each worker, the queue that its last test came from, if the test held the lock exclusively.
    last_queues: Vec<Option<QueueIx>>,
    /// Tests to be retried later.
    postponed: RetryQueue,
    pending: usize,
    /// Tests that run, and abandoned tests that still hold their locks.
    running: usize,
    /// Of those, the abandoned ones. It is negative for a moment if the end of a test is reported before its abandonment.
    abandoned: isize,
    /// Whether a running test tolerates no other.
    alone: bool,
}

impl Scheduler {
    /// A scheduler for these tests, which it identifies by their index. `capacity` returns the capacity of a counted resource.
    pub(crate) fn new(
        asks: &[JobSpec<'_>],
        workers: usize,
        preference: Preference,
        dist: Dist,
        capacity: &dyn Fn(&LockClaim) -> Option<u32>,
    ) -> Self {
        let mut locks = Locks::new();
        let homes = (dist == Dist::Worksteal).then_some(workers);
        let classes = Classes::new(asks, preference, homes, &mut locks, capacity);
        let n_classes = classes.iter().count();
        let mut scheduler = Self {
            classes,
            locks,
            queues: Queues::default(),
            ready: Ready::new(workers, n_classes),
            unnoted: Vec::new(),
            last_queues: vec![None; workers],
            postponed: RetryQueue::default(),
            pending: asks.len(),
            running: 0,
            abandoned: 0,
            alone: false,
        };
        (0..n_classes).for_each(|class| scheduler.place(ClassIx(class)));
        scheduler
    }

    /// What the idle worker does next.
    pub(crate) fn next(&mut self, worker: Slot, now: Duration) -> Next {
        if self.pending == 0 {
            return Next::Done;
        }
        self.readmit(now);
        let mut unwanted = Vec::new();
        let best = self.best(worker, now, &mut unwanted);
        // An unwanted test is started only if nothing else can start.
        let chosen = best.or_else(|| unwanted.first().copied());
        self.note_blocked(chosen.map(|candidate| candidate.rank), now);
        let start = chosen.map(|candidate| self.start(candidate, worker, now));
        for candidate in unwanted {
            if !self.classes[candidate.class].is_empty() {
                self.place(candidate.class);
            }
        }
        start.or_else(|| self.last(worker, now)).unwrap_or_else(|| self.wait_or_done())
    }

    /// Whether any worker [is a fallback](Self::is_fallback_worker).
    pub(crate) fn has_fallback_workers(&self) -> bool {
        self.postponed.has_fallback_workers()
    }

    /// Whether other idle workers are asked before this one, because a test should be retried on another worker.
    pub(crate) fn is_fallback_worker(&self, worker: Slot) -> bool {
        self.postponed.is_fallback_worker(worker)
    }

    /// The best class for the worker. Classes that it should get only as a last resort are withdrawn into `unwanted`.
    fn best(&mut self, worker: Slot, now: Duration, unwanted: &mut Vec<Candidate>) -> Option<Candidate> {
        if !self.alone
            && let Some(candidate) = self.next_of_same_lock(worker)
        {
            return Some(candidate);
        }
        let is_fallback_worker = self.postponed.is_fallback_worker(worker);
        while !self.alone
            && let Some(candidate) = self.ready.best(worker)
        {
            let class_ix = candidate.class;
            let rank = self.classes[class_ix].rank(&self.locks, self.classes.preference);
            if rank > candidate.rank {
                // Its chain has become shorter since it was ranked.
                self.ready.rerank(candidate, rank);
                continue;
            }
            match self.obstacle(class_ix, worker) {
                None if is_fallback_worker && self.is_unwanted(class_ix, worker) => {
                    self.withdraw(class_ix);
                    unwanted.push(candidate);
                }
                None => return Some(candidate),
                Some(Blocker::OwnedBy(owner)) => {
                    self.withdraw(class_ix);
                    self.ready.bind(class_ix, rank, owner);
                }
                Some(Blocker::Held(key)) => {
                    self.classes[class_ix].blocked(now);
                    self.place_in_queue(class_ix, key);
                }
            }
        }
        None
    }

    fn is_unwanted(&self, class_ix: ClassIx, worker: Slot) -> bool {
        self.classes[class_ix].cases().all(|case| self.postponed.avoids_worker(case, worker))
    }

    /// The test has ended, and everything it held is free again.
    pub(crate) fn finished(&mut self, case: CaseIx) {
        self.running -= 1;
        let class_ix = self.classes.of(case);
        let class = &self.classes[class_ix];
        self.alone = self.alone && !class.alone;
        self.locks.release(&class.keys);
        self.update_locks_of(class_ix);
        self.update_machine();
    }

    /// The worker abandoned the test and is free; the test keeps its locks.
    pub(crate) fn abandoned(&mut self) {
        self.abandoned += 1;
    }

    /// An abandoned test has ended after all.
    pub(crate) fn ended_late(&mut self, case: CaseIx) {
        self.abandoned -= 1;
        self.finished(case);
    }

    /// The test ran and is to be retried. It holds nothing until it starts again.
    pub(crate) fn again(&mut self, case: CaseIx, again: RetryRequest) {
        self.finished(case);
        self.pending += 1;
        self.postponed.push(case, again);
    }

    /// The first moment after `now` at which the answer can change without any other event.
    pub(crate) fn changes_at(&self, now: Duration) -> Option<Duration> {
        self.postponed.next_after(now)
    }

    /// The test was not started, because another process holds this lock. It returns to its place.
    pub(crate) fn lock_busy(&mut self, case: CaseIx, lock: &LockClaim, now: Duration) {
        let class_ix = self.classes.of(case);
        self.finished(case);
        self.pending += 1;
        let key = self.locks.hold_elsewhere(lock);
        self.update_lock(key);
        if self.postponed.is_last(case) {
            return self.postponed.push(case, RetryRequest { not_before: now, alone: true, avoid_worker: None });
        }
        self.withdraw(class_ix);
        self.classes.put_back(case, &mut self.locks);
        self.classes[class_ix].blocked(now);
        self.place_in_queue(class_ix, key);
    }

    /// The other process has released the lock.
    pub(crate) fn external_release(&mut self, lock: &LockClaim) {
        let key = self.locks.external_release(lock);
        self.update_lock(key);
    }

    /// The tests that have not been started, in no particular order.
    pub(crate) fn not_started(&self) -> Vec<CaseIx> {
        self.classes.iter().flat_map(|(_, class)| class.cases()).chain(self.postponed.cases()).collect()
    }

    /// Whether nothing runs, except abandoned tests.
    pub(crate) fn is_idle(&self) -> bool {
        isize::try_from(self.running) == Ok(self.abandoned)
    }

    /// Whether all tests have run and no lock is held.
    pub(crate) fn is_over(&self) -> bool {
        self.pending == 0 && self.running == 0
    }

    /// Returns tests whose backoff delay is over to their classes.
    fn readmit(&mut self, now: Duration) {
        while let Some(case) = self.postponed.take_due(now) {
            let class_ix = self.classes.of(case);
            self.withdraw(class_ix);
            self.classes.put_back(case, &mut self.locks);
            self.place(class_ix);
        }
    }

    /// Starts a test that is to be retried alone, once the rest of the iteration has ended and nothing runs. Nothing remains that could
    /// start beside it.
    fn last(&mut self, worker: Slot, now: Duration) -> Option<Next> {
        if self.running > 0 || self.pending > self.postponed.n_alone() {
            return None;
        }
        let (classes, locks) = (&self.classes, &self.locks);
        let is_free = |case| locks.obstacle(&classes[classes.of(case)].keys, worker).is_none();
        let case = self.postponed.take_alone(now, is_free)?;
        let class_ix = self.classes.of(case);
        self.locks.take(&self.classes[class_ix].keys, worker, Duration::ZERO);
        self.running += 1;
        self.pending -= 1;
        self.update_locks_of(class_ix);
        self.update_machine();
        Some(Next::Start { case, queued: Duration::ZERO })
    }

    fn obstacle(&self, class_ix: ClassIx, worker: Slot) -> Option<Blocker> {
        let class = &self.classes[class_ix];
        if class.alone && self.running > 0 {
            return Some(Blocker::Held(MACHINE));
        }
        self.locks.obstacle(&class.keys, worker)
    }

    fn start(&mut self, candidate: Candidate, worker: Slot, now: Duration) -> Next {
        let class_ix = candidate.class;
        let class = &mut self.classes[class_ix];
        let postponed = &self.postponed;
        let is_wanted = |case| !postponed.avoids_worker(case, worker);
        let makes_a_difference = postponed.is_fallback_worker(worker);
        let (case, queued) = class.take(candidate.end, now, if makes_a_difference { Some(&is_wanted) } else { None });
        let queue_ix = class.place.map(|(queue_ix, _)| queue_ix);
        let blocked = queue_ix.and_then(|queue_ix| self.queues.get_mut(queue_ix).blocked.take());
        let queued = blocked.map_or(queued, |since| queued.max(now.saturating_sub(since)));
        self.last_queues[worker.ix()] = queue_ix.filter(|&queue_ix| self.queues.get(queue_ix).key.is_exclusive());
        self.postponed.taken_up(case.ix);
        self.locks.take(&class.keys, worker, case.weight);
        self.alone = class.alone;
        self.running += 1;
        self.pending -= 1;
        self.classes.remaining = self.classes.remaining.saturating_sub(case.weight);
        match self.classes[class_ix].is_empty() {
            true => self.withdraw(class_ix),
            false => self.place(class_ix),
        }
        self.update_locks_of(class_ix);
        self.update_machine();
        Next::Start { case: case.ix, queued }
    }

    /// Tests that tolerate no other are offered when nothing runs.
    fn update_machine(&mut self) {
        self.locks.set_machine_busy(self.running > 0);
        self.update_lock(MACHINE);
    }

    /// Waiting makes sense while something can change: a test runs, another worker can start one, another process holds a lock, or a
    /// backoff delay is not over. Abandoned tests do not count, because they may hold their locks forever.
    fn wait_or_done(&self) -> Next {
        let will_be = self.locks.is_any_held_elsewhere() || self.postponed.will_start(self.running == 0);
        let can_start = !self.alone && (!self.ready.is_empty() || will_be);
        if can_start || !self.is_idle() { Next::Wait } else { Next::Done }
    }
}
