//! Decides when somebody is to hear that a test is slow, when the whole run has taken too long, and when a process that is
//! stopped does not go on, or hangs with all its threads.

use std::time::Duration;

use crate::model::outcome::ProcessExit;

/// An attempt that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) slot: u32,
    /// See [`owner`](crate::model::test_id).
    pub(crate) owner: u64,
    pub(crate) attempt: u32,
    /// When it began.
    pub(crate) at: Duration,
}

/// What somebody has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MonitorAction {
    /// Tell that this attempt runs for so long already.
    Slow(Running, Duration),
    /// The time of the run is over: start nothing more.
    OutOfTime,
    /// And so is the grace of what still runs: end it.
    OutOfGrace,
}

/// A warning that comes a moment before the end helps nobody.
const SHORTEST: Duration = Duration::from_secs(1);

/// Looks from time to time.
#[derive(Debug)]
pub(crate) struct RunMonitor {
    slow_after: Duration,
    /// When the time of the run is over, or the grace that comes then.
    until: Option<(Duration, MonitorAction)>,
    grace: Duration,
    /// The slow attempts that were reported.
    reported: Vec<(u64, u32)>,
}

impl RunMonitor {
    pub(crate) fn new(slow_after: Duration, run_limit: Option<Duration>, grace: Duration) -> Self {
        let until = run_limit.map(|limit| (limit, MonitorAction::OutOfTime));
        Self { slow_after, until, grace, reported: Vec::new() }
    }

    /// What is to be done now, and when to look next at the latest: so soon that nobody who starts meanwhile is slow before.
    pub(crate) fn look(
        &mut self,
        now: Duration,
        running: &[Running],
        limit: &dyn Fn(u64) -> Option<Duration>,
    ) -> (Vec<MonitorAction>, Duration) {
        let mut actions = Vec::new();
        let mut next = now + SHORTEST.min(self.slow_after);
        for &attempt in running {
            let after = self.slow_after(limit(attempt.owner));
            if self.reported.contains(&(attempt.owner, attempt.attempt)) {
                continue;
            }
            if attempt.at + after <= now {
                self.reported.push((attempt.owner, attempt.attempt));
                actions.push(MonitorAction::Slow(attempt, after));
            } else {
                next = next.min(attempt.at + after);
            }
        }
        if let Some((until, action)) = self.until {
            if until <= now {
                actions.push(action);
                self.until =
                    (action == MonitorAction::OutOfTime).then_some((now + self.grace, MonitorAction::OutOfGrace));
            }
            next = self.until.map_or(next, |(until, _)| next.min(until));
        }
        (actions, next)
    }

    /// When an attempt with this limit is slow; half of its limit, if that is sooner than for all others.
    fn slow_after(&self, limit: Option<Duration>) -> Duration {
        match limit.map(|limit| limit / 2) {
            // Its fixtures and its body may take that long together. If it still runs then, its clock stands.
            Some(half) if half < SHORTEST => self.slow_after.max(4 * half + SHORTEST),
            Some(half) => half.min(self.slow_after),
            None => self.slow_after,
        }
    }
}

/// What a process is seen to do in which tests run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProcessHealth {
    /// Nothing is wrong.
    Fine,
    /// It is stopped by this signal; of what runs there, this is the shortest limit.
    Stopped { signal: String, shortest: Option<Duration> },
    /// The time of what runs there is up, and nobody there has seen it.
    Overdue,
}

/// For how long a process has been in no state to end its tests, by the looks of another one: time limits are watched in the process
/// of the tests, and who is stopped, or hangs with all its threads, watches nothing.
///
/// What counts is the time in which the one who looks saw it so, not what the clock says. If both are stopped, as by
/// Ctrl-Z and a machine that sleeps, the clock goes on, and the process must have all of its time when both go on.
#[derive(Debug, Default)]
pub(crate) struct StallDetector {
    /// Since it was seen to be in this state: the state, the last look, and how much there is by then.
    last_look: Option<(ProcessHealth, Duration, Duration)>,
}

