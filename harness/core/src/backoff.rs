//! When and where a failed test is retried. Draws no random numbers.

use std::time::Duration;

#[cfg(feature = "parse")]
use crate::time;

/// The delay before a failed test is retried. The actual delay is shorter by a random part of at most half, which the seed decides, so that
/// tests that failed together are not retried together.
///
/// ```
/// # use swimlanes_core::backoff as swimlanes;
/// use std::time::Duration;
/// use swimlanes::Backoff;
///
/// let first = Duration::from_millis(100);
/// let backoff = Backoff::Exponential { first, at_most: Duration::from_secs(5) };
/// assert_eq!(backoff.longest_delay(1), first);
/// assert_eq!(backoff.longest_delay(3), Duration::from_millis(400));
/// assert_eq!(backoff.longest_delay(9), Duration::from_secs(5));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Backoff {
    /// No delay.
    #[default]
    None,
    /// Always the same delay.
    Fixed(Duration),
    /// The delay doubles with each retry.
    Exponential {
        /// The delay before the second attempt.
        first: Duration,
        /// No delay is longer; [`Duration::MAX`] means no limit.
        at_most: Duration,
    },
}

impl Backoff {
    /// The delay before this retry, from 1, without the random part.
    pub fn longest_delay(self, retry: u32) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Fixed(delay) => delay,
            Self::Exponential { first, at_most } => {
                let mut delay = first;
                for _ in 1..retry {
                    // Any other delay reaches the limit in less than 100 steps.
                    if delay.is_zero() || delay >= at_most {
                        break;
                    }
                    delay = delay.saturating_mul(2);
                }
                delay.min(at_most)
            }
        }
    }
}

/// Where a failed test is retried.
///
/// ```
/// # use swimlanes_core::backoff as swimlanes;
/// use swimlanes::RetryOn;
///
/// assert_eq!(RetryOn::default(), RetryOn::Same);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RetryOn {
    /// On the worker where it failed, which waits for the delay.
    #[default]
    Same,
    /// In a new process, which the worker where it failed starts. For tests whose failure leaves something behind in their process.
    Process,
    /// On another worker if one is free, otherwise on the same; no worker waits for the delay.
    Any,
    /// After all other tests of the iteration, with no other test at the same time.
    Alone,
}

impl RetryOn {
    /// Whether the worker where the test failed runs the retry.
    pub fn is_on_same_worker(self) -> bool {
        matches!(self, Self::Same | Self::Process)
    }
}

/// Parses `fixed:200ms`, `exponential:100ms` or `exponential:100ms..5s`.
///
/// # Errors
///
/// If the text has none of these forms, a time in it is invalid or zero, or the first delay is longer than the limit.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_core::backoff::{self, Backoff};
///
/// assert_eq!(backoff::parse("fixed:200ms"), Ok(Backoff::Fixed(Duration::from_millis(200))));
/// assert_eq!(backoff::parse("fixed:5"), Err("`5`: time unit needed, for example 5sec or 5ms".to_owned()));
/// ```
#[cfg(feature = "parse")]
pub fn parse(text: &str) -> Result<Backoff, String> {
    let parse_time = |time: &str| time::parse(time).map_err(|why| format!("`{time}`: {why}"));
    match text.split_once(':') {
        Some(("fixed", times)) if times.contains("..") => Err("`fixed` takes one time, without a limit".to_owned()),
        Some(("fixed", time)) => Ok(Backoff::Fixed(parse_time(time)?)),
        Some(("exponential", times)) => {
            let (first, at_most) = match times.split_once("..") {
                None => (parse_time(times)?, Duration::MAX),
                Some((first, at_most)) => (parse_time(first)?, parse_time(at_most)?),
            };
            match first <= at_most {
                true => Ok(Backoff::Exponential { first, at_most }),
                false => Err("the first delay is longer than the limit".to_owned()),
            }
        }
        _ => Err(FORMS.to_owned()),
    }
}

#[cfg(feature = "parse")]
const FORMS: &str = "unknown backoff: write \"fixed:TIME\", \"exponential:TIME\" or \"exponential:TIME..TIME\", as in \"exponential:100ms..5s\"";

/// Parses `same`, `process`, `any` or `alone`.
///
/// # Errors
///
/// If the text is none of these words.
///
/// ```
/// use swimlanes_core::backoff::{self, RetryOn};
///
/// assert_eq!(backoff::parse_retry_on("alone"), Ok(RetryOn::Alone));
/// ```
#[cfg(feature = "parse")]
pub fn parse_retry_on(text: &str) -> Result<RetryOn, String> {
    match text {
        "same" => Ok(RetryOn::Same),
        "process" => Ok(RetryOn::Process),
        "any" => Ok(RetryOn::Any),
        "alone" => Ok(RetryOn::Alone),
        _ => Err("unknown value of `retry_on`: use \"same\", \"process\", \"any\" or \"alone\"".to_owned()),
    }
}

#[cfg(test)]
mod tests;
