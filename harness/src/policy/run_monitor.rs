//! Decides when a test is reported as slow, when the whole run has taken too long, and when a process has been stopped or unresponsive for
//! too long.

use std::time::Duration;

use crate::model::outcome::ProcessExit;
use crate::policy::timeout;

/// An attempt that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) slot: u32,
    /// See [`test_id`](crate::model::test_id).
    pub(crate) owner: u64,
    pub(crate) attempt: u32,
    /// When it started.
    pub(crate) at: Duration,
}

/// An action for the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MonitorAction {
    /// Report that this attempt has run for longer than this.
    Slow(Running, Duration),
    /// The run has reached its limit: start no further test.
    OutOfTime,
    /// The grace period after that is over: end the running tests.
    OutOfGrace,
}

/// A report that comes less than this before the timeout would be no use.
const SHORTEST: Duration = Duration::from_secs(1);

/// Monitors the running attempts.
#[derive(Debug)]
pub(crate) struct RunMonitor {
    slow_after: Duration,
    /// When the limit of the run, or the grace period after it, is over.
    until: Option<(Duration, MonitorAction)>,
    grace: Duration,
    /// When the next check was due. A check that is much later shows that this process was stopped.
    next: Option<Duration>,
    /// The slow attempts that were reported.
    reported: Vec<(u64, u32)>,
}

impl RunMonitor {
    pub(crate) fn new(slow_after: Duration, run_limit: Option<Duration>, grace: Duration) -> Self {
        let until = run_limit.map(|limit| (limit, MonitorAction::OutOfTime));
        Self { slow_after, until, grace, next: None, reported: Vec::new() }
    }

    /// The actions that are due, and the time of the next check at the latest. An attempt that starts meanwhile cannot become slow before
    /// that. The limit of the run is postponed while a debugger is attached, and by the time in which this process was stopped.
    pub(crate) fn look(
        &mut self,
        now: Duration,
        running: &[Running],
        limit: &dyn Fn(u64) -> Option<Duration>,
        is_debugged: &dyn Fn() -> bool,
    ) -> (Vec<MonitorAction>, Duration) {
        let stopped = self.next.map_or(Duration::ZERO, |next| timeout::stopped_for(next, now));
        self.until = self.until.map(|(until, action)| (until + stopped, action));
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
            if until <= now && is_debugged() {
                self.until = Some((now + SHORTEST, action));
            } else if until <= now {
                actions.push(action);
                self.until =
                    (action == MonitorAction::OutOfTime).then_some((now + self.grace, MonitorAction::OutOfGrace));
            }
            next = self.until.map_or(next, |(until, _)| next.min(until));
        }
        self.next = Some(next);
        (actions, next)
    }

    /// After which time an attempt with this timeout is slow: after half of its timeout, if that is sooner than for all others.
    fn slow_after(&self, limit: Option<Duration>) -> Duration {
        match limit.map(|limit| limit / 2) {
            // Its fixtures and its body can take that long together. If it still runs then, its clock is paused.
            Some(half) if half < SHORTEST => self.slow_after.max(4 * half + SHORTEST),
            Some(half) => half.min(self.slow_after),
            None => self.slow_after,
        }
    }
}

/// The state of a process in which tests run, as seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProcessHealth {
    /// Nothing is wrong.
    Fine,
    /// It is stopped by this signal; `shortest` is the shortest timeout of the tests that run there.
    Stopped { signal: String, shortest: Option<Duration> },
    /// A timeout of a test there is over, and the process has not noticed.
    Overdue,
}

/// Measures how long a process has not been able to end its tests. Timeouts are watched in the process of the tests, and a process that is
/// stopped, or whose threads are all blocked, watches nothing.
///
/// Only the time during which the controller observed the state counts, not wall-clock time. If both processes are stopped, by Ctrl-Z or
/// because the machine sleeps, the clock continues, and the process must get its full time when both are continued.
#[derive(Debug, Default)]
pub(crate) struct StallDetector {
    /// The state, the time of the last check, and how long the state has lasted by then.
    last_look: Option<(ProcessHealth, Duration, Duration)>,
}

impl StallDetector {
    /// The interval between checks.
    pub(crate) const STEP: Duration = SHORTEST;

    /// How long a process may be stopped beyond the timeout of its test, and how long it may take to notice a timeout. A process that is
    /// stopped on purpose is usually continued before that, and a machine under load needs less.
    const MARGIN: Duration = Duration::from_secs(10);

    /// After such an interval without a check, the controller itself was stopped, or waited for a process that was.
    const AWAY: Duration = Duration::from_secs(5);

    /// Why the process must be ended: it has been in this state for too long.
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

