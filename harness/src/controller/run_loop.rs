//! The controller's loop: it reports the events of the workers, monitors what runs, and stops it.

use std::time::Duration;

use crate::controller::backend::Backend;
#[cfg(target_os = "linux")]
use crate::controller::fixture_server_shutdown;
#[cfg(unix)]
use crate::controller::monitor::Monitor;
use crate::controller::synthesized_events;
use crate::execution::{diagnostics, test_run};
use crate::model::config::RunConfig;
use crate::model::error::Error;
use crate::model::event::{CancelReason, Event, RunFinished, Severity, TestId};
#[cfg(unix)]
use crate::model::outcome::BodyResult;
use crate::model::protocol::{RunInfo, TestKey};
use crate::model::test_id;
use crate::os::clock::Clock;
use crate::os::signals;
#[cfg(unix)]
use crate::os::sys::RunningAttempt;
use crate::plan::Plan;
use crate::policy::cancel;
use crate::policy::remaining_tests::RemainingTests;
#[cfg(unix)]
use crate::process::orphans;
use crate::process::wakeup::Wakeup;
use crate::report::Reports;

/// Reports a run.
pub(crate) struct Controller<'a> {
    pub(super) plan: &'a Plan,
    pub(super) config: &'a RunConfig,
    pub(super) run: RunInfo,
    pub(super) clock: Clock,
    reports: &'a mut Reports,
    /// The tests without a verdict.
    pub(super) remaining: RemainingTests,
    /// Why no further test starts.
    pub(super) stopped: Option<CancelReason>,
    #[cfg(unix)]
    monitor: Monitor,
}

