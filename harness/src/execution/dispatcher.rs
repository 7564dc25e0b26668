//! Where workers wait for their next case: the scheduler behind a lock, and a bell for each worker.
//!
//! Whoever changes something asks the scheduler on behalf of those who wait, and rings only for those that got an
//! answer. So a waiting worker costs nothing, and is woken once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::model::event::{CancelReason, CaseIx};
use crate::model::mutex::MutexExt;
use crate::model::tags::LockClaim;
use crate::model::worker::Slot;
use crate::os::clock::Clock;
use crate::schedule::{Next, RetryRequest, Scheduler};

/// What a worker does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Assignment {
    Run {
        case: CaseIx,
        iteration: u32,
        queued: Duration,
    },
    /// There is nothing more to do.
    Over,
}

/// A case that was never started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leftover {
    pub(crate) case: CaseIx,
    pub(crate) iteration: u32,
}

pub(crate) struct Dispatcher {
    state: Mutex<DispatchState>,
    condvars: Vec<Condvar>,
    clock: Clock,
    new_iteration: Box<dyn Fn() -> Scheduler + Send + Sync>,
    /// Whether somebody outside of this process wants the run to stop.
    is_to_stop: Box<dyn Fn() -> bool + Send + Sync>,
}

struct DispatchState {
    scheduler: Scheduler,
    /// Workers without a thread. No case starts before each worker has one: a test can lower the limits of its process so far that
    /// no thread starts any more.
    n_to_start: usize,
    /// From 1.
    iteration: u32,
    iterations: u32,
    worker_states: Vec<WorkerState>,
    /// When the scheduler was last asked on behalf of all who wait.
    asked_at: Duration,
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
    /// A gate for so many workers and rounds; `new_iteration` makes the scheduler of each round. `is_to_stop` is asked whenever a case
    /// could be started; who waits already hears of it by [`Dispatcher::stop`].
    pub(crate) fn new(
        workers: usize,
        iterations: u32,
        clock: Clock,
        new_iteration: impl Fn() -> Scheduler + Send + Sync + 'static,
        is_to_stop: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        let (worker_states, asked_at) = (vec![WorkerState::Away; workers], Duration::ZERO);
        let state = DispatchState {
            scheduler: new_iteration(),
            n_to_start: workers,
            iteration: 1,
            iterations,
            worker_states,
            asked_at,
            stop: None,
        };
        let condvars = (0..workers).map(|_| Condvar::new()).collect();
        Self {
            state: Mutex::new(state),
            condvars,
            clock,
            new_iteration: Box::new(new_iteration),
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
    pub(crate) fn next_assignment(&self, worker: Slot) -> Assignment {
        let mut state = self.lock();
        state.worker_states[worker.ix()] = WorkerState::Waiting;
        self.call(&mut state, Some(worker));
        loop {
            if let WorkerState::Called(assignment) = state.worker_states[worker.ix()] {
                state.worker_states[worker.ix()] = WorkerState::Away;
                return assignment;
            }
            let condvar = &self.condvars[worker.ix()];
            state = match state.scheduler.changes_at(state.asked_at) {
                None => condvar.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(at) => {
                    let rest = at.saturating_sub(self.clock.now());
                    let (mut state, waited) = condvar.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner);
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
    pub(crate) fn lock_busy(&self, case: CaseIx, lock: &LockClaim) {
        self.change(|scheduler, now| scheduler.lock_busy(case, lock, now));
    }

    /// The lock is free in the other process.
    pub(crate) fn external_release(&self, lock: &LockClaim) {
        self.change(|scheduler, _| scheduler.external_release(lock));
    }

    /// The case is to be tried again. Those who wait learn until when.
    pub(crate) fn again(&self, case: CaseIx, again: RetryRequest) {
        let mut state = self.lock();
        state.scheduler.again(case, again);
        self.call(&mut state, None);
        let waiting = self
            .condvars
            .iter()
            .zip(&state.worker_states)
            .filter(|&(_, worker_state)| *worker_state == WorkerState::Waiting);
        waiting.for_each(|(condvar, _)| condvar.notify_one());
    }

    /// Keeps this worker waiting for the delay between two attempts, or until the run is cancelled.
    pub(crate) fn wait_backoff(&self, worker: Slot, delay: Duration) {
        let ends = |state: &mut DispatchState| !matches!(state.stop, None | Some(CancelReason::HostRestart));
        drop(self.condvars[worker.ix()].wait_timeout_while(self.lock(), delay, |state| !ends(state)));
    }

    /// From now on no case is started. The first reason counts.
    pub(crate) fn stop(&self, reason: CancelReason) {
        let mut state = self.lock();
        state.stop.get_or_insert(reason);
        self.call(&mut state, None);
        self.condvars.iter().for_each(Condvar::notify_one);
    }

    /// Why no case is started any more, if so.
    pub(crate) fn stopped(&self) -> Option<CancelReason> {
        self.lock().stop
    }

    /// What was never started. For when all workers are through.
    pub(crate) fn leftovers(&self, n_cases: usize) -> Vec<Leftover> {
        let state = self.lock();
        let this_round =
            state.scheduler.not_started().into_iter().map(|case| Leftover { case, iteration: state.iteration });
        let later = (state.iteration + 1..=state.iterations)
            .flat_map(|iteration| (0..n_cases as u32).map(move |case| Leftover { case: CaseIx(case), iteration }));
        let mut leftovers: Vec<_> = this_round.chain(later).collect();
        leftovers.sort_by_key(|leftover| (leftover.iteration, leftover.case));
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
        state.asked_at = now;
        // One worker's "done" can be the reason that another one's wait is over, so this ends when nothing changes.
        let n_workers = state.worker_states.len();
        loop {
            let mut has_changed = false;
            // Who is somebody's second choice is asked when all others were.
            let has_fallback_workers = state.scheduler.has_fallback_workers();
            for place in 0..if has_fallback_workers { 2 * n_workers } else { n_workers } {
                let (worker, is_second) = (place % n_workers, place >= n_workers);
                if let WorkerState::Waiting = state.worker_states[worker]
                    && (!has_fallback_workers || state.scheduler.is_fallback_worker(Slot(worker as u32)) == is_second)
                    && let Some(assignment) = self.answer(state, Slot(worker as u32), now)
                {
                    state.worker_states[worker] = WorkerState::Called(assignment);
                    if awake != Some(Slot(worker as u32)) {
                        self.condvars[worker].notify_one();
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
            Next::Start { case, queued } => Some(Assignment::Run { case, iteration: state.iteration, queued }),
            Next::Wait => None,
            Next::Done if state.iteration == state.iterations => Some(Assignment::Over),
            Next::Done if state.scheduler.is_over() => {
                state.iteration += 1;
                state.scheduler = (self.new_iteration)();
                self.answer(state, worker, now)
            }
            // Others still run this round; or one was given up and holds things, and no further round can begin.
            Next::Done if state.scheduler.is_idle() => Some(Assignment::Over),
            Next::Done => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, DispatchState> {
        let mut state = self.state.lock_even_if_poisoned();
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

    fn gate(workers: usize, iterations: u32, cases: usize) -> Dispatcher {
        let ask = JobSpec { needs: &[], group: None, weight: Duration::ZERO };
        let new_iteration =
            move || Scheduler::new(&vec![ask; cases], workers, Preference::Listed, Dist::Load, &|_| None);
        let dispatcher = Dispatcher::new(workers, iterations, Clock::start(), new_iteration, || false);
        (0..workers).for_each(|_| dispatcher.worker_started());
        dispatcher
    }

    /// What each turn of the only worker is, as `case/round`; the first time it gives every case back.
    #[track_caller]
    fn check(iterations: u32, rest: Duration, alone: bool, expected: &str) {
        let dispatcher = gate(1, iterations, 2);
        let mut turns = Vec::new();
        while let Assignment::Run { case, iteration, .. } = dispatcher.next_assignment(Slot(0)) {
            let turn = format!("{}/{iteration}", case.0);
            match turns.contains(&turn) {
                true => dispatcher.finished(case),
                false => dispatcher
                    .again(case, RetryRequest { not_before: dispatcher.clock.now() + rest, alone, avoid_worker: None }),
            }
            turns.push(turn);
        }
        assert_eq!(turns.join(" "), expected);
        assert_eq!(dispatcher.leftovers(2), []);
    }

    #[test]
    fn a_case_that_is_given_back_comes_again() {
        check(1, Duration::ZERO, false, "0/1 0/1 1/1 1/1");
        check(1, Duration::ZERO, true, "0/1 1/1 0/1 1/1");
    }

    #[test]
    fn no_case_starts_before_each_worker_has_started() {
        let ask = JobSpec { needs: &[], group: None, weight: Duration::ZERO };
        let new_iteration = move || Scheduler::new(&[ask], 2, Preference::Listed, Dist::Load, &|_| None);
        let dispatcher = Dispatcher::new(2, 1, Clock::start(), new_iteration, || false);
        let mut state = dispatcher.lock();
        state.worker_states[0] = WorkerState::Waiting;
        drop(state);
        dispatcher.worker_started();
        assert_eq!(dispatcher.lock().worker_states[0], WorkerState::Waiting);
        dispatcher.worker_started();
        assert!(matches!(dispatcher.lock().worker_states[0], WorkerState::Called(Assignment::Run { .. })));
    }

    #[test]
    fn a_worker_waits_for_the_last_rest_of_the_round() {
        check(2, Duration::from_millis(20), true, "0/1 1/1 0/1 1/1 0/2 1/2 0/2 1/2");
    }

    #[test]
    fn a_worker_that_waits_learns_of_a_rest() {
        let dispatcher = gate(2, 2, 1);
        let first = dispatcher.next_assignment(Slot(0));
        let Assignment::Run { case, .. } = first else { panic!("{first:?}") };
        std::thread::scope(|scope| {
            // It waits for the second round, and this worker takes up nothing any more.
            let other = scope.spawn(|| dispatcher.next_assignment(Slot(1)));
            while dispatcher.lock().worker_states[1] != WorkerState::Waiting {
                std::thread::yield_now();
            }
            dispatcher.again(
                case,
                RetryRequest {
                    not_before: dispatcher.clock.now() + Duration::from_millis(20),
                    alone: false,
                    avoid_worker: None,
                },
            );
            assert!(matches!(other.join(), Ok(Assignment::Run { iteration: 1, .. })));
        });
    }

    #[test]
    fn another_worker_that_waits_comes_first() {
        for failed_on in [Slot(0), Slot(1)] {
            let dispatcher = gate(2, 1, 1);
            let first = dispatcher.next_assignment(failed_on);
            let Assignment::Run { case, .. } = first else { panic!("{first:?}") };
            dispatcher
                .again(case, RetryRequest { not_before: Duration::ZERO, alone: false, avoid_worker: Some(failed_on) });
            let mut state = dispatcher.lock();
            state.worker_states.fill(WorkerState::Waiting);
            dispatcher.call(&mut state, None);
            let called = state
                .worker_states
                .iter()
                .map(|worker_state| matches!(worker_state, WorkerState::Called(Assignment::Run { .. })));
            let other = called.enumerate().find(|&(_, is_called)| is_called).map(|(worker, _)| worker);
            assert_eq!(other, Some(1 - failed_on.ix()));
        }
    }

    #[test]
    fn the_end_of_the_run_is_the_end_of_a_rest() {
        let dispatcher = gate(1, 1, 1);
        std::thread::scope(|scope| {
            let rests = scope.spawn(|| dispatcher.wait_backoff(Slot(0), Duration::MAX));
            dispatcher.stop(CancelReason::Interrupted);
            assert!(rests.join().is_ok());
        });
    }

    #[test]
    fn who_wants_the_run_to_stop_is_heard_before_the_next_case() {
        let ask = JobSpec { needs: &[], group: None, weight: Duration::ZERO };
        let new_iteration = move || Scheduler::new(&[ask; 2], 1, Preference::Listed, Dist::Load, &|_| None);
        let (stop, asked_at) = {
            let stop = Arc::new(AtomicBool::new(false));
            (Arc::clone(&stop), move || stop.load(Ordering::Relaxed))
        };
        let dispatcher = Dispatcher::new(1, 1, Clock::start(), new_iteration, asked_at);
        dispatcher.worker_started();
        assert!(matches!(dispatcher.next_assignment(Slot(0)), Assignment::Run { .. }));
        stop.store(true, Ordering::Relaxed);
        dispatcher.finished(CaseIx(0));
        assert_eq!(dispatcher.next_assignment(Slot(0)), Assignment::Over);
        assert_eq!(dispatcher.stopped(), Some(CancelReason::Interrupted));
        assert_eq!(dispatcher.leftovers(2), [Leftover { case: CaseIx(1), iteration: 1 }]);
    }

    #[test]
    fn what_is_given_back_and_not_taken_up_is_left_over() {
        let dispatcher = gate(1, 1, 1);
        assert!(matches!(dispatcher.next_assignment(Slot(0)), Assignment::Run { .. }));
        dispatcher.again(CaseIx(0), RetryRequest { not_before: Duration::MAX, alone: false, avoid_worker: None });
        dispatcher.stop(CancelReason::TooManyFailures);
        assert_eq!(dispatcher.next_assignment(Slot(0)), Assignment::Over);
        assert_eq!(dispatcher.leftovers(1), [Leftover { case: CaseIx(0), iteration: 1 }]);
    }
}
