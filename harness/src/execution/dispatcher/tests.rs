//! The dispatcher, with one or two workers that are driven by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::model::config::Dist;
use crate::model::tags::{Access, Constraint, LockNamespace};
use crate::schedule::{JobSpec, Preference};

fn gate(workers: usize, iterations: u32, cases: usize) -> Dispatcher {
    let ask = JobSpec { needs: &[], group: None, weight: Duration::ZERO };
    let new_iteration = move || Scheduler::new(&vec![ask; cases], workers, Preference::Listed, Dist::Load, &|_| None);
    let dispatcher = Dispatcher::new(workers, iterations, Clock::start(), new_iteration, || false);
    (0..workers).for_each(|_| dispatcher.worker_started());
    dispatcher
}

/// What each turn of the only worker is, as `case/round`; the first time it gives every case back.
#[track_caller]
fn check(iterations: u32, rest: Duration, alone: bool, expected: &str) {
    let dispatcher = gate(1, iterations, 2);
    let mut turns = Vec::new();
    let mut finished = None;
    while let Assignment::Run { case, iteration, .. } = dispatcher.next_assignment(Slot(0), finished.take()) {
        let turn = format!("{}/{iteration}", case.0);
        match turns.contains(&turn) {
            true => finished = Some(case),
            false => dispatcher
                .again(case, RetryRequest { not_before: dispatcher.clock.now() + rest, alone, avoid_worker: None }),
        }
        turns.push(turn);
    }
    assert_eq!(turns.join(" "), expected);
    assert_eq!(dispatcher.leftovers(2), []);
}

#[test]
fn retried_case_runs_again() {
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
fn worker_waits_for_the_last_backoff_delay_of_the_iteration() {
    check(2, Duration::from_millis(20), true, "0/1 1/1 0/1 1/1 0/2 1/2 0/2 1/2");
}

#[test]
fn waiting_worker_runs_a_retry_after_its_delay() {
    let dispatcher = gate(2, 2, 1);
    let first = dispatcher.next_assignment(Slot(0), None);
    let Assignment::Run { case, .. } = first else { panic!("{first:?}") };
    std::thread::scope(|scope| {
        // It waits for the second round, and this worker takes up nothing any more.
        let other = scope.spawn(|| dispatcher.next_assignment(Slot(1), None));
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
fn retry_prefers_another_waiting_worker() {
    for failed_on in [Slot(0), Slot(1)] {
        let dispatcher = gate(2, 1, 1);
        let first = dispatcher.next_assignment(failed_on, None);
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
fn stopping_the_run_ends_a_backoff_delay() {
    let dispatcher = gate(1, 1, 1);
    std::thread::scope(|scope| {
        let rests = scope.spawn(|| dispatcher.wait_backoff(Slot(0), Duration::MAX));
        dispatcher.stop(CancelReason::Interrupted);
        assert!(rests.join().is_ok());
    });
}

#[test]
fn stop_request_is_checked_before_the_next_case() {
    let ask = JobSpec { needs: &[], group: None, weight: Duration::ZERO };
    let new_iteration = move || Scheduler::new(&[ask; 2], 1, Preference::Listed, Dist::Load, &|_| None);
    let (stop, asked_at) = {
        let stop = Arc::new(AtomicBool::new(false));
        (Arc::clone(&stop), move || stop.load(Ordering::Relaxed))
    };
    let dispatcher = Dispatcher::new(1, 1, Clock::start(), new_iteration, asked_at);
    dispatcher.worker_started();
    assert!(matches!(dispatcher.next_assignment(Slot(0), None), Assignment::Run { .. }));
    stop.store(true, Ordering::Relaxed);
    assert_eq!(dispatcher.next_assignment(Slot(0), Some(CaseIx(0))), Assignment::Over);
    assert_eq!(dispatcher.stopped(), Some(CancelReason::Interrupted));
    assert_eq!(dispatcher.leftovers(2), [Leftover { case: CaseIx(1), iteration: 1 }]);
}

#[test]
fn retry_that_is_not_started_is_a_leftover() {
    let dispatcher = gate(1, 1, 1);
    assert!(matches!(dispatcher.next_assignment(Slot(0), None), Assignment::Run { .. }));
    dispatcher.again(CaseIx(0), RetryRequest { not_before: Duration::MAX, alone: false, avoid_worker: None });
    dispatcher.stop(CancelReason::TooManyFailures);
    assert_eq!(dispatcher.next_assignment(Slot(0), None), Assignment::Over);
    assert_eq!(dispatcher.leftovers(1), [Leftover { case: CaseIx(0), iteration: 1 }]);
}

#[test]
fn finished_worker_continues_without_waking_another() {
    let needs = [Constraint::Lock(LockClaim { domain: LockNamespace::Resource, name: "r", access: Access::Exclusive })];
    let new_iteration = move || {
        let ask = JobSpec { needs: &needs, group: None, weight: Duration::ZERO };
        Scheduler::new(&[ask; 3], 2, Preference::LongestChain, Dist::Load, &|_| None)
    };
    let dispatcher = Dispatcher::new(2, 1, Clock::start(), new_iteration, || false);
    (0..2).for_each(|_| dispatcher.worker_started());
    assert!(matches!(dispatcher.next_assignment(Slot(1), None), Assignment::Run { case: CaseIx(0), .. }));
    dispatcher.lock().worker_states[0] = WorkerState::Waiting;
    assert!(matches!(dispatcher.next_assignment(Slot(1), Some(CaseIx(0))), Assignment::Run { case: CaseIx(1), .. }));
    assert_eq!(dispatcher.lock().worker_states[0], WorkerState::Waiting);
}
