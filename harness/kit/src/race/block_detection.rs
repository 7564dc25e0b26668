//! When an actor that does not come to its next point is taken for one that waits for another actor.
//!
//! Of a lock in a database, or of any other that is not ours, nobody can be told when somebody begins to wait for it. So a race asks how
//! many wait, if it was told how; or it takes who is not back after a while, and does not compute, for one who waits. If that is wrong, two
//! actors are under way at once: what then happens can happen in production, too, but the race no longer chooses it.

use std::time::Duration;

use crate::race::round::Round;

/// How long a race waits for an actor, and whom it asks.
pub(crate) struct Patience<'p> {
    /// How many actors wait.
    pub(crate) waiting: Option<Box<dyn FnMut() -> usize + 'p>>,
    /// Who has not come to a point for so long waits.
    pub(crate) limit: Duration,
    /// When nobody can be let go for so long, that is told.
    pub(crate) stuck_after: Duration,
    /// A round with more steps is not chosen to its end.
    pub(crate) most_steps: usize,
}

/// The first time that somebody is asked: a statement that waits for nothing takes about as long.
const FIRST: Duration = Duration::from_micros(300);

/// An actor that computes for so many times the limit waits all the same: in a loop, for what another one has to change.
const AWAKE: u32 = 50;

/// The longest time between two questions.
const LONGEST: Duration = Duration::from_millis(5);

impl Patience<'_> {
    /// That nobody comes back.
    pub(crate) fn stuck(&self, places: &str) -> String {
        format!("stuck for {:?}: {places}", self.stuck_after)
    }

    /// Whoever was seen to wait before, and was not let go now, is only looked at again.
    fn limit(&self, is_last_going: bool) -> Duration {
        if is_last_going || self.waiting.is_some() { self.limit } else { self.limit / 4 }
    }
}

/// One time of waiting until all actors are stopped, through, or wait.
pub(crate) struct Look {
    since: Duration,
    pause: Duration,
}

impl Look {
    /// Somebody has just come to a point, or was let go.
    pub(crate) fn begin(now: Duration) -> Self {
        Self { since: now, pause: FIRST }
    }

    /// How long to listen before [`says_waiting`](Look::says_waiting) is asked.
    pub(crate) fn next(&mut self, patience: &Patience<'_>, is_last_going: bool) -> Duration {
        if patience.waiting.is_none() {
            return patience.limit(is_last_going);
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST);
        pause
    }

    /// Whether all that are under way wait for others; `is_awake` says whether one of them computes.
    pub(crate) fn says_waiting(
        &mut self,
        now: Duration,
        patience: &mut Patience<'_>,
        round: &Round<'_>,
        is_awake: impl FnOnce() -> bool,
    ) -> bool {
        if patience.waiting.as_mut().is_some_and(|waiting| waiting() >= round.n_going()) {
            return true;
        }
        let limit = patience.limit(round.is_last_going());
        let passed = now.saturating_sub(self.since);
        passed >= limit && (passed >= limit * AWAKE || !is_awake())
    }
}
