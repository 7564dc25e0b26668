//! The client of worker processes: it requests attempts, waits for them, and ends those that time out.

use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;

use crate::lane::run_dir::RunDir;
use crate::model::config::Capture;
use crate::model::error::Error;
use crate::model::event::TestId;
use crate::model::leaks::Leaks;
use crate::model::outcome::{BodyResult, Outcome, ProcessExit};
use crate::model::protocol::{Notice, ProcessRole, WorkerRequest, WorkerResponse, WorkerSpec};
use crate::model::test_id;
use crate::model::timing::Timing;
use crate::os::debugger;
use crate::os::output_pipe::OutputPipe;
use crate::os::sys::RunBoard;
use crate::plan::Planned;
use crate::policy::attribution;
use crate::policy::classify;
use crate::process::await_response::{self, is_timeout};
use crate::process::child::{self, Child, Streams};
use crate::process::fork_server::ForkServer;
use crate::process::process_config::{ProcessConfig, StoppedPolicy};
use crate::process::process_end::{GRACE, ProcessEnd};

/// The processes of one worker, one at a time.
pub(crate) struct WorkerClient {
    config: ProcessConfig,
    run_dir: Box<dyn Fn() -> Result<Arc<RunDir>, Error>>,
    serving: Option<WorkerProcess>,
    fork_source: ForkSource,
    /// Notices of processes that ended, for the next response.
    pending_notices: Vec<Notice>,
}

/// How processes are made.
enum ForkSource {
    /// Started from the file: attempts need no fresh process each, or the program cannot be forked.
    None,
    /// By a fork server, which is not started yet.
    Wanted,
    Of(Rc<ForkServer>),
}

#[derive(Debug)]
struct WorkerProcess {
    child: Child,
    board: RunBoard,
}

/// An attempt for a worker process.
pub(crate) struct AttemptRequest<'a> {
    pub(crate) planned: &'a Planned,
    pub(crate) test_id: &'a TestId,
    /// From 1.
    pub(crate) number: u32,
    pub(crate) limit: Option<Duration>,
    /// Whether it needs a process in which no test has run.
    pub(crate) is_fresh: bool,
}

/// The result of an attempt.
#[derive(Debug)]
pub(crate) struct RemoteAttempt {
    pub(crate) outcome: Outcome,
    pub(crate) took: Timing,
    pub(crate) leaks: Leaks,
    pub(crate) output: Vec<u8>,
    pub(crate) notices: Vec<Notice>,
    /// A thread that outlived this earlier test ended the process, in this way. Then the other fields mean nothing.
    pub(crate) ended_by: Option<(u64, ProcessExit)>,
}

impl WorkerClient {
    /// `run_dir` returns the directory of the lanes.
    pub(crate) fn new(config: ProcessConfig, run_dir: impl Fn() -> Result<Arc<RunDir>, Error> + 'static) -> Self {
        // On other systems the number of threads of a process is not known, so it cannot be forked.
        let fork_source =
            if config.reuse || !cfg!(target_os = "linux") { ForkSource::None } else { ForkSource::Wanted };
        Self { config, run_dir: Box::new(run_dir), serving: None, fork_source, pending_notices: Vec::new() }
    }

