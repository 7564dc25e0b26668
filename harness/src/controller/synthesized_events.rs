//! Events for attempts and cases whose own process cannot report them any more.

use std::time::Duration;

use crate::execution::progress::TestProgress;
use crate::execution::test_run;
use crate::model::config::RunConfig;
use crate::model::event::{AttemptFinished, CancelReason, Event};
#[cfg(unix)]
use crate::model::leaks::Leaks;
#[cfg(unix)]
use crate::model::outcome::BodyResult;
use crate::model::protocol::TestKey;
#[cfg(unix)]
use crate::model::test_id;
use crate::model::timing::Timing;
#[cfg(unix)]
use crate::model::worker::Slot;
#[cfg(unix)]
use crate::os::sys::RunningAttempt;
use crate::plan::Plan;
#[cfg(unix)]
use crate::policy::classify;
use crate::policy::remaining_tests::RemainingTests;
use crate::policy::retry::{self, NextStep};

/// The events for an attempt that was running when its process ended, and for its case if that was the last attempt.
#[cfg(unix)]
pub(crate) fn crash_events(
    (plan, config, remaining): (&Plan, &RunConfig, &RemainingTests),
    culprit: RunningAttempt,
    body_result: BodyResult,
    output: Vec<u8>,
    now: Duration,
) -> Vec<Event> {
    let Some(entry) = test_id::unpack(culprit.owner) else { return Vec::new() };
    let planned = &plan.cases[entry.0.ix()];
    let at = Duration::from_nanos(culprit.at_nanos);
    let finished = AttemptFinished {
        test_id: test_run::test_id_of(planned, entry.0, entry.1),
        attempt: culprit.attempt,
        worker: Slot(culprit.slot),
        at,
        took: Timing::of(now.saturating_sub(at)),
        outcome: classify::outcome(body_result, planned.case.attributes().should_panic, planned.case.location),
        leaks: Leaks::default(),
        output,
    };
    settled((plan, config, remaining), finished)
}

/// The events for an attempt that is over, and for its case if that was the last attempt.
pub(crate) fn settled(
    (plan, config, remaining): (&Plan, &RunConfig, &RemainingTests),
    finished: AttemptFinished,
) -> Vec<Event> {
    let test_id = finished.test_id.clone();
    let entry = (test_id.case, test_id.iteration);
    let planned = &plan.cases[test_id.case.ix()];
    let retries = retry::terms(planned.case.attributes(), config).retries;
    let first = remaining.progress(entry).and_then(|progress| progress.first.clone());
    let then = retry::after(&finished.outcome, finished.attempt, retries, first.as_ref());
    let (attempt, worker, leaks) = (finished.attempt, finished.worker, finished.leaks.clone());
    let mut took = remaining.took(entry);
    took += finished.took;
    let mut events = vec![Event::AttemptFinished(finished)];
    if let NextStep::Over(verdict) = then {
        let progress = TestProgress { attempt, took, leaks, ..TestProgress::not_started(test_id, planned) };
        events.push(test_run::finished(&progress, verdict, Some(worker)));
    }
    events
}

/// The verdicts of the remaining cases of a run that has ended.
pub(crate) fn rest(plan: &Plan, remaining: &RemainingTests, stopped: Option<CancelReason>) -> Vec<Event> {
    let finished = |entry: TestKey| {
        let planned = &plan.cases[entry.0.ix()];
        let test_id = test_run::test_id_of(planned, entry.0, entry.1);
        let progress = TestProgress::of(test_id, planned, Duration::ZERO, remaining.progress(entry));
        test_run::finished(&progress, test_run::not_over(planned, &progress, stopped), None)
    };
    remaining.entries().into_iter().map(finished).collect()
}
