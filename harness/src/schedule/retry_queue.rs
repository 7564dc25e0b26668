//! Cases that have run and are to be tried again, but not now.

use std::time::Duration;

use crate::model::event::CaseIx;
use crate::model::worker::Slot;

/// How a case is to be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryRequest {
    pub(crate) not_before: Duration,
    /// When everything else of the round is through, and with nothing beside it.
    pub(crate) alone: bool,
    /// The worker that gets it only if nobody else can take it up, and if it can start nothing else.
    pub(crate) avoid_worker: Option<Slot>,
}

/// Cases and when they may, who may first, first.
type Waiting = Vec<(Duration, CaseIx)>;

/// Both lists.
#[derive(Debug, Default)]
pub(super) struct RetryQueue {
    resting: Waiting,
    alone: Waiting,
    /// Of cases that were not taken up yet.
    avoid_worker: Vec<(CaseIx, Slot)>,
    /// The last one that was taken to run alone, unless it came back.
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

    /// One that may be taken up like any other case.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<CaseIx> {
        let &(not_before, case) = self.resting.first()?;
        if not_before > now {
            return None;
        }
        self.resting.remove(0);
        Some(case)
    }

    /// Whether somebody else is to take the case up, if that is possible.
    pub(super) fn avoids_worker(&self, case: CaseIx, worker: Slot) -> bool {
        self.avoid_worker.contains(&(case, worker))
    }

    /// Whether there is such a case for any worker.
    pub(super) fn has_fallback_workers(&self) -> bool {
        !self.avoid_worker.is_empty()
    }

    /// Whether there is such a case for the worker.
    pub(super) fn is_fallback_worker(&self, worker: Slot) -> bool {
        self.avoid_worker.iter().any(|&(_, other)| other == worker)
    }

    /// The case was taken up.
    pub(super) fn taken_up(&mut self, case: CaseIx) {
        self.avoid_worker.retain(|&(other, _)| other != case);
    }

    /// One that may run alone, and finds what it needs free.
    pub(super) fn take_alone(&mut self, now: Duration, is_free: impl Fn(CaseIx) -> bool) -> Option<CaseIx> {
        let mut due = self.alone.iter().take_while(|&&(not_before, _)| not_before <= now);
        let found = due.position(|&(_, case)| is_free(case))?;
        self.last = Some(self.alone.remove(found).1);
        self.last
    }

    /// Whether [`RetryQueue::take_alone`] gave this case last, and it has not come back.
    pub(super) fn is_last(&self, case: CaseIx) -> bool {
        self.last == Some(case)
    }

    pub(super) fn n_alone(&self) -> usize {
        self.alone.len()
    }

    /// Whether one of them will start, if only nothing new keeps it. `calm`: nothing runs.
    pub(super) fn will_start(&self, calm: bool) -> bool {
        !self.resting.is_empty() || (calm && !self.alone.is_empty())
    }

    /// The first moment after this one at which a rest is over.
    pub(super) fn next_after(&self, now: Duration) -> Option<Duration> {
        let both = self.resting.iter().chain(&self.alone);
        both.map(|&(not_before, _)| not_before).filter(|&not_before| not_before > now).min()
    }

    pub(super) fn cases(&self) -> impl Iterator<Item = CaseIx> {
        self.resting.iter().chain(&self.alone).map(|&(_, case)| case)
    }
}
