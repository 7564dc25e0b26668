//! The controller of a run with test hosts. It runs no test itself, so no test can end it. It starts a test host, reads its events and reports
//! them. When a test crashes the test host, it reports which test that was, and starts the next test host for what is left.

use std::fs::File;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;

#[cfg(target_os = "linux")]
use crate::controller::fixture_server_shutdown;
use crate::controller::host_handle::HostHandle;
use crate::controller::monitor::{self, Monitor};
use crate::controller::synthesized_events;
use crate::execution::{supervisor, test_run};
use crate::lane::run_dir::{self, RunDir};
use crate::model::config::RunConfig;
use crate::model::error::Error;
use crate::model::event::{CancelReason, CaseIx, Event, RunFinished, Severity, TestId};
use crate::model::outcome::ProcessExit;
use crate::model::protocol::{HostCommand, RunInfo, TestKey};
use crate::model::test_id;
use crate::os::clock::Clock;
use crate::os::state_dir::StateDir;
use crate::os::sys::{RunBoard, RunningAttempt};
use crate::os::{procfs, signals};
use crate::plan::Plan;
use crate::policy::cancel;
use crate::policy::remaining_tests::RemainingTests;
use crate::policy::run_monitor::{ProcessHealth, StallDetector};
use crate::process::child::{self, Child};
use crate::process::event_loop::{Poller, Wakeup};
use crate::process::event_stream::{EventReader, Magic};
use crate::process::orphans;
use crate::report::Reports;

/// How long a test host may take to exit after its last event.
const GRACE: Duration = Duration::from_secs(10);

/// How long one may look where its tests hang, when it is through with all others.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How long one may need to be gone after it has let go of its descriptors.
const ENDING: Duration = Duration::from_secs(1);

/// Runs test hosts until every case has a verdict.
pub(crate) struct Controller<'a> {
    pub(super) plan: &'a Plan,
    pub(super) config: &'a RunConfig,
    pub(super) name: RunInfo,
    /// The test host that was started while the plan was made.
    first: Option<HostHandle>,
    pub(super) clock: Clock,
    reports: &'a mut Reports,
    pub(super) remaining: RemainingTests,
    pub(super) stopped: Option<CancelReason>,
    monitor: Monitor,
    /// A test wrote into the pipe of the events, and that was reported.
    has_reported_garbage: bool,
    /// The test hosts make other tests than this process, or in another order.
    is_unlike: bool,
}

/// How a test host ended.
enum HostEnd {
    /// It did what it could, and said so.
    Over(RunFinished),
    Died(HostExit),
}

/// What is known of a test host that crashed or was killed.
pub(crate) struct HostExit {
    pub(crate) status: ExitStatus,
    pub(crate) board: RunBoard,
    /// It was given up for this, and ended.
    pub(crate) killed_for: Option<ProcessExit>,
    /// It lived, but said nothing more, or nothing that makes sense.
    pub(crate) is_cut: bool,
}

/// The test host that runs now.
struct ActiveHost {
    child: Child,
    board: RunBoard,
    stall_detector: StallDetector,
    /// It was ended because of this.
    killed_for: Option<ProcessExit>,
    /// One of its tests hangs.
    has_given_up: bool,
}

impl ActiveHost {
    /// From now on it starts no test.
    fn stop(&mut self) {
        self.board.stop();
        // It may wait. One that is gone starts none.
        let _ = self.child.messages().send(&HostCommand::Stop);
    }
}

impl<'a> Controller<'a> {
    /// A controller for this plan, whose first test host has been started.
    pub(crate) fn new(
        plan: &'a Plan,
        config: &'a RunConfig,
        name: RunInfo,
        first: HostHandle,
        clock: Clock,
        reports: &'a mut Reports,
    ) -> Self {
        let remaining = RemainingTests::new(plan.cases.len(), config.iterations.get());
        Self {
            plan,
            config,
            name,
            first: Some(first),
            clock,
            reports,
            remaining,
            stopped: None,
            monitor: Monitor::new(config),
            has_reported_garbage: false,
            is_unlike: false,
        }
    }

    /// Runs everything, and reports it.
    pub(crate) fn run(mut self, poller: &Poller) {
        let mut has_died = false;
        if let Err(error) = self.run_hosts(poller, &mut has_died) {
            // What is known is told all the same.
            self.emit(Event::Diagnostic { message: error.to_string(), severity: Severity::Fault });
            self.stopped = Some(CancelReason::HarnessError);
        }
        for event in synthesized_events::rest(self.plan, &self.remaining, self.stopped) {
            self.emit(event);
        }
        #[cfg(target_os = "linux")]
        fixture_server_shutdown::end(&Arc::clone(&self.name.id), &mut |event| self.emit(event));
        orphans::end_and_emit(&mut |event| self.emit(event));
        if has_died {
            self.clean_up();
        }
        self.emit(Event::RunFinished(RunFinished { took: self.clock.now(), stopped: self.stopped }));
    }

