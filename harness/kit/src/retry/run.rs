//! Runs the attempts of a retry, with the hook and the delay between them: in a thread, and in a future.

use std::time::Duration;

use crate::retry::Retry;
use crate::retry::error::{Reason, RetryError};
use crate::retry::hooks::{AsyncRetryHook, RetryCondition, RetryHook};
use crate::retry::schedule::Schedule;

impl<C, H> Retry<'_, C, H> {
    /// Runs `work` until it succeeds.
    ///
    /// # Errors
    ///
    /// The error of the last attempt, and the [`Reason`] why no other attempt followed.
    ///
    /// # Panics
    ///
    /// If the work, the condition or the hook panics.
    ///
    /// ```
    /// use swimlanes_kit::clock::ManualClock;
    /// use swimlanes_kit::retry::{RetryError, Retry};
    ///
    /// fn store(row: &str) -> Result<u32, String> {
    ///     let store = || if row.is_empty() { Err("nothing to store".to_owned()) } else { Ok(1) };
    ///     Retry::new().clock(&ManualClock::new()).run(store).map_err(RetryError::into_error)
    /// }
    /// assert_eq!(store("alice"), Ok(1));
    /// assert_eq!(store(""), Err("nothing to store".to_owned()));
    /// ```
    pub fn run<T, E>(mut self, mut work: impl FnMut() -> Result<T, E>) -> Result<T, RetryError<E>>
    where
        C: RetryCondition<E>,
        H: RetryHook<E>,
    {
        let mut schedule = Schedule::new(self.policy);
        loop {
            let error = match work() {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let delay = match schedule.after_failure(self.condition.is_retryable(&error)) {
                Ok(delay) => delay,
                Err(reason) => return Err(RetryError::new(error, schedule.attempts(), reason)),
            };
            if let Err(hook_error) = self.hook.call(&error, schedule.attempts()) {
                return Err(RetryError::after_hook(error, schedule.attempts(), hook_error));
            }
            if !schedule.has_time_for(delay) {
                return Err(RetryError::new(error, schedule.attempts(), Reason::MaxElapsed));
            }
            self.policy.clock.sleep(delay);
            // A sleep can take longer than its duration.
            if !schedule.has_time_for(Duration::ZERO) {
                return Err(RetryError::new(error, schedule.attempts(), Reason::MaxElapsed));
            }
        }
    }

    /// Runs `work` until it succeeds, without blocking the thread. Needs no runtime. Dropping the future stops the retry.
    ///
    /// The future is `Send` if the work, its errors and the hook are. The work returns a new future for each attempt, which can borrow
    /// variables outside of the closure but not values that the closure owns: with a pool, take a connection in each attempt.
    ///
    /// # Errors
    ///
    /// As [`Retry::run`].
    ///
    /// ```
    /// use swimlanes_kit::clock::ManualClock;
    /// use swimlanes_kit::event::Counter;
    /// use swimlanes_kit::retry::Retry;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let attempts = Counter::new("attempts");
    /// let clock = ManualClock::new();
    /// let stored = Retry::new().clock(&clock).run_async(async || {
    ///     attempts.add(1);
    ///     if attempts.count() < 3 { Err("duplicate key") } else { Ok(7) }
    /// });
    /// assert_eq!(stored.await, Ok(7));
    /// # }
    /// ```
    pub async fn run_async<T, E, R>(mut self, mut work: impl FnMut() -> R) -> Result<T, RetryError<E>>
    where
        R: Future<Output = Result<T, E>>,
        C: RetryCondition<E>,
        H: AsyncRetryHook<E>,
    {
        let mut schedule = Schedule::new(self.policy);
        loop {
            let error = match work().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let delay = match schedule.after_failure(self.condition.is_retryable(&error)) {
                Ok(delay) => delay,
                Err(reason) => return Err(RetryError::new(error, schedule.attempts(), reason)),
            };
            let hook = self.hook.call(&error, schedule.attempts());
            if let Err(hook_error) = hook.await {
                return Err(RetryError::after_hook(error, schedule.attempts(), hook_error));
            }
            if !schedule.has_time_for(delay) {
                return Err(RetryError::new(error, schedule.attempts(), Reason::MaxElapsed));
            }
            self.policy.clock.sleep_async(delay).await;
            // The runtime may poll the future later.
            if !schedule.has_time_for(Duration::ZERO) {
                return Err(RetryError::new(error, schedule.attempts(), Reason::MaxElapsed));
            }
        }
    }
}
