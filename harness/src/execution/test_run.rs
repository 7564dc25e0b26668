//! One case on a worker: its attempts and their events.

use std::cell::RefCell;
use std::time::Duration;

use swimlanes_core::backoff::RetryOn;

use crate::execution::context::AttemptContext;
use crate::execution::progress::TestProgress;
use crate::execution::watchdog::{TimedOut, Watchdog, WatchedAttempt};
use crate::execution::{attempt, diagnostics};
use crate::model::config::{Capture, Isolation, Keep, RunConfig};
use crate::model::event::{AttemptFinished, CancelReason, CaseFinished, CaseIx, Event, TestId};
use crate::model::leaks::Leaks;
use crate::model::lease::Cleanup;
use crate::model::outcome::{BodyResult, Outcome};
use crate::model::test_id;
use crate::model::timing::Timing;
use crate::model::verdict::Verdict;
use crate::model::worker::Slot;
use crate::os::capture::OutputSink;
use crate::os::{backtrace, debugger};
use crate::plan::{Plan, Planned};
use crate::policy::retry::NextStep;
use crate::policy::timeout::TimeoutTimer;
use crate::policy::{classify, retry, timeout};
#[cfg(unix)]
use crate::process::child;
use crate::process::worker_client::{self, AttemptRequest, WorkerClient};

/// How far a worker has brought a case.
pub(crate) enum CaseStep {
    /// It has a verdict, which was emitted.
    Over(Verdict),
    /// It is to be tried again, but not here and now.
    GivenBack(TestProgress),
}

/// Runs the case until it has a verdict, and emits that, or until another worker must continue. `Err`: the supervisor has reported it.
pub(crate) fn run(
    context: &AttemptContext<'_>,
    planned: &Planned,
    progress: TestProgress,
) -> Result<CaseStep, TimedOut> {
    let mut progress = progress;
    if planned.is_ignored {
        let verdict = Verdict::Skip { reason: planned.ignore_reason() };
        context.place.emit(finished(&progress, verdict.clone(), None));
        return Ok(CaseStep::Over(verdict));
    }
    let terms = retry::terms(planned.case.attributes(), context.config);
    loop {
        if progress.attempt > 0 && !std::mem::take(&mut progress.has_rested) {
            if !terms.on.is_on_same_worker() {
                return Ok(CaseStep::GivenBack(progress));
            }
            context.place.wait_backoff(backoff_delay(context.config, planned, &progress));
            // After the run was cancelled, no further attempt starts.
            if let Some(verdict) =
                retry::verdict_if_cancelled(progress.first.as_ref()).filter(|_| context.place.cancel_reason().is_some())
            {
                context.place.emit(finished(&progress, verdict.clone(), Some(context.slot)));
                return Ok(CaseStep::Over(verdict));
            }
        }
        progress.attempt += 1;
        let is_fresh = progress.attempt > 1 && terms.on == RetryOn::Process;
        let Some(outcome) = attempt(context, planned, &mut progress, is_fresh)? else {
            progress.attempt -= 1;
            context.place.emit(diagnostics::interrupted(planned.name));
            let verdict = not_over(planned, &progress, context.place.cancel_reason());
            context.place.emit(finished(&progress, verdict.clone(), None));
            return Ok(CaseStep::Over(verdict));
        };
        match retry::after(&outcome, progress.attempt, terms.retries, progress.first.as_ref()) {
            NextStep::Over(verdict) => {
                context.place.emit(finished(&progress, verdict.clone(), Some(context.slot)));
                return Ok(CaseStep::Over(verdict));
            }
            NextStep::Again => {
                progress.failed_on = Some(context.slot);
                if let Outcome::Failed(failure) = outcome {
                    progress.first.get_or_insert(failure);
                }
            }
        }
    }
}

/// The delay before the next attempt of the case.
pub(crate) fn backoff_delay(config: &RunConfig, planned: &Planned, progress: &TestProgress) -> Duration {
    let terms = retry::terms(planned.case.attributes(), config);
    retry::delay(terms.backoff, config.seed, progress.test_id.name, progress.attempt)
}

/// What an attempt came to, in this process or in another one.
struct Attempted {
    outcome: Outcome,
    took: Timing,
    leaks: Leaks,
    output: Vec<u8>,
}

