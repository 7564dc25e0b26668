//! Where workers wait for their next case: the scheduler behind a lock, and a bell for each worker.
//!
//! Whoever changes something asks the scheduler on behalf of those who wait, and rings only for those that got an
//! answer. So a waiting worker costs nothing, and is woken once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::model::event::{CaseIx, Stop};
use crate::model::tags::Lock;
use crate::model::worker::Slot;
use crate::platform::clock::Clock;
use crate::policy::schedule::{Next, Scheduler};

/// What a worker does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Run {
        case: CaseIx,
        round: u32,
        queued: Duration,
    },
    /// There is nothing more to do.
    Over,
}

/// A case that was never started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leftover {
    pub(crate) case: CaseIx,
    pub(crate) round: u32,
}

pub(crate) struct Gate {
    state: Mutex<State>,
    bells: Vec<Condvar>,
    clock: Clock,
    new_round: Box<dyn Fn() -> Scheduler + Send + Sync>,
}

struct State {
    scheduler: Scheduler,
    /// From 1.
    round: u32,
    rounds: u32,
    desks: Vec<Desk>,
    stop: Option<Stop>,
}

/// Where a worker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Desk {
    /// It runs something, or has not come yet.
    Away,
    Waiting,
    Called(Turn),
}

impl Gate {
    /// A gate for so many workers and rounds; `new_round` makes the scheduler of each round.
    pub(crate) fn new(
        workers: usize,
        rounds: u32,
        clock: Clock,
        new_round: impl Fn() -> Scheduler + Send + Sync + 'static,
    ) -> Self {
        let state = State { scheduler: new_round(), round: 1, rounds, desks: vec![Desk::Away; workers], stop: None };
        let bells = (0..workers).map(|_| Condvar::new()).collect();
        Self { state: Mutex::new(state), bells, clock, new_round: Box::new(new_round) }
    }

    /// The next case for this worker, which runs nothing. Waits until there is one, or nothing more to come.
    pub(crate) fn turn(&self, worker: Slot) -> Turn {
        let mut state = self.lock();
        state.desks[worker.ix()] = Desk::Waiting;
        self.call(&mut state, Some(worker));
        loop {
            if let Desk::Called(turn) = state.desks[worker.ix()] {
                state.desks[worker.ix()] = Desk::Away;
                return turn;
            }
            state = self.bells[worker.ix()].wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The case is over.
    pub(crate) fn finished(&self, case: CaseIx) {
        self.change(|scheduler, _| scheduler.finished(case));
    }

    /// The case was given up; what it held stays held.
    pub(crate) fn abandoned(&self) {
        self.change(|scheduler, _| scheduler.abandoned());
    }

    /// A case that was given up has ended after all.
    pub(crate) fn ended_late(&self, case: CaseIx) {
        self.change(|scheduler, _| scheduler.ended_late(case));
    }

    /// The case was not started: another process holds that lock.
    pub(crate) fn refused(&self, case: CaseIx, lock: &Lock) {
        self.change(|scheduler, now| scheduler.refused(case, lock, now));
    }

    /// The lock is free in the other process.
    pub(crate) fn free_elsewhere(&self, lock: &Lock) {
        self.change(|scheduler, _| scheduler.free_elsewhere(lock));
    }

    /// From now on no case is started. The first reason counts.
    pub(crate) fn stop(&self, reason: Stop) {
        let mut state = self.lock();
        state.stop.get_or_insert(reason);
        self.call(&mut state, None);
    }

    /// Why no case is started any more, if so.
    pub(crate) fn stopped(&self) -> Option<Stop> {
        self.lock().stop
    }

    /// What was never started. For when all workers are through.
    pub(crate) fn leftovers(&self, n_cases: usize) -> Vec<Leftover> {
        let state = self.lock();
        let this_round = state.scheduler.not_started().into_iter().map(|case| Leftover { case, round: state.round });
        let later = (state.round + 1..=state.rounds)
            .flat_map(|round| (0..n_cases as u32).map(move |case| Leftover { case: CaseIx(case), round }));
        let mut leftovers: Vec<_> = this_round.chain(later).collect();
        leftovers.sort_by_key(|leftover| (leftover.round, leftover.case));
        leftovers
    }

    fn change(&self, change: impl FnOnce(&mut Scheduler, Duration)) {
        let now = self.clock.now();
        let mut state = self.lock();
        change(&mut state.scheduler, now);
        self.call(&mut state, None);
    }

    /// Gives everybody who waits an answer, if there is one now. Who is `awake` looks by itself: a bell is a system call.
    fn call(&self, state: &mut State, awake: Option<Slot>) {
        let now = self.clock.now();
        // One worker's "done" can be the reason that another one's wait is over, so this ends when nothing changes.
        loop {
            let mut has_changed = false;
            for worker in 0..state.desks.len() {
                if state.desks[worker] == Desk::Waiting
                    && let Some(turn) = self.answer(state, Slot(worker as u32), now)
                {
                    state.desks[worker] = Desk::Called(turn);
                    if awake != Some(Slot(worker as u32)) {
                        self.bells[worker].notify_one();
                    }
                    has_changed = true;
                }
            }
            if !has_changed {
                return;
            }
        }
    }

    fn answer(&self, state: &mut State, worker: Slot, now: Duration) -> Option<Turn> {
        if state.stop.is_some() {
            return Some(Turn::Over);
        }
        match state.scheduler.next(worker, now) {
            Next::Start { case, queued } => Some(Turn::Run { case, round: state.round, queued }),
            Next::Wait => None,
            Next::Done if state.round == state.rounds => Some(Turn::Over),
            Next::Done if state.scheduler.is_over() => {
                state.round += 1;
                state.scheduler = (self.new_round)();
                self.answer(state, worker, now)
            }
            // Others still run this round; or one was given up and holds things, and no further round can begin.
            Next::Done if state.scheduler.is_calm() => Some(Turn::Over),
            Next::Done => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