impl StallDetector {
    /// How often to look.
    pub(crate) const STEP: Duration = SHORTEST;

    /// How long a process may be stopped beyond the limit of its test, and how long it may take to see that a limit is over. Most who
    /// stop it on purpose let it go on before, and a machine under load comes to it.
    const MARGIN: Duration = Duration::from_secs(10);

    /// Who has not looked for so long was stopped itself, or has waited for somebody who was.
    const AWAY: Duration = Duration::from_secs(5);

    /// Why it is to be ended, if it is: it has been in this state for too long.
    pub(crate) fn look(&mut self, now: Duration, state: ProcessHealth) -> Option<ProcessExit> {
        let lasted = match self.last_look.take() {
            Some((before, at, lasted)) if before == state && now.saturating_sub(at) < Self::AWAY => {
                lasted + now.saturating_sub(at).min(Self::STEP)
            }
            _ => Duration::ZERO,
        };
        self.last_look = (state != ProcessHealth::Fine).then(|| (state.clone(), now, lasted));
        match state {
            ProcessHealth::Stopped { signal, shortest: Some(limit) }
                if limit.saturating_add(Self::MARGIN) <= lasted =>
            {
                Some(ProcessExit::Stopped { signal })
            }
            ProcessHealth::Overdue if Self::MARGIN <= lasted => Some(ProcessExit::Hung),
            ProcessHealth::Fine | ProcessHealth::Stopped { .. } | ProcessHealth::Overdue => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn running(owner: u64, at: u64) -> Running {
        Running { slot: 0, owner, attempt: 1, at: seconds(at) }
    }

    /// What is seen at these moments, and when the next look is; the limit of attempt n is n seconds, 0 has none.
    #[track_caller]
    fn check(mut run_monitor: RunMonitor, looks: &[(f64, &[Running], &[MonitorAction], f64)]) {
        let limit = |owner: u64| (owner != 0).then(|| seconds(owner));
        for &(now, running, actions, next) in looks {
            let expected = (actions.to_vec(), Duration::from_secs_f64(next));
            assert_eq!(run_monitor.look(Duration::from_secs_f64(now), running, &limit), expected, "at {now}");
        }
    }

    #[test]
    fn an_attempt_is_slow_once() {
        let slow = running(0, 10);
        let again = Running { attempt: 2, ..slow };
        let looks: &[(f64, &[Running], &[MonitorAction], f64)] = &[
            (11.0, &[slow], &[], 12.0),
            (69.5, &[slow], &[], 70.0),
            (70.0, &[slow], &[MonitorAction::Slow(slow, MINUTE)], 71.0),
            (71.0, &[slow], &[], 72.0),
            (190.0, &[again], &[MonitorAction::Slow(again, MINUTE)], 191.0),
        ];
        check(RunMonitor::new(MINUTE, None, MINUTE), looks);
    }

    #[test]
    fn half_of_its_limit_is_slow_unless_that_is_short_or_its_clock_stands() {
        let (some, short, long) = (running(10, 0), running(1, 0), running(1000, 0));
        let looks: &[(f64, &[Running], &[MonitorAction], f64)] = &[
            (4.5, &[some, short, long], &[], 5.0),
            (5.0, &[some, short, long], &[MonitorAction::Slow(some, seconds(5))], 6.0),
            (59.5, &[short, long], &[], 60.0),
            (60.0, &[short, long], &[MonitorAction::Slow(short, MINUTE), MonitorAction::Slow(long, MINUTE)], 61.0),
        ];
        check(RunMonitor::new(MINUTE, None, MINUTE), looks);
        let looks: &[(f64, &[Running], &[MonitorAction], f64)] =
            &[(2.5, &[short], &[], 3.0), (3.0, &[short], &[MonitorAction::Slow(short, seconds(3))], 3.5)];
        check(RunMonitor::new(Duration::from_millis(500), None, MINUTE), looks);
    }

    #[test]
    fn a_run_ends_in_two_steps() {
        let looks: &[(f64, &[Running], &[MonitorAction], f64)] = &[
            (19.5, &[], &[], 20.0),
            (25.0, &[], &[MonitorAction::OutOfTime], 26.0),
            (34.5, &[], &[], 35.0),
            (35.0, &[], &[MonitorAction::OutOfGrace], 36.0),
            (36.0, &[], &[], 37.0),
        ];
        check(RunMonitor::new(MINUTE, Some(seconds(20)), seconds(10)), looks);
    }

    /// When, and for what, a process is ended that is seen so in these moments: `S` stopped, `O` overdue, `-` neither. `limit` is that
    /// of its test.
    #[track_caller]
    fn check_silence(limit: Option<u64>, looks: impl IntoIterator<Item = (u64, char)>, expected: Option<(u64, char)>) {
        let mut stall_detector = StallDetector::default();
        let signal = || "SIGSTOP".to_owned();
        let state = |look| match look {
            'S' => ProcessHealth::Stopped { signal: signal(), shortest: limit.map(seconds) },
            'O' => ProcessHealth::Overdue,
            _ => ProcessHealth::Fine,
        };
        let mut ends =
            looks.into_iter().filter_map(|(now, look)| Some((now, stall_detector.look(seconds(now), state(look))?)));
        let expected = expected.map(|(now, look)| match look {
            'S' => (now, ProcessExit::Stopped { signal: signal() }),
            _ => (now, ProcessExit::Hung),
        });
        assert_eq!(ends.next(), expected);
    }

    /// One look for each letter, a second after the other.
    fn each_second(from: u64, looks: &str) -> Vec<(u64, char)> {
        (from..).zip(looks.chars()).collect()
    }

    #[test]
    fn who_is_stopped_for_longer_than_its_limit_and_a_margin_is_ended() {
        check_silence(Some(3), each_second(100, &"S".repeat(60)), Some((113, 'S')));
        check_silence(Some(3), each_second(0, &("-----".to_owned() + &"S".repeat(60))), Some((18, 'S')));
    }

    #[test]
    fn who_does_not_see_that_a_limit_is_over_is_ended_after_a_margin() {
        check_silence(Some(3), each_second(100, &"O".repeat(60)), Some((110, 'O')));
        check_silence(Some(3), each_second(0, &("--OOOOOOOOO-".to_owned() + &"O".repeat(60))), Some((22, 'O')));
    }

    #[test]
    fn who_runs_or_has_no_limit_is_not() {
        check_silence(Some(3), each_second(0, &"-".repeat(600)), None);
        check_silence(None, each_second(0, &"S".repeat(600)), None);
    }

    #[test]
    fn who_goes_on_has_all_of_its_time_again() {
        check_silence(Some(3), each_second(0, &("SSSSSSSSSSSS-".repeat(50))), None);
        check_silence(Some(3), each_second(0, &("OOOOOOOOOO-".repeat(50))), None);
    }

    #[test]
    fn who_was_stopped_while_its_time_ran_out_has_a_margin_to_see_it() {
        let looks = each_second(0, &("SSSSSSSSSSSS".to_owned() + &"O".repeat(60)));
        check_silence(Some(3), looks, Some((22, 'O')));
    }

    #[test]
    fn the_time_in_which_nobody_looked_does_not_count() {
        // Both were stopped for an hour, and this one goes on first.
        let before = each_second(0, "---SSS");
        check_silence(Some(3), before.iter().copied().chain(each_second(3_600, "SSS-------")), None);
        check_silence(Some(3), before.into_iter().chain(each_second(3_600, &"S".repeat(60))), Some((3_613, 'S')));
        let before = each_second(0, "---OOO");
        check_silence(Some(3), before.into_iter().chain(each_second(3_600, &"O".repeat(60))), Some((3_610, 'O')));
        // A machine so busy that looks come late.
        for (look, end) in [('S', 52), ('O', 40)] {
            check_silence(Some(3), (0..).step_by(4).map(|now| (now, look)).take(60), Some((end, look)));
            check_silence(Some(3), (0..).step_by(60).map(|now| (now, look)).take(60), None);
        }
    }
}
