//! Where workers wait for their next test: the scheduler behind a mutex, and a condition variable for each worker.
//!
//! A thread that changes something asks the scheduler on behalf of the waiting workers, and notifies only those that got an assignment. So
//! a waiting worker costs nothing, and is woken once.

#[cfg(test)]
mod tests;

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
    /// Whether another process has requested the run to stop.
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
    /// When the scheduler was last asked on behalf of all waiting workers.
    asked_at: Duration,
    stop: Option<CancelReason>,
}

/// The state of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WorkerState {
    /// It runs something, or has not come yet.
    Away,
    Waiting,
    Called(Assignment),
}

impl Dispatcher {
    /// A dispatcher for this number of workers and iterations; `new_iteration` makes the scheduler of each iteration. `is_to_stop` is asked whenever a case
    /// could be started; [`Dispatcher::stop`] wakes the waiting workers.
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

    /// The next case for this worker, which runs nothing; `finished` is the case that it ran last, if that is over. Waits until there is
    /// one, or nothing more to come.
    pub(crate) fn next_assignment(&self, worker: Slot, finished: Option<CaseIx>) -> Assignment {
        let mut state = self.lock();
        if let Some(case) = finished {
            state.scheduler.finished(case);
        }
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

    /// The case is retried later. Waiting workers are notified of the time.
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

    /// The reason why no case is started any more.
    pub(crate) fn stopped(&self) -> Option<CancelReason> {
        self.lock().stop
    }

    /// The cases that were never started. Called when all workers have ended.
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

    /// Gives each waiting worker its assignment, if there is one now. The worker `awake` is asked first: it can go on at once with a case that
    /// needs what its last one needed, where another worker would have to wake up. It is not notified, as it checks by itself: to notify is a
    /// system call.
    fn call(&self, state: &mut DispatchState, awake: Option<Slot>) {
        let now = self.clock.now();
        state.asked_at = now;
        // One worker's "done" can be the reason that another one's wait is over, so this ends when nothing changes.
        let n_workers = state.worker_states.len();
        let first = awake.map_or(0, Slot::ix);
        loop {
            let mut has_changed = false;
            // A fallback worker is asked after all others.
            let has_fallback_workers = state.scheduler.has_fallback_workers();
            for place in 0..if has_fallback_workers { 2 * n_workers } else { n_workers } {
                let (worker, is_second) = ((first + place) % n_workers, place >= n_workers);
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
