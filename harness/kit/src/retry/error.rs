//! The error of a retry: the error of the last attempt, the number of attempts, and why no other attempt followed.

use std::error::Error;
use std::fmt;

/// The error of a [`Retry`](super::Retry) whose last attempt failed.
///
/// Its text is that of the original error and the number of attempts. As an [`Error`], it has the source of the original error.
///
/// ```
/// use swimlanes_kit::clock::ManualClock;
/// use swimlanes_kit::retry::Retry;
///
/// let error = Retry::new().clock(&ManualClock::new()).run(|| Err::<(), _>("duplicate key")).unwrap_err();
/// assert_eq!(error.to_string(), "duplicate key, after 5 attempts");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryError<E> {
    error: E,
    attempts: u32,
    reason: Reason,
    /// Boxed, as it is rare and would make each `Result` larger.
    hook_error: Option<Box<E>>,
}

/// Why a [`Retry`](super::Retry) made no other attempt.
///
/// ```
/// use swimlanes_kit::retry::{Reason, Retry};
///
/// let error = Retry::new().retry_if(|error| *error == "duplicate key").run(|| Err::<(), _>("offline")).unwrap_err();
/// assert_eq!(error.reason(), Reason::NotRetryable);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The error is not retryable: [`Retry::retry_if`](super::Retry::retry_if).
    NotRetryable,
    /// The maximum number of attempts was reached: [`Retry::max_attempts`](super::Retry::max_attempts).
    MaxAttempts,
    /// No time was left for another attempt: [`Retry::max_elapsed`](super::Retry::max_elapsed).
    MaxElapsed,
    /// The hook failed: [`Retry::before_retry`](super::Retry::before_retry).
    HookFailed,
}

impl<E> RetryError<E> {
    pub(super) fn new(error: E, attempts: u32, reason: Reason) -> Self {
        Self { error, attempts, reason, hook_error: None }
    }

    pub(super) fn after_hook(error: E, attempts: u32, hook_error: E) -> Self {
        Self { error, attempts, reason: Reason::HookFailed, hook_error: Some(Box::new(hook_error)) }
    }

    /// The error of the last attempt.
    ///
    /// ```
    /// # use swimlanes_kit::clock::ManualClock;
    /// # use swimlanes_kit::retry::Retry;
    /// let error = Retry::new().max_attempts(2).clock(&ManualClock::new()).run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert_eq!(error.error(), &"taken");
    /// ```
    #[must_use]
    pub fn error(&self) -> &E {
        &self.error
    }

    /// Converts into the error of the last attempt.
    ///
    /// ```
    /// # use swimlanes_kit::clock::ManualClock;
    /// # use swimlanes_kit::retry::Retry;
    /// let error = Retry::new().max_attempts(2).clock(&ManualClock::new()).run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert_eq!(error.into_error(), "taken");
    /// ```
    #[must_use]
    pub fn into_error(self) -> E {
        self.error
    }

    /// The number of attempts; at least 1.
    ///
    /// ```
    /// # use swimlanes_kit::clock::ManualClock;
    /// # use swimlanes_kit::retry::Retry;
    /// let error = Retry::new().max_attempts(2).clock(&ManualClock::new()).run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert_eq!(error.attempts(), 2);
    /// ```
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Why no other attempt followed.
    ///
    /// ```
    /// # use swimlanes_kit::clock::ManualClock;
    /// # use swimlanes_kit::retry::{Reason, Retry};
    /// let error = Retry::new().max_attempts(2).clock(&ManualClock::new()).run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert_eq!(error.reason(), Reason::MaxAttempts);
    /// ```
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The error of the [`Retry::before_retry`](super::Retry::before_retry) hook, if it failed.
    ///
    /// ```
    /// # use swimlanes_kit::retry::Retry;
    /// let retry = Retry::new().before_retry(|_: &&str, _| Err("offline"));
    /// let error = retry.run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert_eq!((error.error(), error.hook_error()), (&"taken", Some(&"offline")));
    /// ```
    #[must_use]
    pub fn hook_error(&self) -> Option<&E> {
        self.hook_error.as_deref()
    }
}

impl<E: fmt::Display> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attempts = if self.attempts == 1 { "attempt" } else { "attempts" };
        write!(f, "{}, after {} {attempts}", self.error, self.attempts)?;
        match (self.reason, &self.hook_error) {
            (Reason::MaxElapsed, _) => write!(f, ": no time is left for another attempt"),
            (_, Some(hook_error)) => write!(f, "; the hook before the retry failed: {hook_error}"),
            (Reason::NotRetryable | Reason::MaxAttempts | Reason::HookFailed, None) => Ok(()),
        }
    }
}

impl<E: Error> Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The text of the original error is already part of this one's text.
        self.error.source()
    }
}
