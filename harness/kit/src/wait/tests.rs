//! The times of checks on a manual clock, and the differences with futures.

use std::cell::RefCell;

use super::*;
use crate::clock::ManualClock;

const MS: Duration = Duration::from_millis(1);

/// The times of the checks, in microseconds, if the condition holds from the `holds_at`th check on.
#[track_caller]
fn check(limit: Duration, holds_at: usize, expected: Result<&[u128], &[u128]>) {
    let (clock, checks) = (ManualClock::new(), RefCell::new(Vec::new()));
    let result = wait_on(&clock, limit, || {
        checks.borrow_mut().push(clock.now().as_micros());
        if checks.borrow().len() >= holds_at { Ok(checks.borrow().clone()) } else { Err(checks.borrow().clone()) }
    });
    let result = result.map_err(|timeout| {
        assert_eq!(timeout.checks() as usize, checks.borrow().len());
        timeout.into_last_state().unwrap_or_default()
    });
    assert_eq!(result.as_deref().map_err(Vec::as_slice), expected);
}

#[test]
fn pauses_double_up_to_their_maximum() {
    let checks = [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500, 63_500, 113_500, 163_500];
    check(1_000 * MS, 10, Ok(&checks));
}

#[test]
fn condition_is_checked_at_the_end_of_the_limit() {
    check(5 * MS, 100, Err(&[0, 500, 1_500, 3_500, 5_000]));
    check(5 * MS, 5, Ok(&[0, 500, 1_500, 3_500, 5_000]));
    check(Duration::ZERO, 100, Err(&[0]));
    check(Duration::ZERO, 1, Ok(&[0]));
}

#[test]
fn slow_check_is_followed_by_a_last_one() {
    let clock = ManualClock::new();
    let mut checks = 0;
    let result = wait_on(&clock, MS, || {
        checks += 1;
        clock.advance(10 * MS);
        if checks == 2 { Ok(checks) } else { Err(checks) }
    });
    assert_eq!(result, Ok(2));
}

#[tokio::test]
async fn wait_for_async_reports_the_last_state() {
    let mut checks = 0;
    let timeout = wait_for_async(20 * MS, || {
        checks += 1;
        assert!(checks < 1_000, "it does not stop checking");
        std::future::ready(Err::<(), _>(checks))
    });
    let timeout = timeout.await.expect_err("it never holds");
    assert_eq!((timeout.last_state(), timeout.checks()), (Some(&checks), checks));
    assert!(checks > 1);
}

#[tokio::test]
async fn wait_for_async_drops_a_pending_check() {
    let first = wait_for_async(MS, std::future::pending::<Result<(), u32>>).await.expect_err("it hangs");
    assert_eq!(first.to_string(), "no check of the condition finished within 1ms");
    let mut checks = 0;
    let second = wait_for_async(20 * MS, || {
        checks += 1;
        async move { if checks == 1 { Err::<(), _>("2 of 3 rows") } else { std::future::pending().await } }
    });
    let expected = r#"the condition did not hold within 20ms; last state, at check 1: "2 of 3 rows""#;
    assert_eq!(second.await.expect_err("it hangs").to_string(), expected);
}

#[tokio::test]
async fn wait_for_async_checks_at_least_once() {
    assert_eq!(wait_for_async(Duration::ZERO, || std::future::ready(Ok::<_, ()>(7))).await, Ok(7));
}

#[tokio::test]
async fn last_async_check_may_await() {
    let (begin, limit) = (std::time::Instant::now(), 20 * MS);
    let result = wait_for_async(limit, || async {
        let holds = begin.elapsed() >= limit;
        tokio::task::yield_now().await;
        if holds { Ok(()) } else { Err(()) }
    });
    assert_eq!(result.await, Ok(()));
}
