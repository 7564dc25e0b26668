//! The process that keeps what all processes of a run share: makes the values of fixtures that are carried as data, holds what is
//! behind them, and ends it when the run is over: when somebody says so, or when the runner has gone, and everybody who has asked.

use std::any::Any;
use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::execution::teardown;
use crate::execution::worker_process::aside_of;
use crate::fixture::cache::AttemptFixtures;
use crate::fixture::context::FixtureContext;
use crate::fixture::scope_state::ScopeState;
use crate::fixture_server::services::Servers;
use crate::lane::run_dir::{self, RunDir};
use crate::lane::worker_lane::Lane;
use crate::model::config::Keep;
use crate::model::error::{Error, FixtureError, FixtureResult};
use crate::model::protocol::{FixtureRequest, FixtureResponse, FixtureServerSpec};
use crate::model::skip::{self, Skip};
use crate::model::worker::{Slot, Worker};
use crate::os::message_channel::MessageChannel;
use crate::os::state_dir::StateDir;
use crate::os::{panics, sys, thread};
use crate::process::bootstrap::Parent;
use crate::process::fixture_server_launch::{self, RunnerProcess};
use crate::process::orphans;
use crate::test_case::registry;

/// How long what it has may take to end; then the process ends with it.
const GRACE: Duration = Duration::from_secs(10);

/// How much of what fixtures print is handed on.
const MOST_PRINTED: u64 = 64 * 1024;

/// Keeps until the run is over.
///
/// # Errors
///
/// When it cannot begin.
pub(crate) fn keep(parent: Parent<FixtureServerSpec>) -> Result<(), Error> {
    let fail = |cause| Error::io("keep what the run shares", cause);
    let Parent { line, order, .. } = parent;
    fixture_server_launch::settle(|| {
        run_dir::sweep(&StateDir::of_user());
        Servers::sweep();
        StateDir::of_user().remove_if_empty();
    })
    .map_err(fail)?;
    let mut runner = RunnerProcess::of(order.runner);
    let run_dir = RunDir::enter(StateDir::of_user(), &order.run)?;
    let dir = run_dir.dir()?.to_owned();
    let listener = fixture_server_launch::listen(&dir, &order.socket).map_err(fail)?;
    let keeper = Arc::new(FixtureServer::new(&order, run_dir, fixture_server_launch::log_of(&dir, &order.socket))?);
    line.send(&FixtureResponse::Ready).map_err(fail)?;
    drop(line);
    let mut guests: Vec<UnixStream> = Vec::new();
    while runner.is_some() || !guests.is_empty() {
        let attended = fixture_server_launch::attend(runner.as_ref(), &listener, &guests).map_err(fail)?;
        for ix in attended.left.into_iter().rev() {
            guests.swap_remove(ix);
        }
        if attended.has_guest {
            let (stream, _) = listener.accept().map_err(fail)?;
            guests.push(stream.try_clone().map_err(fail)?);
            let line = MessageChannel::new(stream).map_err(fail)?;
            let keeper = Arc::clone(&keeper);
            thread::start("guest", move || keeper.serve(&line)).map_err(fail)?;
        }
        if attended.has_runner_ended {
            runner = None;
        }
    }
    keeper.end(None)
}

struct FixtureServer {
    of_run: ScopeState,
    of_worker: ScopeState,
    worker: Worker,
    log: PathBuf,
    servers: Servers,
    /// Held by who ends everything, for good.
    ending: Mutex<()>,
}