    fn run_hosts(&mut self, poller: &Poller, has_died: &mut bool) -> Result<(), Error> {
        while self.remaining.len() > 0 && self.stopped.is_none() {
            let before = (self.remaining.len(), self.remaining.attempts());
            match self.host(poller)? {
                HostEnd::Over(finished) if finished.stopped == Some(CancelReason::PlanMismatch) && !self.is_unlike => {
                    self.is_unlike = true;
                    let message = "the process of the workers has made other tests than this one, or in another order; there they are \
                                   found by their names";
                    self.emit(Event::Diagnostic { message: message.to_owned(), severity: Severity::Note });
                    continue;
                }
                HostEnd::Over(finished) => {
                    self.stopped = cancel::after_host(self.stopped, finished.stopped, self.remaining.len() > 0);
                }
                HostEnd::Died(host_exit) => {
                    *has_died = true;
                    self.recover(&host_exit)?;
                }
            }
            if self.stopped.is_none()
                && self.remaining.len() > 0
                && before == (self.remaining.len(), self.remaining.attempts())
            {
                let message = "the process of the workers ended without a result; nothing more is started".to_owned();
                self.emit(Event::Diagnostic { message, severity: Severity::Fault });
                self.stopped = Some(CancelReason::HarnessError);
            }
        }
        Ok(())
    }

    /// Starts a test host for what is left, and reads its events until it ends.
    fn host(&mut self, poller: &Poller) -> Result<HostEnd, Error> {
        let fail = |cause| Error::io("listen to the process of the workers", cause);
        let host = self.first.take().map_or_else(|| HostHandle::start(&self.name), Ok)?;
        let HostHandle { child, events, board } = host;
        let mut active_host = ActiveHost {
            child,
            board,
            stall_detector: StallDetector::default(),
            killed_for: None,
            has_given_up: false,
        };
        // If it has died already, its events end.
        let names = self.is_unlike.then(|| self.plan.names());
        let _ = active_host.child.messages().send(&self.remaining.resumed(self.plan.digest(), names));
        let mut over = None;
        poller.watch(active_host.child.id())?;
        let listened = self.listen(poller, events, &mut active_host, &mut over);
        let ActiveHost { mut child, board, killed_for, .. } = active_host;
        if let Err(error) = &listened {
            self.emit(Event::Diagnostic { message: error.to_string(), severity: Severity::Note });
        }
        let is_through = listened.is_ok() && over.is_some();
        let is_cut = listened.is_err()
            || !is_through && killed_for.is_none() && !child.wait_at_most(ENDING).is_ok_and(|ended| ended.is_some());
        if !is_through || child.wait_at_most(GRACE).map_err(fail)?.is_none() {
            child.signal(Signal::KILL);
        }
        let status = child.wait().map_err(fail)?;
        poller.forget();
        // Whatever it has started goes with it.
        let left = is_through && child::is_group_alive(child.id());
        child.signal(Signal::KILL);
        if left {
            self.emit(orphans::were_ended());
        }
        Ok(match over {
            Some(finished) => HostEnd::Over(finished),
            None => HostEnd::Died(HostExit { status, board, killed_for, is_cut }),
        })
    }

