//! What is said when somebody has waited in vain for an event or a counter.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Something did not happen within its limit. An [`Event`](super::Event) says which, a [`Counter`](super::Counter) also how far it came.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::event::Event;
///
/// let late = Event::new("server is up").wait_within(Duration::ZERO).unwrap_err();
/// assert_eq!(late.to_string(), r#""server is up" did not happen within 0ns"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    name: String,
    limit: Duration,
    counted: Option<Counted>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counted {
    count: u64,
    wanted: u64,
}

impl Late {
    pub(super) fn of_event(name: &str, limit: Duration) -> Self {
        Self { name: name.to_owned(), limit, counted: None }
    }

    pub(super) fn of_counter(name: &str, limit: Duration, count: u64, wanted: u64) -> Self {
        Self { name: name.to_owned(), limit, counted: Some(Counted { count, wanted }) }
    }

    /// What was waited for.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::event::Event;
    /// let late = Event::new("server is up").wait_within(Duration::ZERO).unwrap_err();
    /// assert_eq!(late.name(), "server is up");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long it was waited for.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use swimlanes_kit::event::Event;
    /// let late = Event::new("server is up").wait_within(Duration::from_millis(1)).unwrap_err();
    /// assert_eq!(late.limit(), Duration::from_millis(1));
    /// ```
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }
}

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, limit, counted } = self;
        match counted {
            None => write!(f, "{name:?} did not happen within {limit:?}"),
            Some(Counted { count, wanted }) => write!(f, "{name:?} came to {count} of {wanted} within {limit:?}"),
        }
    }
}

impl Error for Late {}
