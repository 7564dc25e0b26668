//! How a test that failed is tried again: after how long, and where.

use std::time::Duration;

/// How long a case rests before it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Backoff {
    /// Not at all.
    #[default]
    None,
    /// Each time as long.
    Fixed(Duration),
    /// Each time twice as long as before.
    Exponential { first: Duration, at_most: Duration },
}

/// Where a case is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum RetryOn {
    /// On the worker where it failed, which waits for it
    #[default]
    Same,
    /// On any worker; nobody waits for it
    Any,
    /// When the rest of the round is through, with nothing beside it
    Alone,
}