    fn listen(
        &mut self,
        poller: &Poller,
        mut pipe: File,
        active_host: &mut ActiveHost,
        over: &mut Option<RunFinished>,
    ) -> Result<(), Error> {
        let mut reader = EventReader::new(Magic::of(&self.name));
        let fail = |cause| Error::io("listen to the process of the workers", cause);
        let mut until = None;
        loop {
            self.drain_events(&mut reader, active_host, over);
            if reader.take_noise() && !std::mem::replace(&mut self.has_reported_garbage, true) {
                let message = "a test has written to a descriptor that is not its own: to the pipe in which results are told; none is lost";
                self.emit(Event::Diagnostic { message: message.to_owned(), severity: Severity::Note });
            }
            let mut wait = self.monitor(active_host);
            if over.is_some() {
                // Nothing hangs there, so there is nothing more to hear.
                if !active_host.has_given_up {
                    return Ok(());
                }
                let now = self.clock.now();
                let until = *until.get_or_insert(now + LAST_WORDS);
                if until <= now {
                    active_host.child.signal(Signal::KILL);
                    return Ok(());
                }
                wait = wait.min(until - now);
            }
            match reader.fill(&mut pipe).map_err(fail)? {
                Some(0) => return Ok(()),
                Some(_) => continue,
                None => self.reports.flush(),
            }
            match poller.wait(&pipe, wait).map_err(fail)? {
                Wakeup::Events | Wakeup::Nothing => {}
                // What it has written is in the pipe; a process that it has started may keep the pipe open.
                Wakeup::Ended => {
                    while reader.fill(&mut pipe).map_err(fail)?.is_some_and(|n| n > 0) {}
                    self.drain_events(&mut reader, active_host, over);
                    return Ok(());
                }
                Wakeup::Interrupted { again: false } => {
                    self.stopped = Some(CancelReason::Interrupted);
                    active_host.stop();
                    self.emit(signals::interrupted());
                    self.reports.flush();
                }
                Wakeup::Interrupted { again: true } => {
                    self.stopped = Some(CancelReason::Interrupted);
                    active_host.child.signal(Signal::KILL);
                }
            }
        }
    }

    /// Tells what has come by now, but for the last word.
    fn drain_events(&mut self, reader: &mut EventReader, active_host: &mut ActiveHost, over: &mut Option<RunFinished>) {
        let plan = self.plan;
        let name = move |case: CaseIx| plan.cases.get(case.ix()).map(|planned| planned.name);
        while let Some(event) = reader.next(&name) {
            match event {
                Event::RunFinished(finished) => *over = Some(finished),
                event => {
                    let is_given_up =
                        matches!(&event, Event::AttemptFinished(attempt) if attempt.outcome.has_timed_out());
                    active_host.has_given_up |= is_given_up;
                    self.emit(event);
                }
            }
        }
    }

    /// Monitors what runs, if it is time to. Returns the time until the next check.
    fn monitor(&mut self, active_host: &mut ActiveHost) -> Duration {
        let now = self.clock.now();
        let (board, process) = (&active_host.board, active_host.child.id());
        let Some(check) = self.monitor.check(now, Some(board), process, self.plan, self.config) else {
            return self.monitor.wait(now);
        };
        if check.is_out_of_time {
            self.stopped = Some(CancelReason::OutOfTime);
            active_host.stop();
        }
        check.events.into_iter().for_each(|event| self.emit(event));
        if check.is_out_of_grace {
            active_host.child.signal(Signal::KILL);
        }
        let running = check.running;
        let ActiveHost { child, stall_detector, killed_for, .. } = active_host;
        let shortest = running.iter().filter_map(|running| monitor::limit(running.owner, self.plan, self.config)).min();
        let state = match child.stopped_by() {
            Some(signal) => ProcessHealth::Stopped { signal, shortest },
            None if monitor::is_overdue(&running, now) && !procfs::is_traced(child.id()) => ProcessHealth::Overdue,
            None => ProcessHealth::Fine,
        };
        if let Some(how) = stall_detector.look(now, state) {
            // The only one who can have done it has last words, unless these are stuck, too.
            let is_told = match running[..] {
                [RunningAttempt { slot, .. }] if how == ProcessExit::Hung && killed_for.is_none() => {
                    procfs::abort_by(child.id(), &supervisor::lane_name(slot))
                }
                _ => false,
            };
            *killed_for = Some(how);
            if !is_told {
                child.signal(Signal::KILL);
            }
        }
        orphans::reap();
        self.reports.flush();
        self.monitor.wait(now)
    }

    pub(crate) fn emit(&mut self, event: Event) {
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

    pub(crate) fn test_id(&self, (case, iteration): TestKey) -> TestId {
        test_run::test_id_of(&self.plan.cases[case.ix()], case, iteration)
    }

    pub(crate) fn name_of(&self, owner: u64) -> &'static str {
        let case = test_id::unpack(owner).map(|(case, _)| case);
        case.and_then(|case| self.plan.cases.get(case.ix())).map_or("?", |planned| planned.name)
    }

    /// Cleans up after a test host that crashed.
    fn clean_up(&mut self) {
        let state_dir = StateDir::for_user();
        let left = RunDir::enter(state_dir.clone(), &self.name.id).and_then(|run_dir| run_dir.leave());
        run_dir::sweep(&state_dir);
        state_dir.remove_if_empty();
        if let Err(error) = left {
            let message = format!("cleaning up after the run: {error}");
            self.emit(Event::Diagnostic { message, severity: Severity::Note });
        }
    }
}
