//! The process that cargo has started, in a run whose tests share another one: it runs no test itself, so no test can
//! end it. It starts the host, listens, and tells; when a test ends the host, it says which, and starts the next host for
//! what is left.

use std::fs::File;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;

use crate::model::config::RunConfig;
use crate::model::error::Error;
use crate::model::event::{AttemptFinished, CaseIx, Event, Gravity, RunFinished, Stop, Told};
use crate::model::leaks::Leaks;
use crate::model::order::{Entry, RunName, ToHost};
use crate::model::outcome::{Death as How, Ended};
use crate::model::owner;
use crate::model::worker::Slot;
use crate::platform::base::Base;
use crate::platform::child::{self, Child};
use crate::platform::clock::Clock;
use crate::platform::hear::{Ears, Heard};
use crate::platform::signals;
use crate::platform::sys::{Begun, Page};
use crate::policy::blame::{Blame, blame};
use crate::policy::judge;
use crate::policy::lookout::{Lookout, Sight};
use crate::policy::open::Open;
use crate::policy::plan::Plan;
use crate::policy::retry::{self, Then};
use crate::report::Reports;
use crate::resource::run_dir::{self, RunDir};
use crate::run::progress::Progress;
use crate::run::remote::{self, Remote};
use crate::run::{case, look};
use crate::session::host_process::HostProcess;

/// How long a host may take to end that is through.
const GRACE: Duration = Duration::from_secs(10);

/// Looks after hosts until everything is told.
pub(crate) struct Guard<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) config: &'a RunConfig,
    pub(crate) name: RunName,
    /// Started while the plan was made.
    pub(crate) first: Option<HostProcess>,
    pub(crate) clock: Clock,
    pub(crate) reports: &'a mut Reports,
    pub(crate) open: Open,
    pub(crate) stopped: Option<Stop>,
    pub(crate) lookout: Lookout,
    /// When it looks.
    pub(crate) looks_at: Duration,
}

/// How a host ended.
enum Host {
    /// It did what it could, and said so.
    Over(RunFinished),
    Died(Death),
}

/// What a host has left that did not end by itself.
struct Death {
    status: ExitStatus,
    page: Page,
}

