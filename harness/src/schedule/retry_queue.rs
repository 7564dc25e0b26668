//! Tests that have run and are to be retried later.

use std::time::Duration;

use crate::model::event::CaseIx;
use crate::model::worker::Slot;

/// How a test is to be retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryRequest {
    pub(crate) not_before: Duration,
    /// After everything else of the iteration, and with nothing beside it.
    pub(crate) alone: bool,
    /// This worker gets the test only if no other worker can take it and this one can start nothing else.
    pub(crate) avoid_worker: Option<Slot>,
}

/// Tests and the moments at which they may start, the earliest first.
type Waiting = Vec<(Duration, CaseIx)>;

/// Tests to be retried, as part of their class or alone.
#[derive(Debug, Default)]
pub(super) struct RetryQueue {
    resting: Waiting,
    alone: Waiting,
    /// For tests that have not been started again yet.
    avoid_worker: Vec<(CaseIx, Slot)>,
    /// The last test that was taken to run alone, unless it came back.
    last: Option<CaseIx>,
}

impl RetryQueue {
    pub(super) fn push(&mut self, case: CaseIx, again: RetryRequest) {
        self.last.take_if(|last| *last == case);
        self.avoid_worker.extend(again.avoid_worker.map(|worker| (case, worker)));
        let list = if again.alone { &mut self.alone } else { &mut self.resting };
        let entry = (again.not_before, case);
        list.insert(list.partition_point(|other| *other < entry), entry);
    }

    /// A test that may start now, like any other.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<CaseIx> {
        let &(not_before, case) = self.resting.first()?;
        if not_before > now {
            return None;
        }
        self.resting.remove(0);
        Some(case)
    }

    /// Whether another worker should take the test, if possible.
    pub(super) fn avoids_worker(&self, case: CaseIx, worker: Slot) -> bool {
        self.avoid_worker.contains(&(case, worker))
    }

    /// Whether any test avoids a worker.
    pub(super) fn has_fallback_workers(&self) -> bool {
        !self.avoid_worker.is_empty()
    }

    /// Whether any test avoids this worker.
    pub(super) fn is_fallback_worker(&self, worker: Slot) -> bool {
        self.avoid_worker.iter().any(|&(_, other)| other == worker)
    }

    /// The test was started again.
    pub(super) fn taken_up(&mut self, case: CaseIx) {
        self.avoid_worker.retain(|&(other, _)| other != case);
    }

    /// A test that may run alone now and whose needs are free.
    pub(super) fn take_alone(&mut self, now: Duration, is_free: impl Fn(CaseIx) -> bool) -> Option<CaseIx> {
        let mut due = self.alone.iter().take_while(|&&(not_before, _)| not_before <= now);
        let found = due.position(|&(_, case)| is_free(case))?;
        self.last = Some(self.alone.remove(found).1);
        self.last
    }

    /// Whether [`RetryQueue::take_alone`] returned this test last, and it has not come back.
    pub(super) fn is_last(&self, case: CaseIx) -> bool {
        self.last == Some(case)
    }

    pub(super) fn n_alone(&self) -> usize {
        self.alone.len()
    }

    /// Whether a test will start unless a new event prevents it. `calm`: nothing runs.
    pub(super) fn will_start(&self, calm: bool) -> bool {
        !self.resting.is_empty() || (calm && !self.alone.is_empty())
    }

    /// The first moment after `now` at which a backoff delay ends.
    pub(super) fn next_after(&self, now: Duration) -> Option<Duration> {
        let both = self.resting.iter().chain(&self.alone);
        both.map(|&(not_before, _)| not_before).filter(|&not_before| not_before > now).min()
    }

    pub(super) fn cases(&self) -> impl Iterator<Item = CaseIx> {
        self.resting.iter().chain(&self.alone).map(|&(_, case)| case)
    }
}
