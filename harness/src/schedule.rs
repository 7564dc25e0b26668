//! Decides which case a free worker gets next. Knows nothing of threads or time: moments are values.
//!
//! A case is admitted only when everything it needs is free, all at once; nobody ever holds one thing and waits for
//! another, so no order of taking can deadlock. Cases with the same needs form a *class* with one queue, so a step
//! costs the number of classes that were passed over, not the number of cases. Classes that need a lock wait in a queue of that lock, and
//! the first of them is offered when the lock is free.
//!
//! No worker is told to wait while a case that it could start exists. That, and the promises of the tags, is checked
//! against a brute-force model in `schedule/model_check.rs`.

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

/// The state of one round: what is waiting, what runs, what is held.
#[derive(Debug)]
pub(crate) struct Scheduler {
    classes: Classes,
    locks: Locks,
    queues: Queues,
    ready: Ready,
    /// Queues of locks that are held, of which no free worker has found yet that they are blocked.
    unnoted: Vec<QueueIx>,
    /// The queue that each worker's last case came from, if that had its lock for itself.
    last_queues: Vec<Option<QueueIx>>,
    /// Cases that are to be tried again, but not now.
    postponed: RetryQueue,
    pending: usize,
    /// Cases that run, and those that were given up but hold what they had.
    running: usize,
    /// Of those, the ones given up.
    /// Less than none for a moment, when the end of one is heard of before that it was given up.
    abandoned: isize,
    /// One that runs tolerates no other.
    alone: bool,
}

impl Scheduler {
    /// A scheduler for these cases, which it names by their index. `capacity` knows the counted resources.
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

    /// What the worker, which runs nothing, is to do now.
    pub(crate) fn next(&mut self, worker: Slot, now: Duration) -> Next {
        if self.pending == 0 {
            return Next::Done;
        }
        self.readmit(now);
        let mut unwanted = Vec::new();
        let best = self.best(worker, now, &mut unwanted);
        // If nothing else can start.
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

    /// Whether there is a worker that [is a second choice](Self::is_second_choice).
    pub(crate) fn has_fallback_workers(&self) -> bool {
        self.postponed.has_fallback_workers()
    }

    /// Whether another worker that waits is to be asked before this one: for a case that is to be tried again, if possible, there.
    pub(crate) fn is_fallback_worker(&self, worker: Slot) -> bool {
        self.postponed.is_fallback_worker(worker)
    }

    /// The best class for the worker. Those of which it is to have none if there is another choice are taken out.
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

    /// The case is over, and everything it held is free again.
    pub(crate) fn finished(&mut self, case: CaseIx) {
        self.running -= 1;
        let class_ix = self.classes.of(case);
        let class = &self.classes[class_ix];
        self.alone = self.alone && !class.alone;
        self.locks.release(&class.keys);
        self.update_locks_of(class_ix);
        self.update_machine();
    }

    /// The worker gave the case up and is free; what the case held stays held.
    pub(crate) fn abandoned(&mut self) {
        self.abandoned += 1;
    }

    /// A case that was given up has ended after all.
    pub(crate) fn ended_late(&mut self, case: CaseIx) {
        self.abandoned -= 1;
        self.finished(case);
    }

    /// The case ran, and is to be tried again. Until it is taken up it holds nothing.
    pub(crate) fn again(&mut self, case: CaseIx, again: RetryRequest) {
        self.finished(case);
        self.pending += 1;
        self.postponed.push(case, again);
    }

    /// The first moment after `now` at which another answer is possible although nobody does anything.
    pub(crate) fn changes_at(&self, now: Duration) -> Option<Duration> {
        self.postponed.next_after(now)
    }

    /// The case was not started: another process holds this lock. It goes back to its place.
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

    /// The lock that another process held is free there.
    pub(crate) fn external_release(&mut self, lock: &LockClaim) {
        let key = self.locks.external_release(lock);
        self.update_lock(key);
    }

    /// The cases that have not been started, in no order.
    pub(crate) fn not_started(&self) -> Vec<CaseIx> {
        self.classes.iter().flat_map(|(_, class)| class.cases()).chain(self.postponed.cases()).collect()
    }

    /// Whether nothing runs any more, except what was given up.
    pub(crate) fn is_idle(&self) -> bool {
        isize::try_from(self.running) == Ok(self.abandoned)
    }

    /// Whether everything has run and nothing is held.
    pub(crate) fn is_over(&self) -> bool {
        self.pending == 0 && self.running == 0
    }

    /// Those whose rest is over are cases as all others.
    fn readmit(&mut self, now: Duration) {
        while let Some(case) = self.postponed.take_due(now) {
            let class_ix = self.classes.of(case);
            self.withdraw(class_ix);
            self.classes.put_back(case, &mut self.locks);
            self.place(class_ix);
        }
    }

    /// When the rest of the round is through, and nothing runs: the cases that are to be tried again so. Nothing is left
    /// that could start beside one.
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

    /// Cases that tolerate nothing beside them are offered when nothing runs.
    fn update_machine(&mut self) {
        self.locks.set_machine_busy(self.running > 0);
        self.update_lock(MACHINE);
    }

    /// Waiting makes sense as long as something can change: a case that runs, one that another worker can start, a lock
    /// in another process, or a rest that is over. What was given up may hold its locks for ever.
    fn wait_or_done(&self) -> Next {
        let will_be = self.locks.is_any_held_elsewhere() || self.postponed.will_start(self.running == 0);
        let can_start = !self.alone && (!self.ready.is_empty() || will_be);
        if can_start || !self.is_idle() { Next::Wait } else { Next::Done }
    }
}
