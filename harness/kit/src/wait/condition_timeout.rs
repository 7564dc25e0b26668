//! The error of a condition that did not hold in time: the last state seen.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A condition did not hold within its limit. Contains the last state seen.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::wait::wait_for;
///
/// let timeout = wait_for(Duration::ZERO, || Err::<(), _>("2 of 3 rows")).unwrap_err();
/// assert_eq!(timeout.to_string(), r#"the condition did not hold within 0ns; last state, at check 1: "2 of 3 rows""#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionTimeout<S> {
    pub(super) limit: Duration,
    pub(super) checks: u32,
    pub(super) last_state: Option<S>,
}

impl<S> ConditionTimeout<S> {
    /// The limit of the wait.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::wait::wait_for;
    /// let timeout = wait_for(Duration::from_millis(1), || Err::<(), _>("2 of 3 rows")).unwrap_err();
    /// assert_eq!(timeout.limit(), Duration::from_millis(1));
    /// ```
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// How many checks have finished.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::wait::wait_for;
    /// let timeout = wait_for(Duration::ZERO, || Err::<(), _>("2 of 3 rows")).unwrap_err();
    /// assert_eq!(timeout.checks(), 1);
    /// ```
    #[must_use]
    pub fn checks(&self) -> u32 {
        self.checks
    }

    /// The last state seen. `None` if the first check did not finish, which only happens with [`wait_for_async`](super::wait_for_async).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::wait::wait_for;
    /// let timeout = wait_for(Duration::ZERO, || Err::<(), _>("2 of 3 rows")).unwrap_err();
    /// assert_eq!(timeout.last_state(), Some(&"2 of 3 rows"));
    /// ```
    #[must_use]
    pub fn last_state(&self) -> Option<&S> {
        self.last_state.as_ref()
    }

    /// The last state seen, as [`ConditionTimeout::last_state`].
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::wait::wait_for;
    /// let timeout = wait_for(Duration::ZERO, || Err::<(), _>(vec!["alice", "bob"])).unwrap_err();
    /// assert_eq!(timeout.into_last_state().unwrap_or_default().len(), 2);
    /// ```
    #[must_use]
    pub fn into_last_state(self) -> Option<S> {
        self.last_state
    }
}

impl<S: fmt::Debug> fmt::Display for ConditionTimeout<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, checks, last_state } = self;
        match last_state {
            Some(last) => {
                write!(f, "the condition did not hold within {limit:?}; last state, at check {checks}: {last:?}")
            }
            None => write!(f, "no check of the condition finished within {limit:?}"),
        }
    }
}

impl<S: fmt::Debug> Error for ConditionTimeout<S> {}
