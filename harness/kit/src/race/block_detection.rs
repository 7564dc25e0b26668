//! Decides when an actor that has not reached its next point counts as blocked by another actor.
//!
//! A lock in a database, or any other lock that is not ours, does not notify us when an actor begins to wait for it. So a race asks how many
//! actors are blocked, if it has a function for that. Otherwise an actor counts as blocked if it has not reached a point for some time and
//! its thread is not runnable. If this guess is wrong, two actors run at once, as they may in production, but the race has not chosen that.

use std::time::Duration;

use crate::race::round::Round;

/// How a race detects blocked actors, and its limits.
pub(crate) struct BlockDetection<'p> {
    /// Returns how many actors are blocked.
    pub(crate) blocked_actors: Option<Box<dyn FnMut() -> usize + 'p>>,
    /// After this time without a point, an actor counts as blocked.
    pub(crate) limit: Duration,
    /// After this time without progress, a round counts as a deadlock.
    pub(crate) deadlock_timeout: Duration,
    /// A round with more steps fails.
    pub(crate) max_steps: usize,
}

/// The pause before the first question: about the time of a statement that is not blocked.
const FIRST_PAUSE: Duration = Duration::from_micros(300);

/// A runnable actor counts as blocked after this many times the limit: it may spin until another actor changes something.
const RUNNABLE_FACTOR: u32 = 50;

/// The longest pause between two questions.
const MAX_PAUSE: Duration = Duration::from_millis(5);

impl BlockDetection<'_> {
    /// The message for a round without progress.
    pub(crate) fn deadlock_error(&self, places: &str) -> String {
        format!("deadlock after {:?}: {places}", self.deadlock_timeout)
    }

    /// An actor that was blocked before and was not resumed now is only checked again, with a shorter limit.
    fn limit(&self, is_last_running: bool) -> Duration {
        if is_last_running || self.blocked_actors.is_some() { self.limit } else { self.limit / 4 }
    }
}

/// The time since the last event of an actor, while the driver waits until all actors are stopped, blocked or at their ends.
pub(crate) struct QuietPeriod {
    since: Duration,
    pause: Duration,
}

impl QuietPeriod {
    /// Starts after an event: an actor has reached a point, or was resumed.
    pub(crate) fn begin(now: Duration) -> Self {
        Self { since: now, pause: FIRST_PAUSE }
    }

    /// How long to wait for an event before [`is_blocked`](QuietPeriod::is_blocked) is asked.
    pub(crate) fn next(&mut self, detection: &BlockDetection<'_>, is_last_running: bool) -> Duration {
        if detection.blocked_actors.is_none() {
            return detection.limit(is_last_running);
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(MAX_PAUSE);
        pause
    }

    /// Whether all running actors count as blocked; `is_awake` says whether one of their threads is runnable.
    pub(crate) fn is_blocked(
        &mut self,
        now: Duration,
        detection: &mut BlockDetection<'_>,
        round: &Round<'_>,
        is_awake: impl FnOnce() -> bool,
    ) -> bool {
        if detection.blocked_actors.as_mut().is_some_and(|blocked| blocked() >= round.n_running()) {
            return true;
        }
        let limit = detection.limit(round.is_last_running());
        let elapsed = now.saturating_sub(self.since);
        elapsed >= limit && (elapsed >= limit * RUNNABLE_FACTOR || !is_awake())
    }
}
