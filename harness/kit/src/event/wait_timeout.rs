//! The error of a wait for an event or a counter that took too long.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A wait reached its limit. Names the [`Event`](super::Event) or [`Counter`](super::Counter), and says how far a counter got.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::event::Event;
///
/// let timeout = Event::new("server is up").wait_within(Duration::ZERO).unwrap_err();
/// assert_eq!(timeout.to_string(), r#""server is up" did not happen within 0ns"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitTimeout {
    name: String,
    limit: Duration,
    progress: Option<CountProgress>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CountProgress {
    count: u64,
    target: u64,
}

impl WaitTimeout {
    pub(super) fn for_event(name: &str, limit: Duration) -> Self {
        Self { name: name.to_owned(), limit, progress: None }
    }

    pub(super) fn for_counter(name: &str, limit: Duration, count: u64, target: u64) -> Self {
        Self { name: name.to_owned(), limit, progress: Some(CountProgress { count, target }) }
    }

    /// The name of the event or counter.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::event::Event;
    /// let timeout = Event::new("server is up").wait_within(Duration::ZERO).unwrap_err();
    /// assert_eq!(timeout.name(), "server is up");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The limit of the wait.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::event::Event;
    /// let timeout = Event::new("server is up").wait_within(Duration::from_millis(1)).unwrap_err();
    /// assert_eq!(timeout.limit(), Duration::from_millis(1));
    /// ```
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }
}

impl fmt::Display for WaitTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, limit, progress } = self;
        match progress {
            None => write!(f, "{name:?} did not happen within {limit:?}"),
            Some(CountProgress { count, target }) => write!(f, "{name:?} reached {count} of {target} within {limit:?}"),
        }
    }
}

impl Error for WaitTimeout {}
