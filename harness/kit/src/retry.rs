//! Retries with exponential backoff and full jitter. Needs no feature, as production code is meant to use it.

mod error;
mod hooks;
mod run;
mod schedule;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

pub use error::{Reason, RetryError};

use crate::clock::{Clock, SystemClock};
use crate::retry::hooks::{AsyncHook, NoHook, RetryAll};
use crate::retry::schedule::Policy;

/// Retries an operation that fails with a retryable error, with a delay before each attempt.
///
/// The delay before the second attempt is a random time of at most [`initial_delay`](Retry::initial_delay). The bound doubles with each
/// attempt, up to [`max_delay`](Retry::max_delay). This is "full jitter", which needs the fewest attempts under contention among the
/// strategies compared in Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
///
/// | option | default |
/// |---|---|
/// | [`max_attempts`](Retry::max_attempts) | 5, including the first one |
/// | [`max_elapsed`](Retry::max_elapsed) | no limit |
/// | [`initial_delay`](Retry::initial_delay), [`max_delay`](Retry::max_delay) | 10 ms, 1 s |
/// | [`retry_if`](Retry::retry_if) | every error is retryable |
/// | [`before_retry`](Retry::before_retry) | no hook |
/// | [`seed`](Retry::seed) | a random one for each run, so that clients do not share their delays |
/// | [`clock`](Retry::clock) | [`SystemClock`] |
///
/// ```
/// use swimlanes_kit::clock::ManualClock;
/// use swimlanes_kit::retry::Retry;
///
/// # #[derive(Debug, PartialEq)] enum Refused { Duplicate, Offline }
/// let mut attempts = 0;
/// let stored = Retry::new().retry_if(|error| *error == Refused::Duplicate).clock(&ManualClock::new()).run(|| {
///     attempts += 1;
///     if attempts < 3 { Err(Refused::Duplicate) } else { Ok(7) }
/// });
/// assert_eq!((stored, attempts), (Ok(7), 3));
/// ```
///
/// `C` and `H` are the types of the condition of [`retry_if`](Retry::retry_if) and the hook of [`before_retry`](Retry::before_retry).
/// Without them it is a `Retry<'static>`, which can be stored, cloned for each run, and completed there:
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::retry::Retry;
///
/// struct Store {
///     retry: Retry<'static>,
/// }
///
/// let store = Store { retry: Retry::new().max_attempts(8).max_elapsed(Duration::from_secs(2)) };
/// let stored = store.retry.clone().retry_if(|error: &String| error.contains("duplicate")).run(|| Ok(7));
/// assert_eq!(stored, Ok(7));
/// ```
#[derive(Clone)]
#[must_use = "nothing runs before `run` or `run_async`"]
pub struct Retry<'a, C = RetryAll, H = NoHook> {
    policy: Policy<'a>,
    condition: C,
    hook: H,
}

impl Retry<'static> {
    /// At most five attempts, whatever the error.
    ///
    /// ```
    /// use swimlanes_kit::retry::{RetryError, Retry};
    ///
    /// assert_eq!(Retry::new().run(|| "7".parse::<u32>()), Ok(7));
    /// ```
    pub fn new() -> Self {
        let policy = Policy {
            max_attempts: 5,
            max_elapsed: None,
            initial_delay: Duration::from_millis(10),
            max_delay: Duration::from_secs(1),
            seed: None,
            clock: &SystemClock,
        };
        Self { policy, condition: RetryAll, hook: NoHook }
    }
}

impl Default for Retry<'static> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a, C, H> Retry<'a, C, H> {
    /// The maximum number of attempts, including the first one. There is always one attempt: 0 means 1.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::clock::{Clock, ManualClock};
    /// # use swimlanes_kit::retry::Retry;
    /// let error = Retry::new().max_attempts(3).clock(&ManualClock::new()).run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert_eq!(error.to_string(), "taken, after 3 attempts");
    /// ```
    pub fn max_attempts(mut self, max_attempts: u32) -> Self {
        self.policy.max_attempts = max_attempts;
        self
    }

    /// The time after the start of the run in which an attempt may begin.
    ///
    /// If the next delay would exceed it, the retry fails at once instead of sleeping. A running attempt is not interrupted. The first
    /// attempt always runs.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::clock::{Clock, ManualClock};
    /// # use swimlanes_kit::retry::Retry;
    /// let clock = ManualClock::new();
    /// let limit = Duration::from_secs(3);
    /// let error = Retry::new().max_attempts(u32::MAX).max_elapsed(limit).clock(&clock).run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert!(error.attempts() > 1 && clock.now() < limit);
    /// ```
    pub fn max_elapsed(mut self, limit: Duration) -> Self {
        self.policy.max_elapsed = Some(limit);
        self
    }

    /// The maximum delay before the second attempt. It doubles with each further attempt. With zero there are no delays.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::clock::{Clock, ManualClock};
    /// # use swimlanes_kit::retry::Retry;
    /// let clock = ManualClock::new();
    /// let at_once = Retry::new().initial_delay(Duration::ZERO).clock(&clock).run(|| Err::<(), _>("taken"));
    /// assert!(at_once.is_err() && clock.now().is_zero());
    /// ```
    pub fn initial_delay(mut self, delay: Duration) -> Self {
        self.policy.initial_delay = delay;
        self
    }