    /// The actions at these times, and the time of the next check. The timeout of the attempt with owner n is n seconds; 0 has none.
    #[track_caller]
    fn check(mut run_monitor: RunMonitor, looks: &[(f64, &[Running], &[MonitorAction], f64)]) {
        let limit = |owner: u64| (owner != 0).then(|| seconds(owner));
        for &(now, running, actions, next) in looks {
            let expected = (actions.to_vec(), Duration::from_secs_f64(next));
            assert_eq!(
                run_monitor.look(Duration::from_secs_f64(now), running, &limit, &|| false),
                expected,
                "at {now}"
            );
        }
    }

    #[test]
    fn slow_attempt_is_reported_once() {
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
    fn attempt_is_slow_after_half_of_its_timeout() {
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
    fn run_timeout_ends_the_run_in_two_steps_and_does_not_count_time_while_stopped() {
        let looks: &[(f64, &[Running], &[MonitorAction], f64)] = &[
            (18.5, &[], &[], 19.5),
            (19.5, &[], &[], 20.0),
            (20.1, &[], &[MonitorAction::OutOfTime], 21.1),
            // Each check is a second after the one before.
            (21.1, &[], &[], 22.1),
            (22.1, &[], &[], 23.1),
            // The process was stopped for an hour.
            (3_623.1, &[], &[], 3_624.1),
            (3_624.1, &[], &[], 3_625.1),
            (3_625.1, &[], &[], 3_626.1),
            (3_626.1, &[], &[], 3_627.1),
            (3_627.1, &[], &[], 3_628.1),
            (3_628.1, &[], &[], 3_629.1),
            (3_629.1, &[], &[], 3_630.1),
            (3_630.1, &[], &[MonitorAction::OutOfGrace], 3_631.1),
            (3_631.1, &[], &[], 3_632.1),
        ];
        check(RunMonitor::new(MINUTE, Some(seconds(20)), seconds(10)), looks);
    }

    /// When, and for what reason, a process is ended that is in these states at these times: `S` stopped, `O` overdue, `-` neither. `limit`
    /// is the timeout of its test.
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

    /// One check for each letter, at intervals of one second.
    fn each_second(from: u64, looks: &str) -> Vec<(u64, char)> {
        (from..).zip(looks.chars()).collect()
    }

    #[test]
    fn process_stopped_beyond_its_timeout_and_a_margin_is_killed() {
        check_silence(Some(3), each_second(100, &"S".repeat(60)), Some((113, 'S')));
        check_silence(Some(3), each_second(0, &("-----".to_owned() + &"S".repeat(60))), Some((18, 'S')));
    }

    #[test]
    fn process_that_misses_its_timeout_is_killed_after_a_margin() {
        check_silence(Some(3), each_second(100, &"O".repeat(60)), Some((110, 'O')));
        check_silence(Some(3), each_second(0, &("--OOOOOOOOO-".to_owned() + &"O".repeat(60))), Some((22, 'O')));
    }

    #[test]
    fn process_that_runs_or_has_no_timeout_is_not_killed() {
        check_silence(Some(3), each_second(0, &"-".repeat(600)), None);
        check_silence(None, each_second(0, &"S".repeat(600)), None);
    }

    #[test]
    fn resumed_process_gets_its_whole_time_again() {
        check_silence(Some(3), each_second(0, &("SSSSSSSSSSSS-".repeat(50))), None);
        check_silence(Some(3), each_second(0, &("OOOOOOOOOO-".repeat(50))), None);
    }

    #[test]
    fn process_stopped_during_its_timeout_gets_a_margin() {
        let looks = each_second(0, &("SSSSSSSSSSSS".to_owned() + &"O".repeat(60)));
        check_silence(Some(3), looks, Some((22, 'O')));
    }

    #[test]
    fn time_without_checks_does_not_count() {
        // Both were stopped for an hour, and the controller was continued first.
        let before = each_second(0, "---SSS");
        check_silence(Some(3), before.iter().copied().chain(each_second(3_600, "SSS-------")), None);
        check_silence(Some(3), before.into_iter().chain(each_second(3_600, &"S".repeat(60))), Some((3_613, 'S')));
        let before = each_second(0, "---OOO");
        check_silence(Some(3), before.into_iter().chain(each_second(3_600, &"O".repeat(60))), Some((3_610, 'O')));
        // On a busy machine, checks come late.
        for (look, end) in [('S', 52), ('O', 40)] {
            check_silence(Some(3), (0..).step_by(4).map(|now| (now, look)).take(60), Some((end, look)));
            check_silence(Some(3), (0..).step_by(60).map(|now| (now, look)).take(60), None);
        }
    }
}
