//! How a test that failed is tried again: after how long, and where.

use std::time::Duration;

/// How long a test that failed rests before it is tried again; by chance, which comes from the seed, up to half shorter, so that
/// tests which failed together do not come back together.
///
/// ```
/// use std::time::Duration;
/// use swimlanes::{Backoff, RetryOn};
///
/// let first = Duration::from_millis(100);
/// let runner = swimlanes::runner()
///     .retries(3)
///     .backoff(Backoff::Exponential { first, at_most: Duration::from_secs(5) })
///     .retry_on(RetryOn::Any);
/// # drop(runner);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Backoff {
    /// Not at all.
    #[default]
    None,
    /// Each time as long.
    Fixed(Duration),
    /// Each time twice as long as before.
    Exponential {
        /// Before the second attempt.
        first: Duration,
        /// No rest is longer; [`Duration::MAX`] if any may be.
        at_most: Duration,
    },
}

/// Where a test that failed is tried again; see [`Backoff`] for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RetryOn {
    /// On the worker where it failed, which waits for it.
    #[default]
    Same,
    /// On another worker if one can take it up, or else on the same; nobody waits for it.
    Any,
    /// When the rest of the round is through, with nothing beside it.
    Alone,
}
