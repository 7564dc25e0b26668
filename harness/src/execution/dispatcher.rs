//! Where workers wait for their next case: the scheduler behind a lock, and a bell for each worker.
//!
//! Whoever changes something asks the scheduler on behalf of those who wait, and rings only for those that got an
//! answer. So a waiting worker costs nothing, and is woken once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::model::event::{CancelReason, CaseIx};
use crate::model::tags::LockClaim;
use crate::model::worker::Slot;
use crate::os::clock::Clock;
use crate::schedule::{Next, RetryRequest, Scheduler};

/// What a worker does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Assignment {
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

pub(crate) struct Dispatcher {
    state: Mutex<DispatchState>,
    bells: Vec<Condvar>,
    clock: Clock,
    new_round: Box<dyn Fn() -> Scheduler + Send + Sync>,
    /// Whether somebody outside of this process wants the run to stop.
    is_to_stop: Box<dyn Fn() -> bool + Send + Sync>,
}

struct DispatchState {
    scheduler: Scheduler,
    /// Workers without a thread. No case starts before each worker has one: a test can lower the limits of its process so far that
    /// no thread starts any more.
    n_to_start: usize,
    /// From 1.
    round: u32,
    rounds: u32,
    desks: Vec<WorkerState>,
    /// When the scheduler was last asked on behalf of all who wait.
    asked: Duration,
    stop: Option<CancelReason>,
}

/// Where a worker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WorkerState {
    /// It runs something, or has not come yet.
    Away,
    Waiting,
    Called(Assignment),
}

impl Dispatcher {
    /// A gate for so many workers and rounds; `new_round` makes the scheduler of each round. `is_to_stop` is asked whenever a case
    /// could be started; who waits already hears of it by [`Dispatcher::stop`].
    pub(crate) fn new(
        workers: usize,
        rounds: u32,
        clock: Clock,
        new_round: impl Fn() -> Scheduler + Send + Sync + 'static,
        is_to_stop: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        let (desks, asked) = (vec![WorkerState::Away; workers], Duration::ZERO);
        let state =
            DispatchState { scheduler: new_round(), n_to_start: workers, round: 1, rounds, desks, asked, stop: None };
        let bells = (0..workers).map(|_| Condvar::new()).collect();
        Self {
            state: Mutex::new(state),
            bells,
            clock,
            new_round: Box::new(new_round),
            is_to_stop: Box::new(is_to_stop),
        }
    }

    /// The thread of one more worker has started. Cases start when all threads have.
    pub(crate) fn worker_started(&self) {
        let mut state = self.lock();
        state.n_to_start = state.n_to_start.saturating_sub(1);
        self.call(&mut state, None);
    }

