//! What the guard does when a host has ended early: finds who did it, and runs the suspects alone if it must.

use std::sync::Arc;

use crate::controller::monitor;
use crate::controller::synthesized_events;
use crate::controller::test_hosts::{Controller, HostExit};
use crate::execution::{event_sink, test_run};
use crate::lane::run_dir::RunDir;
use crate::model::error::Error;
use crate::model::event::{AttemptFinished, CancelReason, Event, Severity};
use crate::model::outcome::{BodyResult, ProcessExit as How};
use crate::model::test_id;
use crate::model::worker::Slot;
use crate::os::state_dir::StateDir;
use crate::os::sys::RunningAttempt;
use crate::policy::attribution::{self, Culprit};
use crate::process::child;
use crate::process::worker_client::{self, StoppedPolicy, WorkerClient};

impl Controller<'_> {
    /// A host ended before it was through: says why, and who did it.
    pub(crate) fn recover(&mut self, death: &HostExit) -> Result<(), Error> {
        if child::are_all_ended() {
            // At the second Ctrl-C: its first word of that.
            self.stopped.get_or_insert(CancelReason::Interrupted);
        }
        let mut begun = death.page.begun();
        begun.retain(|begun| test_id::unpack(begun.owner).is_some_and(|entry| self.open.is_open(entry)));
        match self.stopped {
            Some(CancelReason::Interrupted) => {
                begun.iter().for_each(|begun| self.tell(test_run::told_of_interrupted(self.name_of(begun.owner))));
                return Ok(());
            }
            Some(CancelReason::OutOfTime) => {
                let limit = self.config.run_timeout.unwrap_or_default();
                for begun in begun {
                    self.convict(begun, BodyResult::RunTimedOut { limit }, Vec::new());
                }
                return Ok(());
            }
            _ => {}
        }
        let note = attribution::ender(child::end_of(Some(death.status)), death.page.notes());
        let owners: Vec<u64> = begun.iter().map(|begun| begun.owner).collect();
        let ended = match (&death.given_up, death.status.code()) {
            (Some(how), _) => how.clone(),
            (None, Some(_)) if !note.has_exited => How::Cut,
            _ => child::death(Some(death.status), &note),
        };
        if death.status.code() == Some(event_sink::HELD) && !note.has_exited {
            self.tell_of_held(&begun);
            return Ok(());
        }
        // Who is through says so before it ends.
        let has_ended_unheard = death.given_up.is_none() && death.status.code().is_some() && !note.has_exited;
        if (death.is_cut || has_ended_unheard) && note.owner == 0 {
            // Who runs now need not be who did it: that may be over, and its result lost.
            let lost = death
                .page
                .last()
                .into_iter()
                .filter(|&(_, owner)| test_id::unpack(owner).is_some_and(|entry| self.open.is_open(entry)));
            begun.extend(lost.map(|(slot, owner)| RunningAttempt {
                slot,
                owner,
                attempt: 1,
                at_nanos: 0,
                ends_at_nanos: None,
                process: 0,
            }));
            if !begun.is_empty() {
                return self.try_one_by_one(&begun, &How::Cut);
            }
        }
        let have_others_run = death.given_up.is_none() && !death.page.last().is_empty();
        match attribution::blame(note.owner, &owners, have_others_run) {
            Culprit::One(ix) => {
                let culprit = begun.remove(ix);
                let text = if note.owner == culprit.owner {
                    death.page.text(note.place).unwrap_or_default()
                } else {
                    Vec::new()
                };
                let limit = monitor::limit(culprit.owner, self.plan, self.config);
                let ended = match (ended, limit) {
                    (How::Stopped { signal }, Some(limit)) => BodyResult::Stopped { limit, signal },
                    (How::Hung, Some(limit)) => BodyResult::Hung { limit },
                    (how, _) => BodyResult::Died(how),
                };
                self.convict(culprit, ended, text);
                self.tell_of_innocent(culprit.owner, &begun);
            }
            Culprit::Left(left) => {
                let name = self.name_of(left);
                let message = format!(
                    "what the test `{name}` left behind, a thread or a thread-local value, ended the process of the workers: {ended}"
                );
                self.tell(Event::Trouble { message, gravity: Severity::Failure });
                self.tell_of_innocent(left, &begun);
            }
            Culprit::Nobody => {
                let message = format!("the process of the workers ended outside of any test: {}", ended);
                // Whoever did it, all that was told stands, and the next process runs the rest.
                self.tell(Event::Trouble { message, gravity: Severity::Failure });
            }
            Culprit::OneOfThem => self.try_one_by_one(&begun, &ended)?,
        }
        Ok(())
    }

    /// A test that was given up, and told of, kept its neighbours from going on.
    fn tell_of_held(&mut self, begun: &[RunningAttempt]) {
        let names: Vec<String> = begun.iter().map(|begun| format!("`{}`", self.name_of(begun.owner))).collect();
        let message = format!(
            "a test that was given up holds the lock of stdout or stderr, which others need to print; the process was ended, and those \
             beside it run once more from the start: {}",
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        );
        self.tell(Event::Trouble { message, gravity: Severity::Note });
    }

    /// This attempt ended the process.
    fn convict(&mut self, culprit: RunningAttempt, ended: BodyResult, output: Vec<u8>) {
        let now = self.clock.now();
        for event in synthesized_events::convicted((self.plan, self.config, &self.open), culprit, ended, output, now) {
            self.tell(event);
        }
    }

    /// An attempt is over that no host can tell of.
    fn settle_attempt(&mut self, finished: AttemptFinished) {
        for event in synthesized_events::settled((self.plan, self.config, &self.open), finished) {
            self.tell(event);
        }
    }

    fn tell_of_innocent(&mut self, culprit: u64, innocent: &[RunningAttempt]) {
        if innocent.is_empty() {
            return;
        }
        let names: Vec<String> = innocent.iter().map(|begun| format!("`{}`", self.name_of(begun.owner))).collect();
        let message = format!(
            "beside `{}`, which ended the process, ran {}: once more from the start",
            self.name_of(culprit),
            names.join(", ")
        );
        self.tell(Event::Trouble { message, gravity: Severity::Note });
    }

    /// One of these ended the process, and nobody knows which: each is run in a process of its own.
    fn try_one_by_one(&mut self, suspects: &[RunningAttempt], ended: &How) -> Result<(), Error> {
        let names: Vec<String> = suspects.iter().map(|begun| format!("`{}`", self.name_of(begun.owner))).collect();
        let message = match &names[..] {
            [alone] => format!(
                "the process of the workers ended: {ended}; {alone} ran then, and others before it, which may have left what did it, so it is run \
                 once more, in a process of its own"
            ),
            _ => format!(
                "the process of the workers ended: {ended}; one of {} did it, so each of them is run once more, in a process of its own",
                names.join(", "),
            ),
        };
        self.tell(Event::Trouble { message, gravity: Severity::Note });
        for suspect in suspects {
            self.try_alone(*suspect, ended)?;
        }
        Ok(())
    }

    /// `how` the process ended in which it was not alone.
    fn try_alone(&mut self, suspect: RunningAttempt, how: &How) -> Result<(), Error> {
        let Some(entry) = test_id::unpack(suspect.owner) else { return Ok(()) };
        let (plan, told, slot) = (self.plan, self.told(entry), Slot(suspect.slot));
        let planned = &plan.cases[entry.0.ix()];
        let site = worker_client::ProcessConfig {
            run: self.name.clone(),
            slot,
            workers: self.config.workers.get(),
            keep: self.config.keep,
            leak: self.config.leak,
            run_timeout: None,
            capture: self.config.capture,
            variables: self.config.variables.clone(),
            reuse: false,
            stops: match how {
                How::Stopped { .. } => StoppedPolicy::Kill,
                How::Exit { .. } | How::Signal { .. } | How::Hung | How::Cut | How::Unknown => StoppedPolicy::Leave,
            },
        };
        let run_dir = RunDir::enter(StateDir::of_user(), &self.name.id).map(Arc::new)?;
        let mut remote = WorkerClient::new(site, move || Ok(Arc::clone(&run_dir)));
        let (at, clock) = (self.clock.now(), self.clock);
        let limit = planned.case.attributes().timeout.or(self.config.timeout);
        let attempted = remote.attempt(planned, &told, limit, &|| clock.now(), &|_| {})?;
        let worker_client::RemoteAttempt { outcome, took, leaks, output, aside, ended_by: _ } = attempted;
        for aside in aside {
            self.tell(test_run::told_aside(&told, aside));
        }
        let attempt = suspect.attempt;
        self.settle_attempt(AttemptFinished { told, attempt, worker: slot, at, took, outcome, leaks, output });
        Ok(())
    }
}
