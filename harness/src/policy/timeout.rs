//! Decides when an attempt times out. Time spent on values that outlive the attempt does not count.

use std::time::Duration;

use crate::model::config::RunConfig;
use crate::test_case::case::Attributes;

/// The timeout of a test: its own one takes precedence, and `--timeout none` disables both.
pub(crate) fn limit(attributes: &Attributes, config: &RunConfig) -> Option<Duration> {
    config.has_timeouts.then(|| attributes.timeout.or(config.timeout)).flatten()
}

/// The timeout of one attempt: first for its fixtures, and then again for its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeoutTimer {
    limit: Duration,
    counted_from: Duration,
    /// How long the clock was paused since then.
    stood: Duration,
    stands_since: Option<Duration>,
    /// The number of current pauses.
    n_standing: u32,
    has_body_begun: bool,
}

impl TimeoutTimer {
    /// The attempt starts now, with its fixtures.
    pub(crate) fn new(limit: Duration, now: Duration) -> Self {
        let (stood, stands_since, n_standing, has_body_begun) = (Duration::ZERO, None, 0, false);
        Self { limit, counted_from: now, stood, stands_since, n_standing, has_body_begun }
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    pub(crate) fn has_body_begun(&self) -> bool {
        self.has_body_begun
    }

    /// All fixtures are set up, and the body starts.
    pub(crate) fn begin_body(&mut self, now: Duration) {
        self.has_body_begun = true;
        self.counted_from = now;
        self.stood = Duration::ZERO;
        self.stands_since = self.stands_since.map(|since| since.max(now));
    }

    /// Pauses the clock: a value is made, or waited for, that outlives the attempt.
    pub(crate) fn pause(&mut self, now: Duration) {
        self.n_standing += 1;
        self.stands_since.get_or_insert(now);
    }

    /// Starts the clock again: the time until now does not count.
    pub(crate) fn restart(&mut self, now: Duration) {
        self.stood = now.saturating_sub(self.counted_from);
        self.stands_since = self.stands_since.map(|_| now);
    }

    /// This much time does not count, as the process was stopped.
    pub(crate) fn skip(&mut self, time: Duration) {
        // A pause covers it.
        if self.stands_since.is_none() {
            self.stood += time;
        }
    }

    /// Ends one pause.
    pub(crate) fn resume(&mut self, now: Duration) {
        self.n_standing = self.n_standing.saturating_sub(1);
        if self.n_standing == 0 {
            self.stood = self.paused_until(now);
            self.stands_since = None;
        }
    }

    /// How long the clock was paused, since the start of the body or, before that, of the fixtures.
    pub(crate) fn paused_until(&self, now: Duration) -> Duration {
        self.stood + self.stands_since.map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }

    /// When the attempt times out; not known while the clock is paused.
    pub(crate) fn ends_at(&self) -> Option<Duration> {
        self.stands_since.is_none().then(|| self.end())
    }

    /// Whether the attempt has timed out. While the clock is paused: whether it had before.
    pub(crate) fn is_over(&self, now: Duration) -> bool {
        self.end() <= self.stands_since.unwrap_or(now)
    }

    fn end(&self) -> Duration {
        self.counted_from.saturating_add(self.limit).saturating_add(self.stood)
    }
}

/// The longest wait for a deadline. A wait that takes much longer shows that this process, or the whole job, was stopped meanwhile.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// A process on a busy machine may wake up so much later.
const LATE: Duration = Duration::from_millis(250);

/// How long this process was stopped, if a wait of `wanted` took `took`.
pub(crate) fn stopped_for(wanted: Duration, took: Duration) -> Duration {
    let late = took.saturating_sub(wanted);
    if late > LATE { late } else { Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    /// Applies these calls, each at its second, to an attempt with a timeout of ten seconds, and checks when it times
    /// out.
    #[track_caller]
    fn check(happens: &[(&str, u64)], until: Option<u64>) -> TimeoutTimer {
        let mut countdown = TimeoutTimer::new(seconds(10), seconds(100));
        for &(what, at) in happens {
            match what {
                "body" => countdown.begin_body(seconds(at)),
                "stands" => countdown.pause(seconds(at)),
                "goes on" => countdown.resume(seconds(at)),
                _ => panic!("{what}?"),
            }
        }
        assert_eq!(countdown.ends_at(), until.map(seconds));
        if let Some(until) = until {
            assert!(!countdown.is_over(seconds(until - 1)) && countdown.is_over(seconds(until)));
        }
        countdown
    }

    #[test]
    fn fixtures_and_body_have_separate_timeouts() {
        assert!(!check(&[], Some(110)).has_body_begun());
        assert!(check(&[("body", 109)], Some(119)).has_body_begun());
    }

    #[test]
    fn paused_time_is_not_counted() {
        check(&[("stands", 105), ("goes on", 150)], Some(155));
        check(&[("stands", 105), ("goes on", 150), ("stands", 152), ("goes on", 160)], Some(163));
        let countdown = check(&[("body", 105), ("stands", 107), ("goes on", 150)], Some(158));
        assert_eq!(countdown.paused_until(seconds(151)), seconds(43));
    }

    #[test]
    fn pauses_of_fixtures_do_not_extend_the_timeout_of_the_body() {
        check(&[("stands", 105), ("goes on", 150), ("body", 151)], Some(161));
    }

    #[test]
    fn clock_is_paused_until_all_pauses_end() {
        check(&[("stands", 101), ("stands", 102), ("goes on", 103)], None);
        check(&[("stands", 101), ("stands", 102), ("goes on", 103), ("goes on", 121)], Some(130));
        let countdown = check(&[("stands", 101), ("body", 120)], None);
        assert_eq!(countdown.paused_until(seconds(125)), seconds(5));
        check(&[("stands", 101), ("body", 120), ("goes on", 130)], Some(140));
    }

    #[test]
    fn paused_clock_does_not_time_out() {
        assert!(!check(&[("stands", 109)], None).is_over(seconds(1000)));
        assert!(check(&[("stands", 110)], None).is_over(seconds(111)));
    }
}
