//! Looks at what runs, in the process that reports: whether a test is slow, and whether the run takes too long.

use std::time::Duration;

use crate::execution::supervisor;
use crate::execution::test_run;
use crate::model::config::RunConfig;
use crate::model::event::Slow;
use crate::model::test_id;
use crate::model::worker::Slot;
use crate::os::sys::RunningAttempt;
use crate::plan::Plan;
use crate::policy::run_monitor::{MonitorAction, RunMonitor, Running};

/// What is to be done now, and when to look next.
pub(crate) fn look(
    run_monitor: &mut RunMonitor,
    now: Duration,
    attempts: &[RunningAttempt],
    plan: &Plan,
    config: &RunConfig,
) -> (Vec<MonitorAction>, Duration) {
    let running: Vec<Running> = attempts.iter().map(running).collect();
    run_monitor.look(now, &running, &|owner| limit(owner, plan, config))
}

/// How long the body of this owner's test may run.
pub(crate) fn limit(owner: u64, plan: &Plan, config: &RunConfig) -> Option<Duration> {
    let (case, _) = test_id::unpack(owner)?;
    plan.cases.get(case.ix())?.case.attributes().timeout.or(config.timeout)
}

/// Whether the time of one of these is up, and whoever watches it has not seen that yet.
pub(crate) fn is_overdue(attempts: &[RunningAttempt], now: Duration) -> bool {
    let mut ends = attempts.iter().filter_map(|attempts| attempts.ends_at_nanos);
    ends.any(|nanos| Duration::from_nanos(nanos) <= now)
}

fn running(attempts: &RunningAttempt) -> Running {
    let RunningAttempt { slot, owner, attempt, at_nanos, .. } = *attempts;
    Running { slot, owner, attempt, at: Duration::from_nanos(at_nanos) }
}

/// What is told of an attempt that is slow. `process` is where the lanes are.
pub(crate) fn slow(
    running: &Running,
    after: Duration,
    attempts: &[RunningAttempt],
    process: u32,
    plan: &Plan,
) -> Option<Slow> {
    let (case, iteration) = test_id::unpack(running.owner)?;
    let test_id = test_run::test_id_of(plan.cases.get(case.ix())?, case, iteration);
    let own = attempts.iter().find(|attempts| attempts.owner == running.owner).map_or(0, |attempts| attempts.process);
    let (process, thread) = match own {
        0 => (process, supervisor::lane_name(running.slot)),
        own => (own, "lane".to_owned()),
    };
    Some(Slow { test_id, attempt: running.attempt, worker: Slot(running.slot), after, process, thread })
}
