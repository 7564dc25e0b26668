//! One case on a worker: its attempts, and what is told of them.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

use crate::execution::attempt;
use crate::execution::context::AttemptContext;
use crate::execution::progress::TestProgress;
use crate::execution::watchdog::{TimedOut, Watchdog, WatchedAttempt};
use crate::model::backoff::RetryOn;
use crate::model::config::{Capture, Isolation, Keep, RunConfig};
use crate::model::error::Error;
use crate::model::event::{AttemptFinished, CancelReason, CaseFinished, CaseIx, Event, Severity, Told};
use crate::model::leaks::Leaks;
use crate::model::lease::Cleanup;
#[cfg(unix)]
use crate::model::outcome::ProcessExit;
use crate::model::outcome::{BodyResult, Outcome};
use crate::model::protocol::Notice;
use crate::model::test_id;
use crate::model::timing::Timing;
use crate::model::verdict::Verdict;
use crate::model::worker::Slot;
use crate::os::backtrace;
use crate::os::capture::OutputSink;
use crate::plan::{Plan, Planned};
use crate::policy::retry::NextStep;
use crate::policy::timeout::TimeoutTimer;
use crate::policy::{classify, retry};
#[cfg(unix)]
use crate::process::child;
use crate::process::worker_client::{self, WorkerClient};

/// How far a worker has brought a case.
pub(crate) enum CaseStep {
    /// Its verdict stands, and was told.
    Over(Verdict),
    /// It is to be tried again, but not here and now.
    GivenBack(TestProgress),
}

/// Runs the case until its verdict stands, and tells of it, or until another worker is to go on. `Err` if somebody else
/// has told of it already.
pub(crate) fn run(site: &AttemptContext<'_>, planned: &Planned, progress: TestProgress) -> Result<CaseStep, TimedOut> {
    let mut progress = progress;
    if planned.is_ignored {
        let verdict = Verdict::Skip { reason: planned.ignore_reason() };
        (site.tell)(finished(&progress, verdict.clone(), None));
        return Ok(CaseStep::Over(verdict));
    }
    let terms = retry::terms(planned.case.attributes(), site.config);
    loop {
        if progress.attempt > 0 && !std::mem::take(&mut progress.has_rested) {
            match terms.on {
                RetryOn::Same => {
                    (site.rest)(rest(site.config, planned, &progress));
                    // Nothing is started any more, which goes for attempts, too.
                    if let Some(verdict) =
                        retry::cut_short(progress.first.as_ref()).filter(|_| (site.stopped)().is_some())
                    {
                        (site.tell)(finished(&progress, verdict.clone(), Some(site.slot)));
                        return Ok(CaseStep::Over(verdict));
                    }
                }
                RetryOn::Any | RetryOn::Alone => return Ok(CaseStep::GivenBack(progress)),
            }
        }
        progress.attempt += 1;
        let outcome = match remote(site, planned) {
            None => attempt(site, planned, &mut progress)?,
            Some(remote) => match elsewhere(site, remote, planned, &mut progress) {
                Some(outcome) => outcome,
                None => {
                    (site.tell)(told_of_interrupted(planned.name));
                    let verdict = not_over(planned, &progress, (site.stopped)());
                    (site.tell)(finished(&progress, verdict.clone(), None));
                    return Ok(CaseStep::Over(verdict));
                }
            },
        };
        match retry::after(&outcome, progress.attempt, terms.retries, progress.first.as_ref()) {
            NextStep::Over(verdict) => {
                (site.tell)(finished(&progress, verdict.clone(), Some(site.slot)));
                return Ok(CaseStep::Over(verdict));
            }
            NextStep::Again => {
                progress.failed_on = Some(site.slot);
                if let Outcome::Failed(failure) = outcome {
                    progress.first.get_or_insert(failure);
                }
            }
        }
    }
}

/// How long the case rests before its next attempt.
pub(crate) fn rest(config: &RunConfig, planned: &Planned, progress: &TestProgress) -> Duration {
    let terms = retry::terms(planned.case.attributes(), config);
    retry::delay(terms.backoff, config.seed, progress.told.name, progress.attempt)
}

