//! Recovers from the crash of a test host: the controller finds the culprit, or runs each suspect alone if it cannot know.

use std::sync::Arc;

use crate::controller::monitor;
use crate::controller::run_loop::Controller;
use crate::controller::synthesized_events;
use crate::controller::test_host::HostExit;
use crate::execution::{diagnostics, event_sink};
use crate::lane::run_dir::RunDir;
use crate::model::error::Error;
use crate::model::event::{AttemptFinished, CancelReason, Event, Severity};
use crate::model::outcome::{BodyResult, ProcessExit};
use crate::model::test_id;
use crate::model::worker::Slot;
use crate::os::state_dir::StateDir;
use crate::os::sys::RunningAttempt;
use crate::policy::attribution::{self, Culprit};
use crate::policy::timeout;
use crate::process::child;
use crate::process::exit_status;
use crate::process::process_config::{ProcessConfig, StoppedPolicy};
use crate::process::worker_client::{self, AttemptRequest, WorkerClient};

impl Controller<'_> {
    /// Reports why a test host crashed, and which test caused it.
    pub(super) fn recover(&mut self, host_exit: &HostExit) -> Result<(), Error> {
        if child::are_all_ended() {
            // The second Ctrl-C has ended it, before the controller has processed the first one.
            self.stopped.get_or_insert(CancelReason::Interrupted);
        }
        let mut running = self.open(host_exit.board.running());
        if let Some(reason @ (CancelReason::Interrupted | CancelReason::OutOfTime)) = self.stopped {
            self.report_cut_off(reason, running, &|_| Vec::new());
            return Ok(());
        }
        let note =
            attribution::terminating_record(exit_status::end_of(Some(host_exit.status)), host_exit.board.notes());
        let owners: Vec<u64> = running.iter().map(|running| running.owner).collect();
        let ended = match (&host_exit.killed_for, host_exit.status.code()) {
            (Some(how), _) => how.clone(),
            (None, Some(_)) if !note.has_exited => ProcessExit::Cut,
            _ => exit_status::process_exit(Some(host_exit.status), &note),
        };
        if host_exit.status.code() == Some(event_sink::HELD) && !note.has_exited {
            self.emit_held(&running);
            return Ok(());
        }
        // A test host that has finished sends its last event before it exits.
        let has_ended_unheard = host_exit.killed_for.is_none() && host_exit.status.code().is_some() && !note.has_exited;
        if (host_exit.is_cut || has_ended_unheard) && note.owner == 0 {
            // The culprit need not be one of the running tests: it may be over, with its result lost.
            let lost = host_exit.board.last().into_iter().map(|(slot, owner)| RunningAttempt {
                slot,
                owner,
                attempt: 1,
                at_nanos: 0,
                ends_at_nanos: None,
                process: 0,
            });
            running.extend(self.open(lost.collect()));
            if !running.is_empty() {
                return self.isolate_suspects(&running, &ProcessExit::Cut);
            }
        }
        let have_others_run = host_exit.killed_for.is_none() && !host_exit.board.last().is_empty();
        match attribution::blame(note.owner, &owners, have_others_run) {
            Culprit::One(ix) => {
                let culprit = running.remove(ix);
                let text = if note.owner == culprit.owner {
                    host_exit.board.text(note.place).unwrap_or_default()
                } else {
                    Vec::new()
                };
                let limit = monitor::limit(culprit.owner, self.plan, self.config);
                let ended = match (ended, limit) {
                    (ProcessExit::Stopped { signal }, Some(limit)) => BodyResult::Stopped { limit, signal },
                    (ProcessExit::Hung, Some(limit)) => BodyResult::Hung { limit },
                    (how, _) => BodyResult::Died(how),
                };
                self.record_crash(culprit, ended, text);
                self.note_reruns(&format!("`{}`", self.name_of(culprit.owner)), &running);
            }
            Culprit::Left(left) => {
                let name = self.name_of(left);
                let message = format!(
                    "a thread or a thread-local value that the test `{name}` left behind ended the test process: {ended}"
                );
                let culprit = format!("`{name}`");
                self.emit(Event::Diagnostic { message, severity: Severity::Failure });
                self.note_reruns(&culprit, &running);
            }
            Culprit::Teardown => {
                let fixture = host_exit.board.text(note.place).unwrap_or_default();
                let fixture = String::from_utf8_lossy(&fixture);
                let message = format!("the test process ended while {fixture} was torn down: {ended}");
                self.emit(Event::Diagnostic { message, severity: Severity::Failure });
                self.note_reruns("the teardown", &running);
            }
            Culprit::NoTest => {
                let message = format!("the test process ended while no test was running: {ended}");
                // All results so far are valid, and the next test host runs the remaining tests.
                self.emit(Event::Diagnostic { message, severity: Severity::Failure });
            }
            Culprit::OneOfThem => self.isolate_suspects(&running, &ended)?,
        }
        Ok(())
    }

    /// A test that timed out and was reported kept other tests from continuing.
    fn emit_held(&mut self, running: &[RunningAttempt]) {
        let names: Vec<String> = running.iter().map(|running| format!("`{}`", self.name_of(running.owner))).collect();
        let message = format!(
            "a test that timed out holds the lock of stdout or stderr, which other tests need to print; the test process was killed, and the \
             tests that ran at the same time are run again: {}",
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        );
        self.emit(Event::Diagnostic { message, severity: Severity::Note });
    }

    /// Reports the end of an attempt that no test host can report any more.
    fn settle_attempt(&mut self, finished: AttemptFinished) {
        for event in synthesized_events::settled((self.plan, self.config, &self.remaining), finished) {
            self.emit(event);
        }
    }

    fn note_reruns(&mut self, culprit: &str, innocent: &[RunningAttempt]) {
        if innocent.is_empty() {
            return;
        }
        let names: Vec<String> = innocent.iter().map(|running| format!("`{}`", self.name_of(running.owner))).collect();
        let message = format!(
            "{culprit} ended the test process; these tests ran at the same time and are run again: {}",
            names.join(", ")
        );
        self.emit(Event::Diagnostic { message, severity: Severity::Note });
    }

    /// One of these ended the process, and it is not known which: each runs again in its own process.
    fn isolate_suspects(&mut self, suspects: &[RunningAttempt], ended: &ProcessExit) -> Result<(), Error> {
        let names: Vec<String> = suspects.iter().map(|running| format!("`{}`", self.name_of(running.owner))).collect();
        let message = match &names[..] {
            [alone] => format!(
                "the test process ended: {ended}; the cause is {alone}, which was running, or something that an earlier test left behind, so \
                 {alone} is run again in its own process"
            ),
            _ => format!(
                "the test process ended: {ended}; the cause is one of {}, so each of them is run again in its own process",
                names.join(", "),
            ),
        };
        self.emit(Event::Diagnostic { message, severity: Severity::Note });
        for suspect in suspects {
            self.try_alone(*suspect, ended)?;
        }
        Ok(())
    }

    /// Runs a suspect in its own process. `how` is how the process ended in which it was not alone.
    fn try_alone(&mut self, suspect: RunningAttempt, how: &ProcessExit) -> Result<(), Error> {
        let Some(entry) = test_id::unpack(suspect.owner) else { return Ok(()) };
        let (plan, test_id, slot) = (self.plan, self.test_id(entry), Slot(suspect.slot));
        let planned = &plan.cases[entry.0.ix()];
        let stops = match how {
            ProcessExit::Stopped { .. } => StoppedPolicy::Kill,
            ProcessExit::Exit { .. }
            | ProcessExit::Signal { .. }
            | ProcessExit::Hung
            | ProcessExit::Cut
            | ProcessExit::Unknown => StoppedPolicy::Leave,
        };
        let config = ProcessConfig {
            run_timeout: None,
            reuse: false,
            stops,
            ..ProcessConfig::new(self.config, self.run.clone(), slot)
        };
        let run_dir = RunDir::enter(StateDir::for_user(), &self.run.id).map(Arc::new)?;
        let mut remote = WorkerClient::new(config, move || Ok(Arc::clone(&run_dir)));
        let (at, clock) = (self.clock.now(), self.clock);
        let limit = timeout::limit(planned.case.attributes(), self.config);
        let request = AttemptRequest { planned, test_id: &test_id, number: suspect.attempt, limit, is_fresh: false };
        let attempted = remote.attempt(&request, &|| clock.now(), &|_| {})?;
        let worker_client::RemoteAttempt { outcome, took, leaks, output, notices, ended_by: _ } = attempted;
        for notices in notices {
            self.emit(diagnostics::notice(&test_id, notices));
        }
        let attempt = suspect.attempt;
        self.settle_attempt(AttemptFinished { test_id, attempt, worker: slot, at, took, outcome, leaks, output });
        Ok(())
    }
}
