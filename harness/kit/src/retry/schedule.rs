//! Decides whether there is another try, and how long to rest before it. Neither rests nor tries.

use std::time::Duration;

use fastrand::Rng;

use crate::backoff::doubled;
use crate::clock::Clock;
use crate::retry::error::Reason;

/// What [`Retry`](super::Retry) was told, but for what to do.
#[derive(Clone, Copy)]
pub(super) struct Policy<'a> {
    pub(super) tries: u32,
    pub(super) within: Option<Duration>,
    pub(super) first: Duration,
    pub(super) at_most: Duration,
    pub(super) seed: Option<u64>,
    pub(super) clock: &'a dyn Clock,
}

/// One run of a retry.
pub(super) struct Course<'a> {
    policy: Policy<'a>,
    begin: Duration,
    tries: u32,
    chance: Rng,
}

impl<'a> Course<'a> {
    /// Begins now.
    pub(super) fn new(policy: Policy<'a>) -> Self {
        let chance = policy.seed.map_or_else(Rng::new, Rng::with_seed);
        Self { policy, begin: policy.clock.now(), tries: 0, chance }
    }

    /// How often it was tried.
    pub(super) fn tries(&self) -> u32 {
        self.tries
    }

    /// A try has failed: how long to rest before the next one, or why there is none.
    pub(super) fn after_failure(&mut self, is_worth_another: bool) -> Result<Duration, Reason> {
        self.tries = self.tries.saturating_add(1);
        if !is_worth_another {
            return Err(Reason::Error);
        }
        if self.tries >= self.policy.tries {
            return Err(Reason::Tries);
        }
        let rest = self.rest();
        if self.has_time_for(rest) { Ok(rest) } else { Err(Reason::Time) }
    }

    /// Whether the limit by time is not over after that rest.
    pub(super) fn has_time_for(&self, rest: Duration) -> bool {
        let taken = self.policy.clock.now().saturating_sub(self.begin);
        self.policy.within.is_none_or(|within| taken.saturating_add(rest) < within)
    }

    /// Full jitter: anything from nothing to the exponential backoff.
    fn rest(&mut self) -> Duration {
        let longest = doubled(self.policy.first, self.tries - 1, self.policy.at_most);
        let nanos = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.chance.u64(0..=nanos))
    }
}
