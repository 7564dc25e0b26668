//! A test host, as the controller sees it: a child process, with a pipe for its events and a board of its running attempts.

use std::fs::File;
use std::os::fd::AsFd;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Signal;

use crate::controller::backend::Backend;
use crate::controller::monitor;
use crate::controller::run_loop::Controller;
use crate::execution::supervisor;
use crate::execution::watchdog::{TO_DROP, TO_TEAR_DOWN};
use crate::model::config::RunConfig;
use crate::model::error::Error;
use crate::model::event::{CancelReason, CaseIx, Event, RunFinished, Severity};
use crate::model::outcome::ProcessExit;
use crate::model::protocol::{HostCommand, HostSpec, ProcessRole, ResumeState, RunInfo};
use crate::os::clock::Clock;
use crate::os::sys::{RunBoard, RunningAttempt};
use crate::os::{debugger, procfs};
use crate::plan::Plan;
use crate::policy::run_monitor::{ProcessHealth, StallDetector};
use crate::process::child::{self, Child, Streams};
use crate::process::event_loop::{self, Poller};
use crate::process::event_stream::{EventReader, Magic};
use crate::process::wakeup::Wakeup;

/// How long a test host may take to exit after its last event.
const GRACE: Duration = Duration::from_secs(10);

/// How long a test host in which a test hangs may take to capture its stack, after its last event.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How long a test host may take to exit after it has closed its descriptors.
const ENDING: Duration = Duration::from_secs(1);

/// A test host that was started. It plans by itself, and then waits for a message with the tests that remain.
#[derive(Debug)]
pub(crate) struct HostHandle {
    child: Child,
    /// Where its events arrive.
    events: File,
    board: RunBoard,
}

impl HostHandle {
    /// Starts a test host.
    ///
    /// # Errors
    ///
    /// If the system cannot create the process, the pipe or the shared memory.
    pub(crate) fn start(run: &RunInfo) -> Result<Self, Error> {
        let board = RunBoard::new().map_err(|cause| Error::io("set up the memory shared with the workers", cause))?;
        let (events, theirs) =
            event_loop::pipe().map_err(|cause| Error::io("make the pipe from the test process", cause))?;
        let order = ProcessRole::TestHost(HostSpec { run: run.clone() });
        let child = Child::start(&order, &[theirs.as_fd(), board.file().as_fd()], &[], Streams::Inherited)?;
        Ok(Self { child, events, board })
    }
}

/// How a test host ended.
pub(crate) enum HostEnd {
    /// It has sent its last event.
    Finished(RunFinished),
    Crashed(HostExit),
}

/// What is known of a test host that crashed or was killed.
pub(crate) struct HostExit {
    pub(crate) status: ExitStatus,
    pub(crate) board: RunBoard,
    /// The controller killed it, for this reason.
    pub(crate) killed_for: Option<ProcessExit>,
    /// It was alive, but its events ended or were invalid.
    pub(crate) is_cut: bool,
}

/// A test host that runs.
pub(crate) struct TestHost<'a> {
    child: Child,
    events: File,
    board: RunBoard,
    reader: EventReader,
    poller: &'a Poller,
    plan: &'a Plan,
    config: &'a RunConfig,
    clock: Clock,
    stall_detector: StallDetector,
    /// The controller killed it, for this reason.
    killed_for: Option<ProcessExit>,
    /// One of its tests hangs.
    has_given_up: bool,
    /// Its last event.
    finished: Option<RunFinished>,
    /// When it is killed if it has not exited after its last event.
    kill_at: Option<Duration>,
    /// When it is killed if it still tears down fixtures of tests that run.
    tear_down_until: Option<Duration>,
    /// It has exited; its remaining events are in the pipe.
    has_exited: bool,
    /// There are no further events.
    is_at_end: bool,
    noise_reported: bool,
}

impl<'a> TestHost<'a> {
    /// Sends the test host the tests that remain.
    ///
    /// # Errors
    ///
    /// If the thread that waits for its end cannot be started.
    pub(crate) fn new(
        handle: HostHandle,
        resume: &ResumeState,
        poller: &'a Poller,
        controller: &Controller<'a>,
        noise_reported: bool,
    ) -> Result<Self, Error> {
        let HostHandle { child, events, board } = handle;
        // If it has exited already, its events end.
        let _ = child.messages().send(resume);
        poller.watch(child.id())?;
        Ok(Self {
            child,
            events,
            board,
            reader: EventReader::new(Magic::of(&controller.run)),
            poller,
            plan: controller.plan,
            config: controller.config,
            clock: controller.clock,
            stall_detector: StallDetector::default(),
            killed_for: None,
            has_given_up: false,
            finished: None,
            kill_at: None,
            tear_down_until: None,
            has_exited: false,
            is_at_end: false,
            noise_reported,
        })
    }

    /// Whether a test wrote into the pipe of the events, and that was reported.
    pub(crate) fn noise_reported(&self) -> bool {
        self.noise_reported
    }

