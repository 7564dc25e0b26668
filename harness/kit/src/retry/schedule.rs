//! Decides whether another attempt follows and how long to wait before it. Neither sleeps nor runs attempts.

use std::time::Duration;

use fastrand::Rng;
use swimlanes_core::backoff::Backoff;

use crate::clock::Clock;
use crate::retry::error::Reason;

/// The options of a [`Retry`](super::Retry), without its condition and hook.
#[derive(Clone, Copy)]
pub(super) struct Policy<'a> {
    pub(super) max_attempts: u32,
    pub(super) max_elapsed: Option<Duration>,
    pub(super) initial_delay: Duration,
    pub(super) max_delay: Duration,
    pub(super) seed: Option<u64>,
    pub(super) clock: &'a dyn Clock,
}

/// The state of one run of a retry.
pub(super) struct Schedule<'a> {
    policy: Policy<'a>,
    start: Duration,
    attempts: u32,
    rng: Rng,
}

impl<'a> Schedule<'a> {
    /// A run that begins now.
    pub(super) fn new(policy: Policy<'a>) -> Self {
        let rng = policy.seed.map_or_else(Rng::new, Rng::with_seed);
        Self { policy, start: policy.clock.now(), attempts: 0, rng }
    }

    /// The number of attempts so far.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Counts a failed attempt. Returns the delay before the next one, or why there is none.
    pub(super) fn after_failure(&mut self, is_retryable: bool) -> Result<Duration, Reason> {
        self.attempts = self.attempts.saturating_add(1);
        if !is_retryable {
            return Err(Reason::NotRetryable);
        }
        if self.attempts >= self.policy.max_attempts {
            return Err(Reason::MaxAttempts);
        }
        let delay = self.jittered_delay();
        if self.has_time_for(delay) { Ok(delay) } else { Err(Reason::MaxElapsed) }
    }

    /// Whether an attempt may still begin after that delay.
    pub(super) fn has_time_for(&self, delay: Duration) -> bool {
        let elapsed = self.policy.clock.now().saturating_sub(self.start);
        self.policy.max_elapsed.is_none_or(|max| elapsed.saturating_add(delay) < max)
    }

    /// Full jitter: a random time between zero and the exponential backoff.
    fn jittered_delay(&mut self) -> Duration {
        let backoff = Backoff::Exponential { first: self.policy.initial_delay, at_most: self.policy.max_delay };
        let nanos = u64::try_from(backoff.longest_delay(self.attempts).as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.rng.u64(0..=nanos))
    }
}
