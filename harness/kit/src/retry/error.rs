//! What is returned when nothing is tried again: the original error, how often it was tried, and why that is all.

use std::error::Error;
use std::fmt;

/// A [`Retry`](super::Retry) has given up.
///
/// Its text is that of the original error, and how often it was tried; as an [`Error`], it has the sources of the original one.
///
/// ```
/// use swimlanes_kit::clock::ManualClock;
/// use swimlanes_kit::retry::Retry;
///
/// let gave_up = Retry::new().clock(&ManualClock::new()).run(|| Err::<(), _>("duplicate key")).unwrap_err();
/// assert_eq!(gave_up.to_string(), "duplicate key, after 5 tries");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GaveUp<E> {
    error: E,
    tries: u32,
    reason: Reason,
    /// Boxed, as it is rare: whoever returns this pays for its size with each success.
    hook_error: Option<Box<E>>,
}

/// Why a [`Retry`](super::Retry) has given up.
///
/// ```
/// use swimlanes_kit::retry::{Reason, Retry};
///
/// let gave_up = Retry::new().when(|error| *error == "duplicate key").run(|| Err::<(), _>("offline")).unwrap_err();
/// assert_eq!(gave_up.reason(), Reason::Error);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The error is none that is worth another try: [`Retry::when`](super::Retry::when).
    Error,
    /// It was tried often enough: [`Retry::tries`](super::Retry::tries).
    Tries,
    /// No time was left for another try: [`Retry::within`](super::Retry::within).
    Time,
    /// What has to be done before another try failed: [`Retry::before_again`](super::Retry::before_again).
    Hook,
}

impl<E> GaveUp<E> {
    pub(super) fn new(error: E, tries: u32, reason: Reason) -> Self {
        Self { error, tries, reason, hook_error: None }
    }

    pub(super) fn after_hook(error: E, tries: u32, hook_error: E) -> Self {
        Self { error, tries, reason: Reason::Hook, hook_error: Some(Box::new(hook_error)) }
    }

    /// The error of the last try.
    ///
    /// ```
    /// # use swimlanes_kit::clock::ManualClock;
    /// # use swimlanes_kit::retry::Retry;
    /// let gave_up = Retry::new().tries(2).clock(&ManualClock::new()).run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert_eq!(gave_up.error(), &"taken");
    /// ```
    #[must_use]
    pub fn error(&self) -> &E {
        &self.error
    }

    /// The error of the last try, to be passed on as if nothing had been tried again.
    ///
    /// ```
    /// # use swimlanes_kit::clock::ManualClock;
    /// # use swimlanes_kit::retry::Retry;
    /// let gave_up = Retry::new().tries(2).clock(&ManualClock::new()).run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert_eq!(gave_up.into_error(), "taken");
    /// ```
    #[must_use]
    pub fn into_error(self) -> E {
        self.error
    }

    /// How often it was tried, at least once.
    ///
    /// ```
    /// # use swimlanes_kit::clock::ManualClock;
    /// # use swimlanes_kit::retry::Retry;
    /// let gave_up = Retry::new().tries(2).clock(&ManualClock::new()).run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert_eq!(gave_up.tries(), 2);
    /// ```
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Why it was not tried again.
    ///
    /// ```
    /// # use swimlanes_kit::clock::ManualClock;
    /// # use swimlanes_kit::retry::{Reason, Retry};
    /// let gave_up = Retry::new().tries(2).clock(&ManualClock::new()).run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert_eq!(gave_up.reason(), Reason::Tries);
    /// ```
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The error of [`Retry::before_again`](super::Retry::before_again), if that is why it was not tried again.
    ///
    /// ```
    /// # use swimlanes_kit::retry::Retry;
    /// let retry = Retry::new().before_again(|_: &&str, _| Err("offline"));
    /// let gave_up = retry.run(|| Err::<(), _>("taken")).unwrap_err();
    /// assert_eq!((gave_up.error(), gave_up.hook_error()), (&"taken", Some(&"offline")));
    /// ```
    #[must_use]
    pub fn hook_error(&self) -> Option<&E> {
        self.hook_error.as_deref()
    }
}

impl<E: fmt::Display> fmt::Display for GaveUp<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = if self.tries == 1 { "try" } else { "tries" };
        write!(f, "{}, after {} {times}", self.error, self.tries)?;
        match (self.reason, &self.hook_error) {
            (Reason::Time, _) => write!(f, ", and no time is left for another"),
            (_, Some(hook_error)) => write!(f, ", and what comes before another failed: {hook_error}"),
            (Reason::Error | Reason::Tries | Reason::Hook, None) => Ok(()),
        }
    }
}

impl<E: Error> Error for GaveUp<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The text of the error itself is part of this one's.
        self.error.source()
    }
}