fn attempt(site: &AttemptContext<'_>, planned: &Planned, progress: &mut TestProgress) -> Result<Outcome, TimedOut> {
    let started = site.clock.now();
    let told = &progress.told;
    if site.config.tell_starts {
        let (told, attempt, worker) = (told.clone(), progress.attempt, site.slot);
        (site.tell)(Event::AttemptStarted { told, attempt, worker, at: started });
    }
    (site.begin)(told, progress.attempt, started);
    let limit = planned.case.attributes().timeout.or(site.config.timeout);
    let watch = site.watch.zip(limit);
    let stopwatch = watch.map(|(watch, limit)| {
        let countdown = TimeoutTimer::new(limit, started);
        watch.begin(WatchedAttempt { progress: progress.clone(), started, countdown })
    });
    let before = site.leak_check.map(|check| (check, check.begin(site.of_worker)));
    let attempted = attempt::run(site, planned.case, test_id::pack(told.case, told.round), stopwatch.as_ref());
    let stood = watch.map_or(Ok(Duration::ZERO), |(watch, _)| watch.end())?;
    let output = site.sink.take();
    let outcome = classify::outcome(attempted.ended, planned.case.attributes().should_panic, planned.case.location);
    let outcome = classify::in_time(outcome, attempted.body_took.saturating_sub(stood), limit);
    let outcome = classify::ensured(outcome, attempted.took, site.config.ensure_time);
    give_back(site, told, &outcome);
    progress.leaks = before.map_or_else(Leaks::default, |(check, before)| check.end(&before, site.of_worker));
    let outcome = classify::without_leaks(outcome, &progress.leaks, site.config.leak);
    progress.took += attempted.took;
    (site.tell)(Event::AttemptFinished(AttemptFinished {
        told: told.clone(),
        attempt: progress.attempt,
        worker: site.slot,
        at: started,
        took: attempted.took,
        outcome: outcome.clone(),
        leaks: progress.leaks,
        output,
    }));
    tell_late(site.sink, site.plan, site.tell);
    Ok(outcome)
}

/// An attempt in a process of its own. `None`: somebody wanted the run to end at once, and so nobody knows what would have
/// come of it.
#[cfg(unix)]
fn elsewhere(
    site: &AttemptContext<'_>,
    remote: &RefCell<WorkerClient>,
    planned: &Planned,
    progress: &mut TestProgress,
) -> Option<Outcome> {
    let at = site.clock.now();
    let told = &progress.told;
    if site.config.tell_starts {
        let (told, attempt, worker) = (told.clone(), progress.attempt, site.slot);
        (site.tell)(Event::AttemptStarted { told, attempt, worker, at });
    }
    (site.begin)(told, progress.attempt, at);
    let limit = planned.case.attributes().timeout.or(site.config.timeout);
    let mut is_second = false;
    let attempted = loop {
        let attempted = remote.borrow_mut().attempt(planned, told, limit, &|| site.clock.now(), site.runs_in);
        let mut attempted = attempted.unwrap_or_else(|error| {
            let outcome = classify::not_possible(error.to_string());
            let (took, leaks) = (Timing::of(site.clock.now() - at), Leaks::default());
            worker_client::RemoteAttempt { outcome, took, leaks, output: Vec::new(), aside: Vec::new(), ended_by: None }
        });
        for aside in std::mem::take(&mut attempted.aside) {
            (site.tell)(told_aside(told, aside));
        }
        // The next process has nothing in it that anybody has left.
        match attempted.ended_by.take().filter(|_| !std::mem::replace(&mut is_second, true)) {
            Some((left, death)) => (site.tell)(told_of_left(site.plan, left, &death, told)),
            None => break attempted,
        }
    };
    if child::are_all_ended() && (site.stopped)() == Some(CancelReason::Interrupted) {
        progress.attempt -= 1;
        return None;
    }
    progress.took += attempted.took;
    progress.leaks = attempted.leaks;
    let outcome = classify::ensured(attempted.outcome, attempted.took, site.config.ensure_time);
    let outcome = classify::without_leaks(outcome, &progress.leaks, site.config.leak);
    (site.tell)(Event::AttemptFinished(AttemptFinished {
        told: told.clone(),
        attempt: progress.attempt,
        worker: site.slot,
        at,
        took: attempted.took,
        outcome: outcome.clone(),
        leaks: progress.leaks,
        output: attempted.output,
    }));
    Some(outcome)
}

/// A thread that one test has left behind, or nobody knows what, ended the process in which another one ran.
#[cfg(unix)]
fn told_of_left(plan: &Plan, left: u64, death: &ProcessExit, innocent: &Told) -> Event {
    let left = test_id::unpack(left).and_then(|(case, _)| plan.cases.get(case.ix()));
    let innocent = innocent.name;
    let (message, gravity) = match left {
        Some(Planned { name, .. }) => (
            format!(
                "a thread that the test `{name}` left behind ended the process of a worker: {death}; `{innocent}`, which ran there, is run \
                 once more"
            ),
            Severity::Failure,
        ),
        None => (
            format!(
                "the process of a worker ended: {death}; `{innocent}` ran there, and others before it, which may have left what did it, so \
                 it is run once more, in a new process"
            ),
            Severity::Note,
        ),
    };
    Event::Trouble { message, gravity }
}

/// What a process of tests had to say besides.
#[cfg(unix)]
pub(crate) fn told_aside(told: &Told, aside: Notice) -> Event {
    match aside {
        Notice::Kept(path) => Event::Kept { told: told.clone(), path },
        aside => told_beside(aside),
    }
}

/// What such a process had to say when it was not about a test.
#[cfg(unix)]
pub(crate) fn told_beside(aside: Notice) -> Event {
    let (message, gravity) = match aside {
        Notice::Kept(path) => (format!("kept: {}", path.display()), Severity::Note),
        Notice::Note(message) => (message, Severity::Note),
        Notice::Failure(message) => (message, Severity::Failure),
    };
    Event::Trouble { message, gravity }
}