impl FixtureServer {
    fn new(order: &FixtureServerSpec, run_dir: RunDir, log: PathBuf) -> Result<Self, Error> {
        let (of_run, of_worker, slot) = (ScopeState::default(), ScopeState::default(), Slot(u32::MAX));
        let worker = Worker::new(slot, 1, Arc::clone(&order.run), order.seed);
        let root = run_dir.dir()?.join(&order.socket).with_extension("dir");
        match fs::create_dir(&root) {
            Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
                return Err(Error::file("make the directory", &root, cause));
            }
            _ => {}
        }
        let run_dir = of_run.values.get_or_make(|| Ok::<_, Error>(run_dir))?;
        of_worker.values.get_or_make(|| Ok::<_, Error>(Lane::given(run_dir, slot, root)))?;
        let servers = Servers::new(Arc::clone(&order.run), &order.socket);
        Ok(Self { of_run, of_worker, worker, log, servers, ending: Mutex::default() })
    }

    fn serve(&self, line: &MessageChannel) {
        while let Ok(Some(wanted)) = line.receive() {
            let kept = match wanted {
                FixtureRequest::Fixture { path, test } => {
                    // Whoever ends this process from here on does it by what is made.
                    let _ = line.send(&FixtureResponse::Ready);
                    self.fixture(&path, test)
                }
                FixtureRequest::Server { service, slot, workers, spoiled } => {
                    self.servers.server(service, slot, workers, spoiled)
                }
                FixtureRequest::Database { service, generation, wish } => {
                    self.servers.database(service, generation, wish)
                }
                FixtureRequest::Close => self.end(Some(line)),
            };
            // Who is gone does not mind.
            let _ = line.send(&kept);
        }
    }

    fn fixture(&self, path: &str, test: String) -> FixtureResponse {
        let before = fs::metadata(&self.log).map_or(0, |log| log.len());
        let made = self.made(path, test.leak());
        let _ = io::stdout().flush();
        let printed = self.printed_since(before).unwrap_or_default();
        match made {
            Ok(Ok(bytes)) => FixtureResponse::Value { bytes, printed },
            Ok(Err(error)) => {
                let (fixture, why) = match error.downcast_ref::<Error>().and_then(Error::as_fixture) {
                    Some((name, cause)) => (Some(name.to_owned()), cause.to_string()),
                    None => (None, error.to_string()),
                };
                FixtureResponse::Failed { fixture, why, printed }
            }
            Err(Some(reason)) => FixtureResponse::Skipped { reason },
            Err(None) => FixtureResponse::Failed {
                fixture: None,
                why: "it panicked; its message stands above".to_owned(),
                printed,
            },
        }
    }

    /// The value as it is carried. `Err` is the reason why the test is to be skipped, or nothing after a panic.
    fn made(&self, path: &str, test: &'static str) -> Result<FixtureResult<Vec<u8>>, Option<String>> {
        let of_attempt = AttemptFixtures::default();
        let setup = FixtureContext {
            test,
            n_parts: 0,
            worker: &self.worker,
            of_run: &self.of_run,
            of_worker: &self.of_worker,
            of_attempt: &of_attempt,
            definition: &registry::definition,
            carry: |_, _| None,
            runner: None,
            runtime: &of_attempt.runtime,
            inspected: None,
            leases: &self.of_run.leases,
            keep: Keep::None,
            stopwatch: None,
            lasting: &|make| make(),
            has_body_begun: false,
            on_body: &|| {},
        };
        let make = || {
            let missing = || FixtureError::from(format!("this program has no fixture `{path}`"));
            let definition = registry::definition_at(path).ok_or_else(missing)?;
            let carried = definition.function.carried.ok_or_else(missing)?;
            let value = setup.lasting_in(&self.of_run, definition)?;
            (carried().pack)(&**value)
        };
        panics::catch(test, make).map_err(|(payload, _)| reason(payload))
    }

    fn printed_since(&self, before: u64) -> io::Result<Vec<u8>> {
        let mut log = File::open(&self.log)?;
        log.seek(SeekFrom::Start(before))?;
        let mut printed = Vec::new();
        log.take(MOST_PRINTED).read_to_end(&mut printed)?;
        Ok(printed)
    }

    /// Ends everything, and this process. Who wants that hears of it.
    fn end(&self, line: Option<&MessageChannel>) -> ! {
        let _ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        let (is_through, still) = channel::<()>();
        let hurry = move || {
            if still.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) {
                orphans::end_family(Duration::ZERO);
                sys::end_now(b"swimlanes: what the run shares could not be ended in time\n", 1);
            }
        };
        // Without one there is no end to its patience.
        let _ = thread::start_small("grace", hurry);
        let aside = RefCell::new(Vec::new());
        let tell = |event| aside.borrow_mut().extend(aside_of(event));
        teardown::close_worker(&self.of_worker, &tell);
        let end = || {
            self.servers.end();
            orphans::end_family(GRACE / 4);
        };
        teardown::close_run_with(&self.of_run, end, &tell);
        drop(is_through);
        if let Some(line) = line {
            let _ = line.send(&FixtureResponse::Closed { aside: aside.take() });
        }
        self.servers.remove();
        // Who was killed has left things behind, and may be about to go still.
        if line.is_none() {
            run_dir::sweep_when_over(&StateDir::of_user(), self.worker.run_id());
            Servers::sweep();
        }
        sys::end_now(b"", 0)
    }
}

/// Why the test is to be skipped, if that is what it wants.
fn reason(payload: Box<dyn Any + Send>) -> Option<String> {
    match payload.downcast::<Skip>() {
        Ok(skip) => {
            skip::has_arrived();
            Some(skip.reason)
        }
        Err(payload) => {
            // A payload of the user's could panic again when it is dropped.
            std::mem::forget(payload);
            None
        }
    }
}