/// Runs one attempt, and emits its events. `None`: the run was interrupted, so the attempt has no result.
fn attempt(
    context: &AttemptContext<'_>,
    planned: &Planned,
    progress: &mut TestProgress,
    is_fresh: bool,
) -> Result<Option<Outcome>, TimedOut> {
    let at = context.clock.now();
    let (test_id, attempt, worker) = (progress.test_id.clone(), progress.attempt, context.slot);
    if context.config.tell_starts {
        context.place.emit(Event::AttemptStarted { test_id: test_id.clone(), attempt, worker, at });
    }
    context.place.attempt_starts(&test_id, attempt, at);
    let limit = timeout::limit(planned.case.attributes(), context.config);
    let attempted = match remote(context, planned, is_fresh) {
        None => run_here(context, planned, progress, at, limit)?,
        Some(remote) => {
            let request = AttemptRequest { planned, test_id: &test_id, number: attempt, limit, is_fresh };
            let Some(attempted) = run_in_process(context, remote, &request, at) else { return Ok(None) };
            attempted
        }
    };
    let Attempted { outcome, took, leaks, output } = attempted;
    let outcome = classify::without_leaks(outcome, &leaks, context.config.leak);
    let outcome = classify::after_earlier_attempts(outcome, context.config.earlier_attempts);
    progress.took += took;
    progress.leaks.clone_from(&leaks);
    let finished = AttemptFinished { test_id, attempt, worker, at, took, outcome: outcome.clone(), leaks, output };
    context.place.emit(Event::AttemptFinished(finished));
    emit_late(context.sink, context.plan, &|event| context.place.emit(event));
    Ok(Some(outcome))
}

/// The attempt on this thread.
fn run_here(
    context: &AttemptContext<'_>,
    planned: &Planned,
    progress: &TestProgress,
    started: Duration,
    limit: Option<Duration>,
) -> Result<Attempted, TimedOut> {
    let test_id = &progress.test_id;
    let watch = context.watch.zip(limit);
    let timeout_clock = watch.map(|(watch, limit)| {
        let countdown = TimeoutTimer::new(limit, started);
        watch.begin(WatchedAttempt { progress: progress.clone(), started, countdown })
    });
    let before = context.leak_check.map(|check| (check, check.begin(context.worker_scope)));
    let owner = test_id::pack(test_id.case, test_id.iteration);
    let attempted = attempt::run_on_thread(context, planned.case, owner, progress.attempt, timeout_clock.as_ref());
    let stood = watch.map_or(Ok(Duration::ZERO), |(watch, _)| watch.end())?;
    let output = context.sink.take();
    let took = attempted.body_took.saturating_sub(stood);
    let is_debugged = || debugger::is_attached(std::process::id(), debugger::root(context.config.runner));
    let limit = limit.filter(|&limit| took <= limit || !is_debugged());
    let outcome = classify::enforce_timeout(attempted.outcome, took, limit);
    let outcome = classify::ensured(outcome, attempted.took, context.config.ensure_time);
    give_back(context, test_id, &outcome);
    let leaks = before.map_or_else(Leaks::default, |(check, before)| check.end(&before, context.worker_scope));
    Ok(Attempted { outcome, took: attempted.took, leaks, output })
}

/// The attempt in a worker process. `None`: the run was interrupted.
#[cfg(unix)]
fn run_in_process(
    context: &AttemptContext<'_>,
    remote: &RefCell<WorkerClient>,
    request: &AttemptRequest<'_>,
    at: Duration,
) -> Option<Attempted> {
    let mut is_second = false;
    let attempted = loop {
        let attempted =
            remote.borrow_mut().attempt(request, &|| context.clock.now(), &|process| context.place.runs_in(process));
        let mut attempted = attempted.unwrap_or_else(|error| {
            let outcome = classify::not_possible(error.to_string());
            let (took, leaks) = (Timing::of(context.clock.now() - at), Leaks::default());
            worker_client::RemoteAttempt {
                outcome,
                took,
                leaks,
                output: Vec::new(),
                notices: Vec::new(),
                ended_by: None,
            }
        });
        for notices in std::mem::take(&mut attempted.notices) {
            context.place.emit(diagnostics::notice(request.test_id, notices));
        }
        // No test has run in the next process.
        match attempted.ended_by.take().filter(|_| !std::mem::replace(&mut is_second, true)) {
            Some((leftover, process_exit)) => {
                context.place.emit(diagnostics::left_thread(context.plan, leftover, &process_exit, request.test_id))
            }
            None => break attempted,
        }
    };
    if child::are_all_ended() && context.place.cancel_reason() == Some(CancelReason::Interrupted) {
        return None;
    }
    let outcome = classify::ensured(attempted.outcome, attempted.took, context.config.ensure_time);
    Some(Attempted { outcome, took: attempted.took, leaks: attempted.leaks, output: attempted.output })
}

#[cfg(unix)]
fn remote<'a>(context: &AttemptContext<'a>, planned: &Planned, is_fresh: bool) -> Option<&'a RefCell<WorkerClient>> {
    match context.config.isolation {
        _ if is_fresh => context.remote,
        Isolation::None => None,
        Isolation::Thread => context.remote.filter(|_| planned.case.attributes().own_process),
        Isolation::Process | Isolation::Test => context.remote,
    }
}