impl Guard<'_> {
    /// Runs everything, and tells of it.
    ///
    /// # Errors
    ///
    /// When there can be no host, or it cannot be listened to.
    pub(crate) fn run(mut self, ears: &Ears) -> Result<(), Error> {
        let mut has_died = false;
        while self.open.len() > 0 && self.stopped.is_none() {
            let before = (self.open.len(), self.open.attempts());
            match self.host(ears)? {
                Host::Over(finished) => {
                    let stopped = finished.stopped.filter(|&stop| stop != Stop::Renewed);
                    // The host knows only that it was told to stop.
                    let is_told = stopped == Some(Stop::Interrupted);
                    self.stopped = self.stopped.filter(|_| is_told).or(stopped);
                }
                Host::Died(death) => {
                    has_died = true;
                    self.recover(&death)?;
                }
            }
            if self.stopped.is_none() && self.open.len() > 0 && before == (self.open.len(), self.open.attempts()) {
                let message = "the process of the workers ended without a result; nothing more is started".to_owned();
                self.tell(Event::Trouble { message, gravity: Gravity::Fault });
                self.stopped = Some(Stop::Broken);
            }
        }
        for entry in self.open.entries() {
            let planned = &self.plan.cases[entry.0.ix()];
            let progress = Progress::of(self.told(entry), planned, Duration::ZERO, self.open.begun(entry));
            let verdict = case::not_over(planned, &progress, self.stopped);
            self.tell(case::finished(&progress, verdict, None));
        }
        if has_died {
            self.clean_up();
        }
        self.tell(Event::RunFinished(RunFinished { took: self.clock.now(), stopped: self.stopped }));
        Ok(())
    }

    /// Starts a host for what is left, and listens to it until it ends.
    fn host(&mut self, ears: &Ears) -> Result<Host, Error> {
        let fail = |cause| Error::io("listen to the process of the workers", cause);
        let host = self.first.take().map_or_else(|| HostProcess::start(&self.name), Ok)?;
        let HostProcess { mut child, events, page } = host;
        // If it has died already, its events end.
        let _ = child.line().send(&self.open.resumed(self.plan.digest()));
        let mut over = None;
        ears.watch(child.id())?;
        let listened = self.listen(ears, events, (&child, &page), &mut over);
        let is_through = listened.is_ok() && over.is_some();
        if !is_through || child.wait_at_most(GRACE).map_err(fail)?.is_none() {
            child.signal(Signal::KILL);
        }
        let status = child.wait().map_err(fail)?;
        ears.forget();
        listened?;
        // Whatever it has started goes with it.
        let left = is_through && child::is_group_alive(child.id());
        child.signal(Signal::KILL);
        if left {
            let message = "tests have left processes running; they were ended".to_owned();
            self.tell(Event::Trouble { message, gravity: Gravity::Note });
        }
        Ok(match over {
            Some(finished) => Host::Over(finished),
            None => Host::Died(Death { status, page }),
        })
    }

    fn listen(
        &mut self,
        ears: &Ears,
        mut pipe: File,
        (child, page): (&Child, &Page),
        over: &mut Option<RunFinished>,
    ) -> Result<(), Error> {
        let mut reader = crate::platform::wire::Reader::default();
        let plan = self.plan;
        let name = move |case: CaseIx| plan.cases.get(case.ix()).map(|planned| planned.name);
        let fail = |cause| Error::io("listen to the process of the workers", cause);
        loop {
            while let Some(event) = reader.next(&name).map_err(fail)? {
                match event {
                    Event::RunFinished(finished) => *over = Some(finished),
                    event => self.tell(event),
                }
            }
            if over.is_some() {
                return Ok(());
            }
            let wait = self.look(child, page);
            match reader.fill(&mut pipe).map_err(fail)? {
                Some(0) => return Ok(()),
                Some(_) => continue,
                None => self.reports.settle(),
            }
            match ears.wait(&pipe, wait).map_err(fail)? {
                Heard::Events | Heard::Nothing => {}
                // What it has written is in the pipe; a process that it has started may keep the pipe open.
                Heard::Ended => {
                    while reader.fill(&mut pipe).map_err(fail)?.is_some_and(|n| n > 0) {}
                    while let Some(event) = reader.next(&name).map_err(fail)? {
                        match event {
                            Event::RunFinished(finished) => *over = Some(finished),
                            event => self.tell(event),
                        }
                    }
                    return Ok(());
                }
                Heard::Interrupted { again: false } => {
                    self.stopped = Some(Stop::Interrupted);
                    self.tell(signals::interrupted());
                    self.reports.settle();
                    let _ = child.line().send(&ToHost::Stop);
                }
                Heard::Interrupted { again: true } => {
                    self.stopped = Some(Stop::Interrupted);
                    child.signal(Signal::KILL);
                }
            }
        }
    }

    /// Looks what runs, if it is time to. Answers when that is again.
    fn look(&mut self, child: &Child, page: &Page) -> Duration {
        let now = self.clock.now();
        if now < self.looks_at {
            return self.looks_at - now;
        }
        let begun = page.begun();
        let (sights, next) = look::look(&mut self.lookout, now, &begun, self.plan, self.config);
        self.looks_at = next;
        for sight in sights {
            match sight {
                Sight::Slow(running, after) => {
                    let slow = look::slow(&running, after, &begun, child.id(), self.plan);
                    slow.into_iter().for_each(|slow| self.tell(Event::Slow(slow)));
                }
                Sight::OutOfTime => {
                    self.stopped = Some(Stop::OutOfTime);
                    self.tell(signals::out_of_time(self.config.run_timeout.unwrap_or_default()));
                    let _ = child.line().send(&ToHost::Stop);
                }
                Sight::OutOfGrace => child.signal(Signal::KILL),
            }
        }
        self.reports.settle();
        next.saturating_sub(now)
    }

    /// A host ended before it was through: says why, and who did it.
    fn recover(&mut self, death: &Death) -> Result<(), Error> {
        let mut begun = death.page.begun();
        begun.retain(|begun| owner::unpack(begun.owner).is_some_and(|entry| self.open.is_open(entry)));
        match self.stopped {
            Some(Stop::Interrupted) => return Ok(()),
            Some(Stop::OutOfTime) => {
                let limit = self.config.run_timeout.unwrap_or_default();
                for begun in begun {
                    self.convict(begun, Ended::RunTimedOut { limit }, Vec::new());
                }
                return Ok(());
            }
            _ => {}
        }
        let note = death.page.note();
        let owners: Vec<u64> = begun.iter().map(|begun| begun.owner).collect();
        let ended = child::death(death.status, &note);
        match blame(note.owner, &owners) {
            Blame::One(ix) => {
                let culprit = begun.remove(ix);
                let text = if note.owner == culprit.owner { death.page.text().unwrap_or_default() } else { Vec::new() };
                self.convict(culprit, Ended::Died(ended), text);
                self.tell_of_innocent(culprit.owner, &begun);
            }
            Blame::Left(left) => {
                let name = self.name_of(left);
                let message =
                    format!("a thread that the test `{name}` left behind ended the process of the workers: {}", ended);
                self.tell(Event::Trouble { message, gravity: Gravity::Failure });
                self.tell_of_innocent(left, &begun);
            }
            Blame::Nobody => {
                let message = format!("the process of the workers ended outside of any test: {}", ended);
                self.tell(Event::Trouble { message, gravity: Gravity::Fault });
                self.stopped = Some(Stop::Broken);
            }
            Blame::OneOfThem => self.try_one_by_one(&begun, &ended)?,
        }
        Ok(())
    }

    /// This attempt ended the process.
    fn convict(&mut self, culprit: Begun, ended: Ended, output: Vec<u8>) {
        let Some(entry) = owner::unpack(culprit.owner) else { return };
        let planned = &self.plan.cases[entry.0.ix()];
        let at = Duration::from_nanos(culprit.at_nanos);
        let took = self.clock.now().saturating_sub(at);
        let outcome = judge::outcome(ended, planned.case.attributes().should_panic, planned.case.location);
        let (told, worker) = (self.told(entry), Slot(culprit.slot));
        self.settle_attempt(
            entry,
            AttemptFinished {
                told,
                attempt: culprit.attempt,
                worker,
                at,
                took,
                outcome,
                leaks: Leaks::default(),
                output,
            },
        );
    }

    /// An attempt is over that no host can tell of.
    fn settle_attempt(&mut self, entry: Entry, finished: AttemptFinished) {
        let planned = &self.plan.cases[entry.0.ix()];
        let retries = planned.case.attributes().retries.unwrap_or(self.config.retries);
        let first = self.open.begun(entry).and_then(|begun| begun.first.clone());
        let then = retry::after(&finished.outcome, finished.attempt, retries, first.as_ref());
        let (attempt, worker, leaks) = (finished.attempt, finished.worker, finished.leaks);
        let took = self.open.took(entry) + finished.took;
        self.tell(Event::AttemptFinished(finished));
        if let Then::Over(verdict) = then {
            let progress = Progress { attempt, took, leaks, ..Progress::not_started(self.told(entry), planned) };
            self.tell(case::finished(&progress, verdict, Some(worker)));
        }
    }

    fn tell_of_innocent(&mut self, culprit: u64, innocent: &[Begun]) {
        if innocent.is_empty() {
            return;
        }
        let names: Vec<String> = innocent.iter().map(|begun| format!("`{}`", self.name_of(begun.owner))).collect();
        let message = format!(
            "beside `{}`, which ended the process, ran {}: once more from the start",
            self.name_of(culprit),
            names.join(", ")
        );
        self.tell(Event::Trouble { message, gravity: Gravity::Note });
    }

    /// One of these ended the process, and nobody knows which: each is run in a process of its own.
    fn try_one_by_one(&mut self, suspects: &[Begun], ended: &How) -> Result<(), Error> {
        let names: Vec<String> = suspects.iter().map(|begun| format!("`{}`", self.name_of(begun.owner))).collect();
        let message = format!(
            "the process of the workers ended: {}; one of {} did it, so each of them is run once more, in a process of its own",
            ended,
            names.join(", "),
        );
        self.tell(Event::Trouble { message, gravity: Gravity::Note });
        for suspect in suspects {
            self.try_alone(*suspect)?;
        }
        Ok(())
    }

    fn try_alone(&mut self, suspect: Begun) -> Result<(), Error> {
        let Some(entry) = owner::unpack(suspect.owner) else { return Ok(()) };
        let (plan, told, slot) = (self.plan, self.told(entry), Slot(suspect.slot));
        let planned = &plan.cases[entry.0.ix()];
        let site = remote::Site {
            run: self.name.clone(),
            slot,
            workers: self.config.workers.get(),
            keep: self.config.keep,
            leak: self.config.leak,
            run_timeout: None,
            capture: self.config.capture,
            variables: self.config.variables.clone(),
            reuse: false,
        };
        let run_dir = RunDir::enter(Base::of_user(), &self.name.id).map(Arc::new)?;
        let mut remote = Remote::new(site, move || Ok(Arc::clone(&run_dir)));
        let (at, clock) = (self.clock.now(), self.clock);
        let limit = planned.case.attributes().timeout.or(self.config.timeout);
        let attempted = remote.attempt(planned, &told, limit, &|| clock.now(), &|_| {})?;
        let remote::Attempted { outcome, took, leaks, output, aside, ended_by: _ } = attempted;
        for aside in aside {
            self.tell(case::told_aside(&told, aside));
        }
        let attempt = suspect.attempt;
        self.settle_attempt(entry, AttemptFinished { told, attempt, worker: slot, at, took, outcome, leaks, output });
        Ok(())
    }

    fn tell(&mut self, event: Event) {
        self.open.note(&event);
        if let Event::CaseFinished(finished) = &event
            && finished.verdict.is_failure(self.config.flaky)
        {
            let failures = self.open.count_failure();
            if self.config.maxfail.is_some_and(|maxfail| failures >= maxfail.get()) {
                self.stopped.get_or_insert(Stop::TooManyFailures);
            }
        }
        self.reports.told(&event);
    }

    fn told(&self, (case, round): Entry) -> Told {
        case::told(&self.plan.cases[case.ix()], case, round)
    }

    fn name_of(&self, owner: u64) -> &'static str {
        let case = owner::unpack(owner).map(|(case, _)| case);
        case.and_then(|case| self.plan.cases.get(case.ix())).map_or("?", |planned| planned.name)
    }

    /// A host that died has cleaned up nothing.
    fn clean_up(&mut self) {
        let base = Base::of_user();
        let left = RunDir::enter(base.clone(), &self.name.id).and_then(|run_dir| run_dir.leave());
        run_dir::sweep(&base);
        base.remove_if_empty();
        if let Err(error) = left {
            let message = format!("cleaning up after the run: {error}");
            self.tell(Event::Trouble { message, gravity: Gravity::Note });
        }
    }
}
