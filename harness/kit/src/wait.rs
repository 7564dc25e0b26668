//! Waiting for what nobody tells: a condition that has to be looked at again and again, with longer and longer rests between.

mod condition_timeout;
#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

pub use condition_timeout::NotYet;

use crate::backoff::doubled;
use crate::clock::{Clock, SystemClock};
use crate::delay::Delay;

/// The rest after the first look.
const FIRST: Duration = Duration::from_micros(500);
/// The longest rest.
const AT_MOST: Duration = Duration::from_millis(50);

/// Looks again and again whether a condition holds, and comes back when it does.
///
/// The condition answers with `Ok` if it holds, and otherwise with `Err` and the state that it saw instead. It is looked at once at least,
/// and a last time when the limit is over. Between looks it rests, half a millisecond at first, then twice as long each time, 50 ms at most.
/// Where somebody can tell, an [`Event`](crate::event::Event) is better: it does not rest.
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
/// let found = wait_for(Duration::from_secs(5), || {
///     rows += 1; // another client at work
///     if rows == 3 { Ok(rows) } else { Err(rows) }
/// })?;
/// assert_eq!(found, 3);
///
/// let not_yet = wait_for(Duration::ZERO, || Err::<(), _>("2 of 3 rows")).unwrap_err();
/// assert_eq!(not_yet.last(), Some(&"2 of 3 rows"));
/// # Ok::<(), swimlanes_kit::wait::NotYet<i32>>(())
/// ```
pub fn wait_for<T, S>(limit: Duration, condition: impl FnMut() -> Result<T, S>) -> Result<T, NotYet<S>> {
    wait_on(&SystemClock, limit, condition)
}

fn wait_on<T, S>(
    clock: &dyn Clock,
    limit: Duration,
    mut condition: impl FnMut() -> Result<T, S>,
) -> Result<T, NotYet<S>> {
    let begin = clock.now();
    let mut looks = 0_u32;
    loop {
        // Before the look: what the state is when the limit is over still counts.
        let taken = clock.now().saturating_sub(begin);
        let last = match condition() {
            Ok(found) => return Ok(found),
            Err(state) => state,
        };
        looks = looks.saturating_add(1);
        if taken >= limit {
            return Err(NotYet { limit, looks, last: Some(last) });
        }
        let left = limit.saturating_sub(clock.now().saturating_sub(begin));
        clock.rest(doubled(FIRST, looks - 1, AT_MOST).min(left));
    }
}

/// Looks again and again whether a condition holds, and is ready when it does. Needs no runtime.
///
/// As [`wait_for`], but a look that takes too long is given up when the limit is over: its future is dropped. The last look begins then, and
/// has 50 ms.
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
/// # async fn main() -> Result<(), swimlanes_kit::wait::NotYet<i32>> {
/// let mut rows = 0;
/// let found = wait_for_async(Duration::from_secs(5), || {
///     rows += 1;
///     async move { if rows == 3 { Ok(rows) } else { Err(rows) } }
/// })
/// .await?;
/// assert_eq!(found, 3);
/// # Ok(())
/// # }
/// ```
pub async fn wait_for_async<T, S, L>(limit: Duration, mut condition: impl FnMut() -> L) -> Result<T, NotYet<S>>
where
    L: Future<Output = Result<T, S>>,
{
    let mut deadline = Delay::new(limit);
    let mut not_yet = NotYet { limit, looks: 0, last: None };
    let mut is_over = false;
    loop {
        match before(&mut deadline, condition()).await {
            None => return Err(not_yet),
            Some(Ok(found)) => return Ok(found),
            Some(Err(state)) => not_yet.last = Some(state),
        }
        not_yet.looks = not_yet.looks.saturating_add(1);
        if is_over {
            return Err(not_yet);
        }
        let rest = Delay::new(doubled(FIRST, not_yet.looks - 1, AT_MOST));
        is_over = before(&mut deadline, rest).await.is_none();
        if is_over {
            deadline = Delay::new(AT_MOST);
        }
    }
}

/// What the work answers with, or nothing if it has not when the deadline is over. It is polled once at least.
async fn before<R>(deadline: &mut Delay, work: impl Future<Output = R>) -> Option<R> {
    let mut work = pin!(work);
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => Pin::new(&mut *deadline).poll(cx).map(|()| None),
    })
    .await
}