    /// Runs the attempt with this number, from 1; `runs_in` receives the number of its process. The process itself measures `took`; if it
    /// has ended, it is measured here.
    ///
    /// # Errors
    ///
    /// If no process can be started, or if it does not respond.
    pub(crate) fn attempt(
        &mut self,
        request: &AttemptRequest<'_>,
        elapsed: &dyn Fn() -> Duration,
        runs_in: &dyn Fn(u32),
    ) -> Result<RemoteAttempt, Error> {
        let fail = |cause| Error::io("communicate with a worker process", cause);
        let AttemptRequest { planned, test_id, number, limit, is_fresh } = *request;
        let reuse = self.config.reuse && !is_fresh && !planned.case.attributes().own_process;
        if !reuse {
            self.pending_notices = self.close();
        }
        let own = test_id::pack(test_id.case, test_id.iteration);
        let asked_at = elapsed();
        let ask = WorkerRequest::Attempt { name: planned.name.to_owned(), owner: own, number };
        let has_served = reuse && self.serving.is_some();
        let serving = self.send_request(&ask)?;
        runs_in(serving.child.id());
        let started = elapsed();
        let body_began = || body_began(&serving.board, own, asked_at);
        let stopped_by = || serving.child.stopped_by();
        let stopped_by: Option<&dyn Fn() -> Option<String>> = match self.config.stops {
            StoppedPolicy::Leave => None,
            StoppedPolicy::Kill => Some(&stopped_by),
        };
        let processes = [serving.child.id(), std::process::id()];
        let is_debugged = || processes.into_iter().any(|process| debugger::is_attached(process, std::process::id()));
        let answer =
            await_response::answer(serving.child.messages(), limit, &body_began, stopped_by, &is_debugged, elapsed);
        let took = || Timing::of(elapsed().saturating_sub(started));
        let attributes = planned.case.attributes();
        let judged = |ended| classify::outcome(ended, attributes.should_panic, planned.case.location);
        let mut attempted = match answer {
            Ok(Some(WorkerResponse::Attempted { outcome, took, leaks, mut notices })) => {
                let output = serving.child.take_output().map_err(fail)?;
                self.serving = Some(serving);
                if !reuse {
                    notices.extend(self.close());
                }
                // A body that was cancelled at the end of the run was not past its own limit.
                let outcome = match self.config.run_timeout {
                    Some(limit) if outcome.has_timed_out() && child::are_all_ended() => {
                        judged(BodyResult::RunTimedOut { limit })
                    }
                    _ => outcome,
                };
                Ok(RemoteAttempt { outcome, took, leaks, output, notices, ended_by: None })
            }
            Ok(None | Some(WorkerResponse::Closed { .. })) => {
                let took = took();
                let mut notices = match answer {
                    Ok(Some(WorkerResponse::Closed { notices })) => notices,
                    _ => Vec::new(),
                };
                let ProcessEnd { process_exit, owner, output, notices: of_end, .. } =
                    self.reap(serving, GRACE).map_err(fail)?;
                notices.extend(of_end);
                let is_of_another = attribution::caused_by_other(owner, own, has_served) && !child::are_all_ended();
                let ended_by = is_of_another.then(|| (owner, process_exit.clone()));
                let outcome = judged(self.ended_by(process_exit));
                Ok(RemoteAttempt { outcome, took, leaks: Leaks::default(), output, notices, ended_by })
            }
            Err(cause) if is_timeout(&cause) => {
                let has_begun = body_began().is_some();
                let stopped_by = serving.child.stopped_by();
                let (mut notices, mut is_cancelled) = (Vec::new(), false);
                if stopped_by.is_some() {
                    // It cannot tear anything down.
                    serving.child.signal(Signal::KILL);
                } else {
                    (notices, is_cancelled) = await_response::given_up(&serving.child, self.config.teardown_timeout);
                    let _ = serving.child.has_ended_within(GRACE);
                    // For what the test has started, if the process itself has ended.
                    serving.child.signal(Signal::TERM);
                }
                let took = limit.map_or_else(took, Timing::of);
                let ProcessEnd { output, notices: of_end, .. } = self.reap(serving, GRACE).map_err(fail)?;
                notices.extend(of_end);
                let outcome = judged(match (limit, stopped_by) {
                    (Some(limit), Some(signal)) => BodyResult::Stopped { limit, signal },
                    (Some(limit), None) if is_cancelled => BodyResult::Cancelled { limit },
                    (Some(limit), None) if has_begun => BodyResult::TimedOut { limit },
                    (Some(limit), None) => BodyResult::FixturesTimedOut { limit },
                    (None, Some(signal)) => BodyResult::Died(ProcessExit::Stopped { signal }),
                    // It continued at the last moment, and was ended nevertheless.
                    (None, None) => BodyResult::Died(ProcessExit::Unknown),
                });
                Ok(RemoteAttempt { outcome, took, leaks: Leaks::default(), output, notices, ended_by: None })
            }
            Err(cause) if cause.kind() != ErrorKind::InvalidData => Err(fail(cause)),
            Ok(Some(_)) | Err(_) => {
                let took = took();
                serving.child.signal(Signal::KILL);
                let ProcessEnd { output, notices, .. } = self.reap(serving, GRACE).map_err(fail)?;
                let outcome = judged(BodyResult::Died(ProcessExit::Cut));
                Ok(RemoteAttempt { outcome, took, leaks: Leaks::default(), output, notices, ended_by: None })
            }
        }?;
        attempted.notices.append(&mut self.pending_notices);
        Ok(attempted)
    }

    /// The result of a body whose process ended.
    fn ended_by(&self, process_exit: ProcessExit) -> BodyResult {
        match self.config.run_timeout {
            Some(limit) if child::are_all_ended() => BodyResult::RunTimedOut { limit },
            _ => BodyResult::Died(process_exit),
        }
    }

    /// Sends the request, and returns the process. A process that has ended since its last test is replaced, since the next test is not the
    /// cause.
    fn send_request(&mut self, ask: &WorkerRequest) -> Result<WorkerProcess, Error> {
        let fail = |cause| Error::io("communicate with a worker process", cause);
        if let Some(serving) = self.serving.take() {
            match serving.child.messages().send(ask) {
                Ok(()) => return Ok(serving),
                Err(cause) if cause.kind() == ErrorKind::BrokenPipe => {
                    let ProcessEnd { process_exit, mut notices, .. } = self.reap(serving, GRACE).map_err(fail)?;
                    let message = format!(
                        "a worker process ended between two tests, because of something that a test left behind: {process_exit}"
                    );
                    self.pending_notices.push(Notice::Failure(message));
                    self.pending_notices.append(&mut notices);
                }
                Err(cause) => return Err(fail(cause)),
            }
        }
        let serving = self.start()?;
        serving.child.messages().send(ask).map_err(fail)?;
        Ok(serving)
    }