#[cfg(unix)]
fn remote<'a>(site: &AttemptContext<'a>, planned: &Planned) -> Option<&'a RefCell<WorkerClient>> {
    match site.config.isolation {
        Isolation::None => None,
        Isolation::Thread => site.remote.filter(|_| planned.case.attributes().own_process),
        Isolation::Process | Isolation::Test => site.remote,
    }
}

/// Gives back what the attempt leased, last first.
pub(crate) fn give_back(site: &AttemptContext<'_>, told: &Told, outcome: &Outcome) {
    for closed in site.leases.close(classify::fate(site.config.keep, outcome)) {
        if let Some(event) = told_of_closing(told, closed) {
            (site.tell)(event);
        }
    }
}

fn told_of_closing(told: &Told, closed: Result<Option<PathBuf>, Error>) -> Option<Event> {
    match closed {
        Ok(kept) => kept.map(|path| Event::Kept { told: told.clone(), path }),
        Err(error) => {
            let message = format!("cleaning up after the test `{}`: {error}", told.name);
            Some(Event::Trouble { message, gravity: Severity::Note })
        }
    }
}

/// What is told of a test that was running still when the run was interrupted for good.
pub(crate) fn told_of_interrupted(name: &str) -> Event {
    let message =
        format!("the test `{name}` still ran when the run was interrupted; nobody knows what would have come of it");
    Event::Trouble { message, gravity: Severity::Note }
}

/// What is said of a case that is not over in a run that ended so: of most, that they were never started.
pub(crate) fn not_over(planned: &Planned, progress: &TestProgress, stopped: Option<CancelReason>) -> Verdict {
    match planned.is_ignored {
        true => Verdict::Skip { reason: planned.ignore_reason() },
        false => retry::cut_short(progress.first.as_ref()).unwrap_or_else(|| classify::not_started(stopped)),
    }
}

/// The last word on a case.
pub(crate) fn finished(progress: &TestProgress, verdict: Verdict, worker: Option<Slot>) -> Event {
    Event::CaseFinished(CaseFinished {
        told: progress.told.clone(),
        verdict,
        worker,
        attempts: progress.attempt,
        queued: progress.queued,
        took: progress.took,
        should_panic: progress.should_panic,
        leaks: progress.leaks,
    })
}

/// What is told of an attempt that ran longer than it may: what it has written, and kept, so far, and the last word on its
/// case, unless it may be tried again, in another process. What it leased stays leased, unless it is to be kept anyway.
pub(crate) fn timed_out(
    watched: &WatchedAttempt,
    watch: &Watchdog,
    planned: &Planned,
    site: LaneInfo,
) -> (Option<Verdict>, Vec<Event>) {
    let mut progress = watched.progress.clone();
    let limit = watched.countdown.limit();
    let ended = match watched.countdown.has_body_begun() {
        true => BodyResult::TimedOut { limit },
        false => BodyResult::FixturesTimedOut { limit },
    };
    let outcome = classify::outcome(ended, planned.case.attributes().should_panic, planned.case.location);
    let then = retry::after(&outcome, progress.attempt, site.retries, progress.first.as_ref());
    let stack = watch.stack();
    let mut output = watch.sink.take();
    match (stack, site.capture) {
        (None, _) => {}
        (Some(stack), Capture::PerTest) => add_lines(&mut output, &stack),
        (Some(stack), Capture::Off | Capture::Prefixed) => backtrace::show(progress.told.name, &stack),
    }
    let mut events = Vec::new();
    if classify::fate(site.keep, &outcome) == Cleanup::Kept {
        let closed = watch.leases.close(Cleanup::Kept);
        events.extend(closed.into_iter().filter_map(|closed| told_of_closing(&progress.told, closed)));
    }
    events.push(Event::AttemptFinished(AttemptFinished {
        told: progress.told.clone(),
        attempt: progress.attempt,
        worker: site.slot,
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
    events.extend(verdict.clone().map(|verdict| finished(&progress, verdict, Some(site.slot))));
    (verdict, events)
}

fn add_lines(output: &mut Vec<u8>, lines: &str) {
    if output.last().is_some_and(|&last| last != b'\n') {
        output.push(b'\n');
    }
    output.extend(lines.as_bytes());
}

/// Tells what came since the last time from threads that attempts have left behind.
pub(crate) fn tell_late(sink: &OutputSink, plan: &Plan, tell: &dyn Fn(Event)) {
    for (owner, output) in sink.late() {
        if let Some((case, round)) = test_id::unpack(owner) {
            tell(Event::LateOutput { told: told(&plan.cases[case.ix()], case, round), attempt: None, output });
        }
    }
}

/// Where it ran, for who was not there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LaneInfo {
    pub(crate) slot: Slot,
    pub(crate) keep: Keep,
    pub(crate) capture: Capture,
    /// How often it may be tried again. The body runs still, with all it holds, so that is never in this process.
    pub(crate) retries: u32,
}

/// The name of a case in one round, for events.
pub(crate) fn told(planned: &Planned, case: CaseIx, round: u32) -> Told {
    Told { case, name: planned.name, round }
}
