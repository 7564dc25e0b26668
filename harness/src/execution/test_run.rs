//! One case on a worker: its attempts, and what is told of them.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

use crate::execution::attempt;
use crate::execution::context::Site;
use crate::execution::progress::Progress;
use crate::execution::watchdog::{Abandoned, Watch, Watched};
use crate::model::backoff::RetryOn;
use crate::model::config::{Capture, Isolation, Keep, RunConfig};
use crate::model::error::Error;
use crate::model::event::{AttemptFinished, CaseFinished, CaseIx, Event, Gravity, Stop, Told};
use crate::model::leaks::Leaks;
use crate::model::lease::Fate;
#[cfg(unix)]
use crate::model::outcome::Death;
use crate::model::outcome::{Ended, Outcome};
use crate::model::protocol::Aside;
use crate::model::test_id;
use crate::model::timing::Took;
use crate::model::verdict::Verdict;
use crate::model::worker::Slot;
use crate::os::backtrace;
use crate::os::capture::Sink;
use crate::plan::{Plan, Planned};
use crate::policy::retry::Then;
use crate::policy::timeout::Countdown;
use crate::policy::{classify, retry};
#[cfg(unix)]
use crate::process::child;
use crate::process::worker_client::{self, Remote};

/// How far a worker has brought a case.
pub(crate) enum Ran {
    /// Its verdict stands, and was told.
    Over(Verdict),
    /// It is to be tried again, but not here and now.
    GivenBack(Progress),
}

/// Runs the case until its verdict stands, and tells of it, or until another worker is to go on. `Err` if somebody else
/// has told of it already.
pub(crate) fn run(site: &Site<'_>, planned: &Planned, progress: Progress) -> Result<Ran, Abandoned> {
    let mut progress = progress;
    if planned.is_ignored {
        let verdict = Verdict::Skip { reason: planned.ignore_reason() };
        (site.tell)(finished(&progress, verdict.clone(), None));
        return Ok(Ran::Over(verdict));
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
                        return Ok(Ran::Over(verdict));
                    }
                }
                RetryOn::Any | RetryOn::Alone => return Ok(Ran::GivenBack(progress)),
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
                    return Ok(Ran::Over(verdict));
                }
            },
        };
        match retry::after(&outcome, progress.attempt, terms.retries, progress.first.as_ref()) {
            Then::Over(verdict) => {
                (site.tell)(finished(&progress, verdict.clone(), Some(site.slot)));
                return Ok(Ran::Over(verdict));
            }
            Then::Again => {
                progress.failed_on = Some(site.slot);
                if let Outcome::Failed(failure) = outcome {
                    progress.first.get_or_insert(failure);
                }
            }
        }
    }
}

/// How long the case rests before its next attempt.
pub(crate) fn rest(config: &RunConfig, planned: &Planned, progress: &Progress) -> Duration {
    let terms = retry::terms(planned.case.attributes(), config);
    retry::delay(terms.backoff, config.seed, progress.told.name, progress.attempt)
}

