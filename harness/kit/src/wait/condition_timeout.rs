//! What is said when a condition did not hold in time: the last state seen.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A condition did not hold within its limit. It has the last state seen instead.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::wait::wait_for;
///
/// let not_yet = wait_for(Duration::ZERO, || Err::<(), _>("2 of 3 rows")).unwrap_err();
/// assert_eq!(not_yet.to_string(), r#"the condition did not hold within 0ns; seen last, at look 1: "2 of 3 rows""#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotYet<S> {
    pub(super) limit: Duration,
    pub(super) looks: u32,
    pub(super) last: Option<S>,
}

impl<S> NotYet<S> {
    /// How long was waited.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::wait::wait_for;
    /// let not_yet = wait_for(Duration::from_millis(1), || Err::<(), _>("2 of 3 rows")).unwrap_err();
    /// assert_eq!(not_yet.limit(), Duration::from_millis(1));
    /// ```
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// How many looks came to an end.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::wait::wait_for;
    /// let not_yet = wait_for(Duration::ZERO, || Err::<(), _>("2 of 3 rows")).unwrap_err();
    /// assert_eq!(not_yet.looks(), 1);
    /// ```
    #[must_use]
    pub fn looks(&self) -> u32 {
        self.looks
    }

    /// The last state seen; nothing if the first look did not come to an end, which only happens to [`wait_for_async`](super::wait_for_async).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::wait::wait_for;
    /// let not_yet = wait_for(Duration::ZERO, || Err::<(), _>("2 of 3 rows")).unwrap_err();
    /// assert_eq!(not_yet.last(), Some(&"2 of 3 rows"));
    /// ```
    #[must_use]
    pub fn last(&self) -> Option<&S> {
        self.last.as_ref()
    }

    /// The last state seen, as [`NotYet::last`].
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::wait::wait_for;
    /// let not_yet = wait_for(Duration::ZERO, || Err::<(), _>(vec!["alice", "bob"])).unwrap_err();
    /// assert_eq!(not_yet.into_last().unwrap_or_default().len(), 2);
    /// ```
    #[must_use]
    pub fn into_last(self) -> Option<S> {
        self.last
    }
}

impl<S: fmt::Debug> fmt::Display for NotYet<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, looks, last } = self;
        match last {
            Some(last) => {
                write!(f, "the condition did not hold within {limit:?}; seen last, at look {looks}: {last:?}")
            }
            None => write!(f, "nobody could see within {limit:?} whether the condition held"),
        }
    }
}

impl<S: fmt::Debug> Error for NotYet<S> {}