/// Gives back what the attempt leased, last first.
pub(crate) fn give_back(context: &AttemptContext<'_>, test_id: &TestId, outcome: &Outcome) {
    for closed in context.leases.close(classify::cleanup_for(context.config.keep, outcome)) {
        if let Some(event) = diagnostics::teardown(test_id, closed) {
            context.place.emit(event);
        }
    }
}

/// What is said of a case that is not over in a run that ended so: of most, that they were never started.
pub(crate) fn not_over(planned: &Planned, progress: &TestProgress, stopped: Option<CancelReason>) -> Verdict {
    match planned.is_ignored {
        true => Verdict::Skip { reason: planned.ignore_reason() },
        false => retry::verdict_if_cancelled(progress.first.as_ref()).unwrap_or_else(|| classify::not_started(stopped)),
    }
}

/// The last word on a case.
pub(crate) fn finished(progress: &TestProgress, verdict: Verdict, worker: Option<Slot>) -> Event {
    Event::CaseFinished(CaseFinished {
        test_id: progress.test_id.clone(),
        verdict,
        worker,
        attempts: progress.attempt,
        queued: progress.queued,
        took: progress.took,
        should_panic: progress.should_panic,
        leaks: progress.leaks.clone(),
    })
}

/// The events for an attempt that timed out: its output and kept directories so far, and the verdict of its case, unless it is retried in
/// another process. What it leased stays leased, unless it is to be kept anyway.
pub(crate) fn timed_out(
    watched: &WatchedAttempt,
    watch: &Watchdog,
    planned: &Planned,
    context: LaneInfo,
) -> (Option<Verdict>, Vec<Event>) {
    let mut progress = watched.progress.clone();
    let limit = watched.countdown.limit();
    let body_result = match watched.countdown.has_body_begun() {
        true => BodyResult::TimedOut { limit },
        false => BodyResult::FixturesTimedOut { limit },
    };
    let outcome = classify::outcome(body_result, planned.case.attributes().should_panic, planned.case.location);
    let then = retry::after(&outcome, progress.attempt, context.retries, progress.first.as_ref());
    let stack = diagnostics::whereabouts(watch.stack());
    let mut output = watch.sink.take();
    match (stack, context.capture) {
        (None, _) => {}
        (Some(stack), Capture::PerTest) => add_lines(&mut output, &stack),
        (Some(stack), Capture::Off | Capture::Prefixed) => backtrace::show(progress.test_id.name, &stack),
    }
    let mut events = Vec::new();
    if classify::cleanup_for(context.keep, &outcome) == Cleanup::Kept {
        let closed = watch.leases.close(Cleanup::Kept);
        events.extend(closed.into_iter().filter_map(|closed| diagnostics::teardown(&progress.test_id, closed)));
    }
    events.push(Event::AttemptFinished(AttemptFinished {
        test_id: progress.test_id.clone(),
        attempt: progress.attempt,
        worker: context.slot,
        at: watched.started,
        took: Timing::of(limit),
        outcome,
        leaks: Leaks::default(),
        output,
    }));
    progress.took += Timing::of(limit);
    let verdict = match then {
        NextStep::Over(verdict) => Some(verdict),
        NextStep::Again => None,
    };
    events.extend(verdict.clone().map(|verdict| finished(&progress, verdict, Some(context.slot))));
    (verdict, events)
}

fn add_lines(output: &mut Vec<u8>, lines: &str) {
    if output.last().is_some_and(|&last| last != b'\n') {
        output.push(b'\n');
    }
    output.extend(lines.as_bytes());
}

/// Tells what came since the last time from threads that attempts have left behind.
pub(crate) fn emit_late(sink: &OutputSink, plan: &Plan, emit: &dyn Fn(Event)) {
    for (owner, output) in sink.late() {
        if let Some((case, iteration)) = test_id::unpack(owner) {
            emit(Event::LateOutput {
                test_id: test_id_of(&plan.cases[case.ix()], case, iteration),
                attempt: None,
                output,
            });
        }
    }
}

/// The lane in which an attempt ran.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LaneInfo {
    pub(crate) slot: Slot,
    pub(crate) keep: Keep,
    pub(crate) capture: Capture,
    /// How often it may be tried again. The body runs still, with all it holds, so that is never in this process.
    pub(crate) retries: u32,
}

/// The name of a case in one round, for events.
pub(crate) fn test_id_of(planned: &Planned, case: CaseIx, iteration: u32) -> TestId {
    TestId { case, name: planned.name, iteration }
}