fn attempt(site: &Site<'_>, planned: &Planned, progress: &mut Progress) -> Result<Outcome, Abandoned> {
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
        let countdown = Countdown::new(limit, started);
        watch.begin(Watched { progress: progress.clone(), started, countdown })
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
fn elsewhere(site: &Site<'_>, remote: &RefCell<Remote>, planned: &Planned, progress: &mut Progress) -> Option<Outcome> {
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
            let (took, leaks) = (Took::of(site.clock.now() - at), Leaks::default());
            worker_client::Attempted { outcome, took, leaks, output: Vec::new(), aside: Vec::new(), ended_by: None }
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
    if child::are_all_ended() && (site.stopped)() == Some(Stop::Interrupted) {
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
fn told_of_left(plan: &Plan, left: u64, death: &Death, innocent: &Told) -> Event {
    let left = test_id::unpack(left).and_then(|(case, _)| plan.cases.get(case.ix()));
    let innocent = innocent.name;
    let (message, gravity) = match left {
        Some(Planned { name, .. }) => (
            format!(
                "a thread that the test `{name}` left behind ended the process of a worker: {death}; `{innocent}`, which ran there, is run \
                 once more"
            ),
            Gravity::Failure,
        ),
        None => (
            format!(
                "the process of a worker ended: {death}; `{innocent}` ran there, and others before it, which may have left what did it, so \
                 it is run once more, in a new process"
            ),
            Gravity::Note,
        ),
    };
    Event::Trouble { message, gravity }
}

/// What a process of tests had to say besides.
#[cfg(unix)]
pub(crate) fn told_aside(told: &Told, aside: Aside) -> Event {
    match aside {
        Aside::Kept(path) => Event::Kept { told: told.clone(), path },
        aside => told_beside(aside),
    }
}

/// What such a process had to say when it was not about a test.
#[cfg(unix)]
pub(crate) fn told_beside(aside: Aside) -> Event {
    let (message, gravity) = match aside {
        Aside::Kept(path) => (format!("kept: {}", path.display()), Gravity::Note),
        Aside::Note(message) => (message, Gravity::Note),
        Aside::Failure(message) => (message, Gravity::Failure),
    };
    Event::Trouble { message, gravity }
}

#[cfg(unix)]
fn remote<'a>(site: &Site<'a>, planned: &Planned) -> Option<&'a RefCell<Remote>> {
    match site.config.isolation {
        Isolation::None => None,
        Isolation::Thread => site.remote.filter(|_| planned.case.attributes().own_process),
        Isolation::Process | Isolation::Test => site.remote,
    }
}

/// Gives back what the attempt leased, last first.
pub(crate) fn give_back(site: &Site<'_>, told: &Told, outcome: &Outcome) {
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
            Some(Event::Trouble { message, gravity: Gravity::Note })
        }
    }
}

/// What is told of a test that was running still when the run was interrupted for good.
pub(crate) fn told_of_interrupted(name: &str) -> Event {
    let message =
        format!("the test `{name}` still ran when the run was interrupted; nobody knows what would have come of it");
    Event::Trouble { message, gravity: Gravity::Note }
}

/// What is said of a case that is not over in a run that ended so: of most, that they were never started.
pub(crate) fn not_over(planned: &Planned, progress: &Progress, stopped: Option<Stop>) -> Verdict {
    match planned.is_ignored {
        true => Verdict::Skip { reason: planned.ignore_reason() },
        false => retry::cut_short(progress.first.as_ref()).unwrap_or_else(|| classify::not_started(stopped)),
    }
}

/// The last word on a case.
pub(crate) fn finished(progress: &Progress, verdict: Verdict, worker: Option<Slot>) -> Event {
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
    watched: &Watched,
    watch: &Watch,
    planned: &Planned,
    site: Place,
) -> (Option<Verdict>, Vec<Event>) {
    let mut progress = watched.progress.clone();
    let limit = watched.countdown.limit();
    let ended = match watched.countdown.has_body_begun() {
        true => Ended::TimedOut { limit },
        false => Ended::FixturesTimedOut { limit },
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
    if classify::fate(site.keep, &outcome) == Fate::Kept {
        let closed = watch.leases.close(Fate::Kept);
        events.extend(closed.into_iter().filter_map(|closed| told_of_closing(&progress.told, closed)));
    }
    events.push(Event::AttemptFinished(AttemptFinished {
        told: progress.told.clone(),
        attempt: progress.attempt,
        worker: site.slot,
        at: watched.started,
        took: Took::of(limit),
        outcome,
        leaks: Leaks::default(),
        output,
    }));
    progress.took += Took::of(limit);
    let verdict = match then {
        Then::Over(verdict) => Some(verdict),
        Then::Again => None,
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
pub(crate) fn tell_late(sink: &Sink, plan: &Plan, tell: &dyn Fn(Event)) {
    for (owner, output) in sink.late() {
        if let Some((case, round)) = test_id::unpack(owner) {
            tell(Event::LateOutput { told: told(&plan.cases[case.ix()], case, round), attempt: None, output });
        }
    }
}

/// Where it ran, for who was not there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
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