    /// The maximum of all delays. Values above `u64::MAX` nanoseconds (584 years) count as `u64::MAX` nanoseconds.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::clock::{Clock, ManualClock};
    /// # use swimlanes_kit::retry::Retry;
    /// let clock = ManualClock::new();
    /// let result = Retry::new().max_attempts(101).max_delay(Duration::from_millis(20)).clock(&clock).run(|| Err::<(), _>("taken"));
    /// assert!(result.is_err() && clock.now() <= 100 * Duration::from_millis(20));
    /// ```
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.policy.max_delay = delay;
        self
    }

    /// The seed of the jitter: the same seed gives the same delays. Give each of several actors its own seed.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::clock::{Clock, ManualClock};
    /// # use swimlanes_kit::retry::Retry;
    /// let total_delay = |seed| {
    ///     let clock = ManualClock::new();
    ///     let _ = Retry::new().seed(seed).clock(&clock).run(|| Err::<(), _>("taken"));
    ///     clock.now()
    /// };
    /// assert_eq!(total_delay(7), total_delay(7));
    /// assert_ne!(total_delay(7), total_delay(8));
    /// ```
    pub fn seed(mut self, seed: u64) -> Self {
        self.policy.seed = Some(seed);
        self
    }

    /// The clock that measures the time and sleeps. For an `Arc<dyn Clock>`, pass `&*clock`.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::clock::{Clock, ManualClock};
    /// # use swimlanes_kit::retry::Retry;
    /// let clock = ManualClock::new();
    /// let _ = Retry::new().clock(&clock).run(|| Err::<(), _>("taken"));
    /// assert!(!clock.now().is_zero());
    /// ```
    pub fn clock(self, clock: &dyn Clock) -> Retry<'_, C, H> {
        Retry { policy: Policy { clock, ..self.policy }, condition: self.condition, hook: self.hook }
    }

    /// Which errors are retryable. Any other error ends the retry at once. A second call replaces the condition.
    ///
    /// ```
    /// # use swimlanes_kit::clock::ManualClock;
    /// # use swimlanes_kit::retry::Retry;
    /// fn is_unique_violation(error: &String) -> bool {
    ///     error.starts_with("duplicate key")
    /// }
    ///
    /// let retry = Retry::new().retry_if(is_unique_violation);
    /// let error = retry.run(|| Err::<(), _>("connection closed".to_owned())).unwrap_err();
    /// assert_eq!(error.to_string(), "connection closed, after 1 attempt");
    /// ```
    pub fn retry_if<E, F: Fn(&E) -> bool>(self, condition: F) -> Retry<'a, F, H> {
        Retry { policy: self.policy, condition, hook: self.hook }
    }

    /// A hook that runs before the delay of each retry, for example a rollback, so that the transaction holds no locks during the delay.
    ///
    /// Its arguments are the error of the last attempt and the number of attempts so far. It does not run if no retry follows. If the hook
    /// fails, the retry ends: [`RetryError::error`] is still the error of the last attempt, and [`RetryError::hook_error`] that of the hook.
    /// The time that the hook takes counts towards [`max_elapsed`](Retry::max_elapsed).
    ///
    /// If the hook needs the same connection as the operation, put the connection in a [`RefCell`](std::cell::RefCell).
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use swimlanes_kit::clock::ManualClock;
    /// use swimlanes_kit::retry::Retry;
    ///
    /// let statements = RefCell::new(Vec::new()); // a connection, say
    /// let stored = Retry::new()
    ///     .clock(&ManualClock::new())
    ///     .before_retry(|_: &&str, _| {
    ///         statements.borrow_mut().push("ROLLBACK");
    ///         Ok(())
    ///     })
    ///     .run(|| {
    ///         statements.borrow_mut().push("INSERT");
    ///         if statements.borrow().len() == 1 { Err("duplicate key") } else { Ok(()) }
    ///     });
    /// assert_eq!(stored, Ok(()));
    /// assert_eq!(*statements.borrow(), ["INSERT", "ROLLBACK", "INSERT"]);
    /// ```
    pub fn before_retry<E, F: FnMut(&E, u32) -> Result<(), E>>(self, hook: F) -> Retry<'a, C, F> {
        Retry { policy: self.policy, condition: self.condition, hook }
    }

    /// As [`Retry::before_retry`], with a hook that may await, for [`Retry::run_async`] only. Its future cannot borrow the error.
    ///
    /// ```
    /// use swimlanes_kit::clock::ManualClock;
    /// use swimlanes_kit::event::Counter;
    /// use swimlanes_kit::retry::Retry;
    ///
    /// async fn roll_back(rolled_back: Counter) -> Result<(), String> {
    ///     rolled_back.add(1);
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let rolled_back = Counter::new("transactions rolled back");
    /// let clock = ManualClock::new();
    /// let retry = Retry::new().clock(&clock).before_retry_async(|_, _| roll_back(rolled_back.clone()));
    /// let error = retry.run_async(|| async { Err::<(), _>("duplicate key".to_owned()) }).await.unwrap_err();
    /// assert_eq!((error.attempts(), rolled_back.count()), (5, 4));
    /// # }
    /// ```
    pub fn before_retry_async<E, F, P>(self, hook: F) -> Retry<'a, C, AsyncHook<F>>
    where
        F: FnMut(&E, u32) -> P,
        P: Future<Output = Result<(), E>>,
    {
        Retry { policy: self.policy, condition: self.condition, hook: AsyncHook(hook) }
    }
}

impl<C, H> fmt::Debug for Retry<'_, C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Policy { max_attempts, max_elapsed, initial_delay, max_delay, seed, clock: _ } = self.policy;
        f.debug_struct("Retry")
            .field("max_attempts", &max_attempts)
            .field("max_elapsed", &max_elapsed)
            .field("initial_delay", &initial_delay)
            .field("max_delay", &max_delay)
            .field("seed", &seed)
            .finish_non_exhaustive()
    }
}