    /// Waits for its exit, and kills it if that takes too long. The second value says whether it left processes behind, which were killed.
    ///
    /// # Errors
    ///
    /// If the system reports an error.
    pub(crate) fn end(self, was_followed: bool) -> Result<(HostEnd, bool), Error> {
        let Self { mut child, board, poller, killed_for, finished, .. } = self;
        let is_finished = was_followed && finished.is_some();
        let is_cut = !was_followed
            || !is_finished && killed_for.is_none() && !child.wait_at_most(ENDING).is_ok_and(|ended| ended.is_some());
        if !is_finished || child.wait_at_most(GRACE).map_err(fail)?.is_none() {
            child.signal(Signal::KILL);
        }
        let status = child.wait().map_err(fail)?;
        poller.forget();
        let left_processes = is_finished && child::is_group_alive(child.id());
        child.signal(Signal::KILL);
        let end = match finished {
            Some(finished) => HostEnd::Finished(finished),
            None => HostEnd::Crashed(HostExit { status, board, killed_for, is_cut }),
        };
        Ok((end, left_processes))
    }

    /// Parses the next event of the bytes that were read.
    fn parsed_event(&mut self) -> Option<Event> {
        let plan = self.plan;
        let name = |case: CaseIx| plan.cases.get(case.ix()).map(|planned| planned.name);
        while let Some(event) = self.reader.next(&name) {
            match event {
                Event::RunFinished(finished) => self.finished = Some(finished),
                event => {
                    self.has_given_up |=
                        matches!(&event, Event::AttemptFinished(attempt) if attempt.outcome.has_timed_out());
                    return Some(event);
                }
            }
        }
        if self.reader.take_noise() && !std::mem::replace(&mut self.noise_reported, true) {
            let message = "a test wrote to the pipe of the test results, a descriptor that it did not open. No result is lost; find the test that writes to a descriptor by its number";
            return Some(Event::Diagnostic { message: message.to_owned(), severity: Severity::Note });
        }
        None
    }

    /// Whether there is nothing more to report. If a test hangs, its stack may follow.
    fn is_over(&self) -> bool {
        self.finished.is_some() && !self.has_given_up
    }
}

impl Backend for TestHost<'_> {
    fn next_event(&mut self) -> Result<Option<Event>, Error> {
        if let Some(event) = self.parsed_event() {
            return Ok(Some(event));
        }
        if self.is_over() || self.is_at_end {
            return Ok(None);
        }
        // Only once, since a test may fill the pipe with other bytes.
        match self.reader.fill(&mut self.events).map_err(fail)? {
            Some(0) => self.is_at_end = true,
            Some(_) => {}
            None => self.is_at_end = self.has_exited,
        }
        Ok(self.parsed_event())
    }

    fn wait(&mut self, limit: Duration) -> Result<Wakeup, Error> {
        if self.is_over() || self.is_at_end {
            return Ok(Wakeup::Ended);
        }
        if self.has_exited {
            return Ok(Wakeup::Events);
        }
        let mut limit = limit;
        if self.finished.is_some() {
            let now = self.clock.now();
            let kill_at = *self.kill_at.get_or_insert(now + LAST_WORDS);
            if kill_at <= now {
                self.child.signal(Signal::KILL);
                return Ok(Wakeup::Ended);
            }
            limit = limit.min(kill_at - now);
        }
        if let Some(until) = self.tear_down_until {
            let left = until.saturating_sub(self.clock.now());
            if left.is_zero() {
                self.child.signal(Signal::KILL);
            } else {
                limit = limit.min(left);
            }
        }
        let wakeup = self.poller.wait(&self.events, limit).map_err(fail)?;
        if wakeup == Wakeup::Ended {
            // Its remaining events are in the pipe. A process that it started may keep the pipe open.
            self.has_exited = true;
            return Ok(Wakeup::Events);
        }
        Ok(wakeup)
    }

    fn stop(&mut self, _reason: CancelReason) {
        self.board.stop();
        // It may wait for a message. If it has exited, it starts no test.
        let _ = self.child.messages().send(&HostCommand::Stop);
    }

    /// At first, the fixtures of the tests that run are torn down.
    fn kill(&mut self) -> Option<Event> {
        let is_first = self.tear_down_until.is_none();
        if is_first && self.child.messages().send(&HostCommand::TearDown).is_ok() {
            self.tear_down_until = Some(self.clock.now() + TO_DROP + TO_TEAR_DOWN);
        } else {
            self.child.signal(Signal::KILL);
        }
        None
    }

    fn board(&self) -> Option<&RunBoard> {
        Some(&self.board)
    }

    fn process(&self) -> u32 {
        self.child.id()
    }

    fn check_health(&mut self, now: Duration, running: &[RunningAttempt]) {
        let child = &mut self.child;
        let shortest = running.iter().filter_map(|running| monitor::limit(running.owner, self.plan, self.config)).min();
        let health = match child.stopped_by() {
            Some(signal) => ProcessHealth::Stopped { signal, shortest },
            None if monitor::is_overdue(running, now) && !debugger::is_attached(child.id(), std::process::id()) => {
                ProcessHealth::Overdue
            }
            None => ProcessHealth::Fine,
        };
        if let Some(how) = self.stall_detector.look(now, health) {
            // If only one test runs, the signal goes to its thread, so that its captured output is saved.
            let is_aborted = match running {
                [RunningAttempt { slot, owner, .. }] if how == ProcessExit::Hung && self.killed_for.is_none() => {
                    let lane = supervisor::lane_name(*slot);
                    procfs::abort_by(child.id(), &monitor::thread_name(*owner, lane, self.plan, self.config))
                }
                _ => false,
            };
            self.killed_for = Some(how);
            if !is_aborted {
                child.signal(Signal::KILL);
            }
        }
    }
}

fn fail(cause: std::io::Error) -> Error {
    Error::io("listen to the test process", cause)
}