    /// The next case for this worker, which runs nothing. Waits until there is one, or nothing more to come.
    pub(crate) fn turn(&self, worker: Slot) -> Assignment {
        let mut state = self.lock();
        state.desks[worker.ix()] = WorkerState::Waiting;
        self.call(&mut state, Some(worker));
        loop {
            if let WorkerState::Called(turn) = state.desks[worker.ix()] {
                state.desks[worker.ix()] = WorkerState::Away;
                return turn;
            }
            let bell = &self.bells[worker.ix()];
            state = match state.scheduler.changes_at(state.asked) {
                None => bell.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(at) => {
                    let rest = at.saturating_sub(self.clock.now());
                    let (mut state, waited) = bell.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner);
                    if waited.timed_out() {
                        self.call(&mut state, Some(worker));
                    }
                    state
                }
            };
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
    pub(crate) fn refused(&self, case: CaseIx, lock: &LockClaim) {
        self.change(|scheduler, now| scheduler.refused(case, lock, now));
    }

    /// The lock is free in the other process.
    pub(crate) fn free_elsewhere(&self, lock: &LockClaim) {
        self.change(|scheduler, _| scheduler.free_elsewhere(lock));
    }

    /// The case is to be tried again. Those who wait learn until when.
    pub(crate) fn again(&self, case: CaseIx, again: RetryRequest) {
        let mut state = self.lock();
        state.scheduler.again(case, again);
        self.call(&mut state, None);
        let waiting = self.bells.iter().zip(&state.desks).filter(|&(_, desk)| *desk == WorkerState::Waiting);
        waiting.for_each(|(bell, _)| bell.notify_one());
    }

    /// Keeps this worker, which rests between two attempts, for so long, or until the run is to end.
    pub(crate) fn rest(&self, worker: Slot, rest: Duration) {
        let ends = |state: &mut DispatchState| !matches!(state.stop, None | Some(CancelReason::Renewed));
        drop(self.bells[worker.ix()].wait_timeout_while(self.lock(), rest, |state| !ends(state)));
    }

    /// From now on no case is started. The first reason counts.
    pub(crate) fn stop(&self, reason: CancelReason) {
        let mut state = self.lock();
        state.stop.get_or_insert(reason);
        self.call(&mut state, None);
        self.bells.iter().for_each(Condvar::notify_one);
    }

    /// Why no case is started any more, if so.
    pub(crate) fn stopped(&self) -> Option<CancelReason> {
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
    fn call(&self, state: &mut DispatchState, awake: Option<Slot>) {
        let now = self.clock.now();
        state.asked = now;
        // One worker's "done" can be the reason that another one's wait is over, so this ends when nothing changes.
        let n_workers = state.desks.len();
        loop {
            let mut has_changed = false;
            // Who is somebody's second choice is asked when all others were.
            let has_second_choices = state.scheduler.has_second_choices();
            for place in 0..if has_second_choices { 2 * n_workers } else { n_workers } {
                let (worker, is_second) = (place % n_workers, place >= n_workers);
                if let WorkerState::Waiting = state.desks[worker]
                    && (!has_second_choices || state.scheduler.is_second_choice(Slot(worker as u32)) == is_second)
                    && let Some(turn) = self.answer(state, Slot(worker as u32), now)
                {
                    state.desks[worker] = WorkerState::Called(turn);
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

    fn answer(&self, state: &mut DispatchState, worker: Slot, now: Duration) -> Option<Assignment> {
        if state.stop.is_some() {
            return Some(Assignment::Over);
        }
        if state.n_to_start > 0 {
            return None;
        }
        match state.scheduler.next(worker, now) {
            Next::Start { case, queued } => Some(Assignment::Run { case, round: state.round, queued }),
            Next::Wait => None,
            Next::Done if state.round == state.rounds => Some(Assignment::Over),
            Next::Done if state.scheduler.is_over() => {
                state.round += 1;
                state.scheduler = (self.new_round)();
                self.answer(state, worker, now)
            }
            // Others still run this round; or one was given up and holds things, and no further round can begin.
            Next::Done if state.scheduler.is_calm() => Some(Assignment::Over),
            Next::Done => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, DispatchState> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if (self.is_to_stop)() {
            state.stop.get_or_insert(CancelReason::Interrupted);
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::model::config::Dist;
    use crate::schedule::{JobSpec, Preference};

    fn gate(workers: usize, rounds: u32, cases: usize) -> Dispatcher {
        let ask = JobSpec { needs: &[], group: None, weight: Duration::ZERO };
        let new_round = move || Scheduler::new(&vec![ask; cases], workers, Preference::Listed, Dist::Load, &|_| None);
        let gate = Dispatcher::new(workers, rounds, Clock::start(), new_round, || false);
        (0..workers).for_each(|_| gate.worker_started());
        gate
    }

    /// What each turn of the only worker is, as `case/round`; the first time it gives every case back.
    #[track_caller]
    fn check(rounds: u32, rest: Duration, alone: bool, expected: &str) {
        let gate = gate(1, rounds, 2);
        let mut turns = Vec::new();
        while let Assignment::Run { case, round, .. } = gate.turn(Slot(0)) {
            let turn = format!("{}/{round}", case.0);
            match turns.contains(&turn) {
                true => gate.finished(case),
                false => {
                    gate.again(case, RetryRequest { not_before: gate.clock.now() + rest, alone, rather_not: None })
                }
            }
            turns.push(turn);
        }
        assert_eq!(turns.join(" "), expected);
        assert_eq!(gate.leftovers(2), []);
    }

    #[test]
    fn a_case_that_is_given_back_comes_again() {
        check(1, Duration::ZERO, false, "0/1 0/1 1/1 1/1");
        check(1, Duration::ZERO, true, "0/1 1/1 0/1 1/1");
    }

    #[test]
    fn no_case_starts_before_each_worker_has_started() {
        let ask = JobSpec { needs: &[], group: None, weight: Duration::ZERO };
        let new_round = move || Scheduler::new(&[ask], 2, Preference::Listed, Dist::Load, &|_| None);
        let gate = Dispatcher::new(2, 1, Clock::start(), new_round, || false);
        let mut state = gate.lock();
        state.desks[0] = WorkerState::Waiting;
        drop(state);
        gate.worker_started();
        assert_eq!(gate.lock().desks[0], WorkerState::Waiting);
        gate.worker_started();
        assert!(matches!(gate.lock().desks[0], WorkerState::Called(Assignment::Run { .. })));
    }

    #[test]
    fn a_worker_waits_for_the_last_rest_of_the_round() {
        check(2, Duration::from_millis(20), true, "0/1 1/1 0/1 1/1 0/2 1/2 0/2 1/2");
    }

    #[test]
    fn a_worker_that_waits_learns_of_a_rest() {
        let gate = gate(2, 2, 1);
        let first = gate.turn(Slot(0));
        let Assignment::Run { case, .. } = first else { panic!("{first:?}") };
        std::thread::scope(|scope| {
            // It waits for the second round, and this worker takes up nothing any more.
            let other = scope.spawn(|| gate.turn(Slot(1)));
            while gate.lock().desks[1] != WorkerState::Waiting {
                std::thread::yield_now();
            }
            gate.again(
                case,
                RetryRequest {
                    not_before: gate.clock.now() + Duration::from_millis(20),
                    alone: false,
                    rather_not: None,
                },
            );
            assert!(matches!(other.join(), Ok(Assignment::Run { round: 1, .. })));
        });
    }

    #[test]
    fn another_worker_that_waits_comes_first() {
        for failed_on in [Slot(0), Slot(1)] {
            let gate = gate(2, 1, 1);
            let first = gate.turn(failed_on);
            let Assignment::Run { case, .. } = first else { panic!("{first:?}") };
            gate.again(case, RetryRequest { not_before: Duration::ZERO, alone: false, rather_not: Some(failed_on) });
            let mut state = gate.lock();
            state.desks.fill(WorkerState::Waiting);
            gate.call(&mut state, None);
            let called = state.desks.iter().map(|desk| matches!(desk, WorkerState::Called(Assignment::Run { .. })));
            let other = called.enumerate().find(|&(_, is_called)| is_called).map(|(worker, _)| worker);
            assert_eq!(other, Some(1 - failed_on.ix()));
        }
    }

    #[test]
    fn the_end_of_the_run_is_the_end_of_a_rest() {
        let gate = gate(1, 1, 1);
        std::thread::scope(|scope| {
            let rests = scope.spawn(|| gate.rest(Slot(0), Duration::MAX));
            gate.stop(CancelReason::Interrupted);
            assert!(rests.join().is_ok());
        });
    }

    #[test]
    fn who_wants_the_run_to_stop_is_heard_before_the_next_case() {
        let ask = JobSpec { needs: &[], group: None, weight: Duration::ZERO };
        let new_round = move || Scheduler::new(&[ask; 2], 1, Preference::Listed, Dist::Load, &|_| None);
        let (stop, asked) = {
            let stop = Arc::new(AtomicBool::new(false));
            (Arc::clone(&stop), move || stop.load(Ordering::Relaxed))
        };
        let gate = Dispatcher::new(1, 1, Clock::start(), new_round, asked);
        gate.worker_started();
        assert!(matches!(gate.turn(Slot(0)), Assignment::Run { .. }));
        stop.store(true, Ordering::Relaxed);
        gate.finished(CaseIx(0));
        assert_eq!(gate.turn(Slot(0)), Assignment::Over);
        assert_eq!(gate.stopped(), Some(CancelReason::Interrupted));
        assert_eq!(gate.leftovers(2), [Leftover { case: CaseIx(1), round: 1 }]);
    }

    #[test]
    fn what_is_given_back_and_not_taken_up_is_left_over() {
        let gate = gate(1, 1, 1);
        assert!(matches!(gate.turn(Slot(0)), Assignment::Run { .. }));
        gate.again(CaseIx(0), RetryRequest { not_before: Duration::MAX, alone: false, rather_not: None });
        gate.stop(CancelReason::TooManyFailures);
        assert_eq!(gate.turn(Slot(0)), Assignment::Over);
        assert_eq!(gate.leftovers(1), [Leftover { case: CaseIx(0), round: 1 }]);
    }
}
