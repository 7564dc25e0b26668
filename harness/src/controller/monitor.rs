//! Monitors the running tests in the controller: whether one is slow, and whether the run takes too long.

use std::time::Duration;

use crate::execution::supervisor;
use crate::execution::test_run;
use crate::model::config::RunConfig;
use crate::model::event::{Event, Slow};
use crate::model::test_id;
use crate::model::worker::Slot;
use crate::os::sys::{RunBoard, RunningAttempt};
use crate::os::{debugger, signals};
use crate::plan::Plan;
use crate::policy::run_monitor::{MonitorAction, RunMonitor, Running};
use crate::policy::timeout;

/// Monitors the attempts of a run, in every isolation mode.
pub(crate) struct Monitor {
    run_monitor: RunMonitor,
    next_check: Duration,
}

/// The result of a check.
pub(crate) struct Check {
    /// The running attempts.
    pub(crate) running: Vec<RunningAttempt>,
    /// The events to report.
    pub(crate) events: Vec<Event>,
    /// The run took longer than `--run-timeout` allows: no further test may start.
    pub(crate) is_out_of_time: bool,
    /// The grace period after that is over: running tests must be ended.
    pub(crate) is_out_of_grace: bool,
}

impl Monitor {
    pub(crate) fn new(config: &RunConfig) -> Self {
        let run_monitor = RunMonitor::new(config.slow_after, config.run_timeout, signals::GRACE);
        Self { run_monitor, next_check: Duration::ZERO }
    }

    /// The time until the next check.
    pub(crate) fn wait(&self, now: Duration) -> Duration {
        self.next_check.saturating_sub(now)
    }

    /// Checks the running attempts, if a check is due. `process` contains the lanes.
    pub(crate) fn check(
        &mut self,
        now: Duration,
        board: Option<&RunBoard>,
        process: u32,
        plan: &Plan,
        config: &RunConfig,
    ) -> Option<Check> {
        if now < self.next_check {
            return None;
        }
        let running = board.map(RunBoard::running).unwrap_or_default();
        let attempts: Vec<Running> = running.iter().map(self::running).collect();
        let is_debugged =
            || [process, std::process::id()].into_iter().any(|id| debugger::is_attached(id, std::process::id()));
        let (actions, next) = self.run_monitor.look(now, &attempts, &|owner| limit(owner, plan, config), &is_debugged);
        self.next_check = next;
        let mut check = Check { running, events: Vec::new(), is_out_of_time: false, is_out_of_grace: false };
        for action in actions {
            match action {
                MonitorAction::Slow(attempt, after) => {
                    check.events.extend(slow(&attempt, after, &check.running, process, plan, config).map(Event::Slow));
                }
                MonitorAction::OutOfTime => {
                    check.is_out_of_time = true;
                    check.events.push(signals::out_of_time(config.run_timeout.unwrap_or_default()));
                }
                MonitorAction::OutOfGrace => check.is_out_of_grace = true,
            }
        }
        Some(check)
    }
}

/// The timeout of the body of this test.
pub(crate) fn limit(owner: u64, plan: &Plan, config: &RunConfig) -> Option<Duration> {
    let (case, _) = test_id::unpack(owner)?;
    timeout::limit(plan.cases.get(case.ix())?.case.attributes(), config)
}

/// Whether one of these attempts is past its deadline, and its own process has not noticed.
pub(crate) fn is_overdue(attempts: &[RunningAttempt], now: Duration) -> bool {
    let mut ends = attempts.iter().filter_map(|attempt| attempt.ends_at_nanos);
    ends.any(|nanos| Duration::from_nanos(nanos) <= now)
}

fn running(attempt: &RunningAttempt) -> Running {
    let RunningAttempt { slot, owner, attempt, at_nanos, .. } = *attempt;
    Running { slot, owner, attempt, at: Duration::from_nanos(at_nanos) }
}

/// The name of the thread that runs this test: its own thread, or that of the lane.
pub(crate) fn thread_name(owner: u64, lane: String, plan: &Plan, config: &RunConfig) -> String {
    let planned = test_id::unpack(owner).and_then(|(case, _)| plan.cases.get(case.ix()));
    let own = planned.filter(|planned| config.fresh_threads || planned.case.attributes().fresh_thread);
    own.map_or(lane, |planned| planned.name.to_owned())
}

/// The event for a slow attempt. `process` contains the lanes.
fn slow(
    running: &Running,
    after: Duration,
    attempts: &[RunningAttempt],
    process: u32,
    plan: &Plan,
    config: &RunConfig,
) -> Option<Slow> {
    let (case, iteration) = test_id::unpack(running.owner)?;
    let test_id = test_run::test_id_of(plan.cases.get(case.ix())?, case, iteration);
    let own = attempts.iter().find(|attempt| attempt.owner == running.owner).map_or(0, |attempt| attempt.process);
    let (process, thread) = match own {
        0 => (process, supervisor::lane_name(running.slot)),
        own => (own, "lane".to_owned()),
    };
    let thread = thread_name(running.owner, thread, plan, config);
    Some(Slow { test_id, attempt: running.attempt, worker: Slot(running.slot), after, process, thread })
}
