//! One case on a worker: its attempts, and what is told of them.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::config::Keep;
use crate::model::error::Error;
use crate::model::event::{AttemptFinished, CaseFinished, CaseIx, Event, Gravity, Told};
use crate::model::lease::Fate;
use crate::model::outcome::{Ended, Outcome};
use crate::model::verdict::Verdict;
use crate::model::worker::Slot;
use crate::policy::plan::Planned;
use crate::policy::retry::Then;
use crate::policy::{judge, retry};
use crate::run::attempt;
use crate::run::progress::Progress;
use crate::run::site::Site;
use crate::run::watch::{Abandoned, Watch, Watched};

/// Runs the case until its verdict stands, and tells of it. `Err` if somebody else has told of it already.
pub(crate) fn run(site: &Site<'_>, planned: &Planned, told: Told, queued: Duration) -> Result<Verdict, Abandoned> {
    let mut progress = Progress { queued, ..Progress::not_started(told, planned) };
    if planned.is_ignored {
        let verdict = Verdict::Skip { reason: planned.ignore_reason() };
        (site.tell)(finished(&progress, verdict.clone(), None));
        return Ok(verdict);
    }
    loop {
        progress.attempt += 1;
        let outcome = attempt(site, planned, &mut progress)?;
        let retries = planned.case.attributes.retries.unwrap_or(site.config.retries);
        match retry::after(&outcome, progress.attempt, retries, progress.first.as_ref()) {
            Then::Over(verdict) => {
                (site.tell)(finished(&progress, verdict.clone(), Some(site.slot)));
                return Ok(verdict);
            }
            Then::Again => {
                if let Outcome::Failed(failure) = outcome {
                    progress.first.get_or_insert(failure);
                }
            }
        }
    }
}

fn attempt(site: &Site<'_>, planned: &Planned, progress: &mut Progress) -> Result<Outcome, Abandoned> {
    let started = site.clock.now();
    let told = &progress.told;
    if site.config.tell_starts {
        let (told, attempt, worker) = (told.clone(), progress.attempt, site.slot);
        (site.tell)(Event::AttemptStarted { told, attempt, worker, at: started });
    }
    let limit = planned.case.attributes.timeout.or(site.config.timeout);
    let watch = site.watch.zip(limit);
    if let Some((watch, limit)) = watch {
        watch.begin(Watched { progress: progress.clone(), started, limit });
    }
    let attempted = attempt::run(site, planned.case);
    if let Some((watch, _)) = watch {
        watch.end()?;
    }
    let output = site.sink.take();
    let outcome = judge::outcome(attempted.ended, planned.case.attributes.should_panic, planned.case.location);
    let outcome = judge::in_time(outcome, attempted.took, limit);
    give_back(site, told, &outcome);
    progress.took += attempted.took;
    (site.tell)(Event::AttemptFinished(AttemptFinished {
        told: told.clone(),
        attempt: progress.attempt,
        worker: site.slot,
        at: started,
        took: attempted.took,
        outcome: outcome.clone(),
        output,
    }));
    Ok(outcome)
}

/// Gives back what the attempt leased, last first.
fn give_back(site: &Site<'_>, told: &Told, outcome: &Outcome) {
    for closed in site.leases.close(judge::fate(site.config.keep, outcome)) {
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
    })
}

/// What is told of an attempt that ran longer than it may: what it has written, and kept, so far, and the last word on its
/// case. What it leased stays leased, unless it is to be kept anyway.
pub(crate) fn timed_out(watched: &Watched, watch: &Watch, planned: &Planned, site: Place) -> (Verdict, Vec<Event>) {
    let mut progress = watched.progress.clone();
    let ended = Ended::TimedOut { limit: watched.limit };
    let outcome = judge::outcome(ended, planned.case.attributes.should_panic, planned.case.location);
    let then = retry::after(&outcome, progress.attempt, 0, progress.first.as_ref());
    let Then::Over(verdict) = then else { unreachable!("without retries an attempt is the last one") };
    let mut events = Vec::new();
    if judge::fate(site.keep, &outcome) == Fate::Kept {
        let closed = watch.leases.close(Fate::Kept);
        events.extend(closed.into_iter().filter_map(|closed| told_of_closing(&progress.told, closed)));
    }
    events.push(Event::AttemptFinished(AttemptFinished {
        told: progress.told.clone(),
        attempt: progress.attempt,
        worker: site.slot,
        at: watched.started,
        took: watched.limit,
        outcome,
        output: watch.sink.take(),
    }));
    progress.took += watched.limit;
    events.push(finished(&progress, verdict.clone(), Some(site.slot)));
    (verdict, events)
}

/// Where it ran, for who was not there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) slot: Slot,
    pub(crate) keep: Keep,
}

/// The name of a case in one round, for events.
pub(crate) fn told(planned: &Planned, case: CaseIx, round: u32) -> Told {
    Told { case, name: planned.name, round }
}
