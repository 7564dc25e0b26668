//! Polls a condition with growing pauses until it holds or a limit is over.

mod condition_timeout;
#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

pub use condition_timeout::ConditionTimeout;
use swimlanes_core::backoff::Backoff;

use crate::clock::{Clock, SystemClock};
use crate::delay::Delay;

/// The longest pause between two checks.
const MAX_PAUSE: Duration = Duration::from_millis(50);

/// The pause after each check.
const PAUSE: Backoff = Backoff::Exponential { first: Duration::from_micros(500), at_most: MAX_PAUSE };

/// Polls a condition until it holds. Blocks the thread until then.
///
/// The condition returns `Ok` if it holds, and `Err` with the current state otherwise. It is checked at least once, and a last time when the
/// limit is over. The pause between checks is half a millisecond at first, doubles each time, and is at most 50 ms. If the code that
/// fulfils the condition can signal it, prefer an [`Event`](crate::event::Event), which needs no polling.
///
/// # Errors
///
/// If the condition does not hold within the limit.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::wait::wait_for;
///
/// let mut rows = 0;
/// let rows_seen = wait_for(Duration::from_secs(5), || {
///     rows += 1; // another client inserts
///     if rows == 3 { Ok(rows) } else { Err(rows) }
/// })?;
/// assert_eq!(rows_seen, 3);
///
/// let timeout = wait_for(Duration::ZERO, || Err::<(), _>("2 of 3 rows")).unwrap_err();
/// assert_eq!(timeout.last_state(), Some(&"2 of 3 rows"));
/// # Ok::<(), swimlanes_kit::wait::ConditionTimeout<i32>>(())
/// ```
pub fn wait_for<T, S>(limit: Duration, condition: impl FnMut() -> Result<T, S>) -> Result<T, ConditionTimeout<S>> {
    wait_on(&SystemClock, limit, condition)
}

fn wait_on<T, S>(
    clock: &dyn Clock,
    limit: Duration,
    mut condition: impl FnMut() -> Result<T, S>,
) -> Result<T, ConditionTimeout<S>> {
    let begin = clock.now();
    let mut checks = 0_u32;
    loop {
        // Measured before the check, so that a state seen after the limit still counts.
        let elapsed = clock.now().saturating_sub(begin);
        let last = match condition() {
            Ok(value) => return Ok(value),
            Err(state) => state,
        };
        checks = checks.saturating_add(1);
        if elapsed >= limit {
            return Err(ConditionTimeout { limit, checks, last_state: Some(last) });
        }
        let remaining = limit.saturating_sub(clock.now().saturating_sub(begin));
        clock.sleep(PAUSE.longest_delay(checks).min(remaining));
    }
}

/// Polls a condition until it holds. Needs no runtime.
///
/// As [`wait_for`]. When the limit is over, a pending check is dropped, and one last check follows, which may take up to 50 ms.
///
/// # Errors
///
/// If the condition does not hold within the limit.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::wait::wait_for_async;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), swimlanes_kit::wait::ConditionTimeout<i32>> {
/// let mut rows = 0;
/// let rows_seen = wait_for_async(Duration::from_secs(5), || {
///     rows += 1;
///     async move { if rows == 3 { Ok(rows) } else { Err(rows) } }
/// })
/// .await?;
/// assert_eq!(rows_seen, 3);
/// # Ok(())
/// # }
/// ```
pub async fn wait_for_async<T, S, L>(
    limit: Duration,
    mut condition: impl FnMut() -> L,
) -> Result<T, ConditionTimeout<S>>
where
    L: Future<Output = Result<T, S>>,
{
    let mut deadline = Delay::new(limit);
    let mut timeout = ConditionTimeout { limit, checks: 0, last_state: None };
    let mut is_over = false;
    loop {
        match before(&mut deadline, condition()).await {
            None if is_over => return Err(timeout),
            // A check that was pending when the limit was over does not show the state at the limit.
            None => {
                is_over = true;
                deadline = Delay::new(MAX_PAUSE);
                continue;
            }
            Some(Ok(value)) => return Ok(value),
            Some(Err(state)) => timeout.last_state = Some(state),
        }
        timeout.checks = timeout.checks.saturating_add(1);
        if is_over {
            return Err(timeout);
        }
        let pause = Delay::new(PAUSE.longest_delay(timeout.checks));
        is_over = before(&mut deadline, pause).await.is_none();
        if is_over {
            deadline = Delay::new(MAX_PAUSE);
        }
    }
}

/// The output of `work`, or `None` if the deadline is over before it is ready. `work` is polled at least once.
async fn before<R>(deadline: &mut Delay, work: impl Future<Output = R>) -> Option<R> {
    let mut work = pin!(work);
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => Pin::new(&mut *deadline).poll(cx).map(|()| None),
    })
    .await
}