    /// Ends the process that waits for further requests. Returns its notices.
    pub(crate) fn close(&mut self) -> Vec<Notice> {
        let mut all_notices = std::mem::take(&mut self.pending_notices);
        let Some(serving) = self.serving.take() else { return all_notices };
        let asked = serving.child.messages().send(&WorkerRequest::Close);
        let closed = asked.and_then(|()| await_response::closed(&serving.child, self.config.teardown_timeout));
        match self.reap(serving, GRACE) {
            Ok(end) => all_notices.extend(end.close_notices(closed)),
            Err(cause) => all_notices.push(Notice::Note(format!("cannot wait for a worker process: {cause}"))),
        }
        all_notices
    }

    fn start(&mut self) -> Result<WorkerProcess, Error> {
        let config = &self.config;
        let run_dir = (self.run_dir)()?;
        let lane = run_dir.lane_dir(config.slot, run_dir.generation(config.slot))?;
        let (output, streams) = match config.capture {
            Capture::Off | Capture::Prefixed => (None, Streams::Inherited),
            Capture::PerTest => {
                let pipe = OutputPipe::new();
                let (output, writer) = pipe.map_err(|cause| Error::io("make a pipe for a test's output", cause))?;
                (Some(output), Streams::Into(writer))
            }
        };
        let variables = config.variables(&lane);
        let order = WorkerSpec {
            run: config.run.clone(),
            slot: config.slot,
            workers: config.workers,
            keep: config.keep,
            leak: config.leak,
            slow_after: config.slow_after,
            teardown_timeout: config.teardown_timeout,
            fresh_threads: config.fresh_threads,
            is_prefixed: config.capture == Capture::Prefixed,
            lane,
            variables: Vec::new(),
        };
        let board =
            RunBoard::new().map_err(|cause| Error::io("set up the memory shared with a worker process", cause))?;
        let fds = [board.file().as_fd()];
        let mut child = match self.copied(&order, &fds, &variables, &streams)? {
            Some(child) => child,
            None => Child::start(&ProcessRole::Worker(order), &fds, &variables, streams)?,
        };
        child.read_output(output);
        child.register_worker().map_err(|cause| Error::io("keep the connection to the process of a test", cause))?;
        let mut serving = WorkerProcess { child, board };
        match serving.child.messages().receive() {
            Ok(Some(WorkerResponse::Ready)) => Ok(serving),
            _ => {
                serving.child.signal(Signal::KILL);
                let status = serving.child.wait().map_err(|cause| Error::io("wait for a worker process", cause))?;
                let output = serving.child.take_output().unwrap_or_default();
                Err(Error::fault(format!(
                    "a worker process ended before it could run a test ({status}): {}",
                    String::from_utf8_lossy(&output)
                )))
            }
        }
    }

    /// Forks a process, if the fork server and the program allow it.
    fn copied(
        &mut self,
        order: &WorkerSpec,
        fds: &[BorrowedFd<'_>],
        variables: &[(String, String)],
        streams: &Streams,
    ) -> Result<Option<Child>, Error> {
        let server = match std::mem::replace(&mut self.fork_source, ForkSource::None) {
            ForkSource::None => return Ok(None),
            ForkSource::Wanted => ForkServer::start(&ProcessRole::ForkServer, variables)?,
            ForkSource::Of(server) => Some(server),
        };
        let Some(server) = server else { return Ok(None) };
        let order = WorkerSpec { variables: variables.to_vec(), ..order.clone() };
        let copied = server.copy(&order, fds, streams);
        self.fork_source = match &copied {
            Ok(Some(_)) => ForkSource::Of(server),
            Ok(None) => ForkSource::None,
            // A test has ended its parent, the fork server. This time the process is started from the file; the next one gets a new fork
            // server.
            Err(_) => ForkSource::Wanted,
        };
        Ok(copied.ok().flatten())
    }

    /// Waits for a process that is about to end or has ended, ends its group, and releases its lane.
    fn reap(&self, mut serving: WorkerProcess, grace: Duration) -> std::io::Result<ProcessEnd> {
        let mut notices = Vec::new();
        let id = serving.child.id();
        if serving.child.wait_at_most(grace).is_ok_and(|ended| ended.is_none()) {
            serving.child.signal(Signal::KILL);
        }
        // The status of a fork is not known if a test has ended its parent.
        let status = serving.child.wait().ok();
        if child::is_group_alive(id) {
            // After an interruption, these may be processes that the test would have ended, or the killed process itself, which its parent
            // has not reaped yet.
            if !child::are_all_ended() {
                notices.push(Notice::Note("a test left processes running; they were killed".to_owned()));
            }
            child::signal_group(id, Signal::KILL);
        }
        let output = serving.child.take_output()?;
        ProcessEnd::of(status, &serving.board, output, notices)
    }
}

impl Drop for WorkerClient {
    fn drop(&mut self) {
        drop(self.close());
    }
}

/// When the body of this owner's test started, if that was after `since`; an earlier time belongs to an earlier attempt.
fn body_began(board: &RunBoard, owner: u64, since: Duration) -> Option<Duration> {
    let running = board.running().into_iter().find(|running| running.owner == owner)?;
    Some(Duration::from_nanos(running.at_nanos)).filter(|&at| since <= at)
}