impl<'a> Controller<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        config: &'a RunConfig,
        run: RunInfo,
        clock: Clock,
        reports: &'a mut Reports,
    ) -> Self {
        Self {
            plan,
            config,
            run,
            clock,
            reports,
            remaining: RemainingTests::new(plan.cases.len(), config.iterations.get()),
            stopped: None,
            #[cfg(unix)]
            monitor: Monitor::new(config),
        }
    }

    /// Reports what the workers do until there is no further event.
    ///
    /// # Errors
    ///
    /// If the events cannot be read.
    pub(super) fn follow(&mut self, workers: &mut dyn Backend) -> Result<(), Error> {
        loop {
            let limit = self.monitor(workers);
            if let Some(event) = workers.next_event()? {
                self.emit(event);
                continue;
            }
            // The reader sees all output before this thread waits.
            self.reports.flush();
            match workers.wait(limit)? {
                Wakeup::Events | Wakeup::Nothing => {}
                Wakeup::Ended => return Ok(()),
                Wakeup::Interrupted { again: false } => {
                    self.stopped = Some(CancelReason::Interrupted);
                    workers.stop(CancelReason::Interrupted);
                    self.emit(signals::interrupted());
                }
                Wakeup::Interrupted { again: true } => {
                    self.stopped = Some(CancelReason::Interrupted);
                    workers.kill().into_iter().for_each(|event| self.emit(event));
                }
            }
        }
    }

    /// Monitors the running tests, if a check is due. Returns the time until the next check.
    #[cfg(unix)]
    fn monitor(&mut self, workers: &mut dyn Backend) -> Duration {
        let now = self.clock.now();
        let Some(check) = self.monitor.check(now, workers.board(), workers.process(), self.plan, self.config) else {
            return self.monitor.wait(now);
        };
        if check.is_out_of_time {
            self.stopped = Some(CancelReason::OutOfTime);
            workers.stop(CancelReason::OutOfTime);
        }
        check.events.into_iter().for_each(|event| self.emit(event));
        if check.is_out_of_grace {
            workers.kill().into_iter().for_each(|event| self.emit(event));
        }
        workers.check_health(now, &check.running);
        orphans::reap();
        self.reports.flush();
        self.monitor.wait(now)
    }

    /// Nothing can be monitored here.
    #[cfg(not(unix))]
    fn monitor(&mut self, _workers: &mut dyn Backend) -> Duration {
        Duration::MAX
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.remaining.note(&event);
        if let Event::CaseFinished(finished) = &event
            && finished.verdict.is_failure(self.config.flaky)
        {
            let failures = self.remaining.count_failure();
            if self.config.maxfail.is_some_and(|maxfail| failures >= maxfail.get()) {
                self.stopped.get_or_insert(CancelReason::TooManyFailures);
            }
        }
        self.reports.handle(&event);
    }

    pub(super) fn diagnose(&mut self, message: String, severity: Severity) {
        self.emit(Event::Diagnostic { message, severity });
    }

    /// The workers have sent their last event.
    pub(super) fn workers_finished(&mut self, finished: RunFinished) {
        self.stopped = cancel::after_host(self.stopped, finished.stopped, self.remaining.len() > 0);
    }

    /// The workers ended without a result for any remaining test: another start would not help.
    pub(super) fn no_progress(&mut self) {
        let message = "the test process ended without a result; no more tests are started".to_owned();
        self.diagnose(message, Severity::Fault);
        self.stopped = Some(CancelReason::HarnessError);
    }

    /// Reports the running attempts at the end of an interrupted run.
    #[cfg(unix)]
    pub(super) fn report_cut_off(
        &mut self,
        reason: CancelReason,
        running: Vec<RunningAttempt>,
        output_of: &dyn Fn(u64) -> Vec<u8>,
    ) {
        for running in running {
            if reason == CancelReason::OutOfTime {
                let limit = self.config.run_timeout.unwrap_or_default();
                self.record_crash(running, BodyResult::RunTimedOut { limit }, output_of(running.owner));
            } else {
                let name = self.name_of(running.owner);
                self.emit(diagnostics::interrupted(name));
            }
        }
    }

    /// Reports an attempt that cannot report its own end, and its test if that was the last attempt.
    #[cfg(unix)]
    pub(super) fn record_crash(&mut self, culprit: RunningAttempt, ended: BodyResult, output: Vec<u8>) {
        let context = (self.plan, self.config, &self.remaining);
        let events = synthesized_events::crash_events(context, culprit, ended, output, self.clock.now());
        events.into_iter().for_each(|event| self.emit(event));
    }

    /// Gives a verdict to each test without one.
    pub(super) fn report_remaining(&mut self) {
        let events = synthesized_events::rest(self.plan, &self.remaining, self.stopped);
        events.into_iter().for_each(|event| self.emit(event));
    }

    /// Ends the processes that all workers share, and those that tests left behind.
    pub(super) fn end_processes(&mut self) {
        #[cfg(target_os = "linux")]
        fixture_server_shutdown::end(&std::sync::Arc::clone(&self.run.id), &mut |event| self.emit(event));
        #[cfg(unix)]
        orphans::end_and_emit(&mut |event| self.emit(event));
    }

    /// Reports the last event.
    pub(super) fn report_end(&mut self) {
        self.emit(Event::RunFinished(RunFinished { took: self.clock.now(), stopped: self.stopped }));
    }

    /// The attempts whose tests have no verdict yet.
    #[cfg(unix)]
    pub(super) fn open(&self, mut running: Vec<RunningAttempt>) -> Vec<RunningAttempt> {
        running.retain(|running| test_id::unpack(running.owner).is_some_and(|entry| self.remaining.is_open(entry)));
        running
    }

    pub(super) fn test_id(&self, (case, iteration): TestKey) -> TestId {
        test_run::test_id_of(&self.plan.cases[case.ix()], case, iteration)
    }

    pub(super) fn name_of(&self, owner: u64) -> &'static str {
        let case = test_id::unpack(owner).map(|(case, _)| case);
        case.and_then(|case| self.plan.cases.get(case.ix())).map_or("?", |planned| planned.name)
    }
}
