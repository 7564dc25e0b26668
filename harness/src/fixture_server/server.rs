//! The fixture server: it makes the values of run-scoped fixtures, keeps what they refer to, and tears it down at the end of the run. That
//! is when the controller requests it, or when both the runner and all clients are gone.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::execution::teardown::{GRACE_PERIOD, Teardown};
use crate::execution::worker_process::notice_for;
use crate::fixture::cache::AttemptFixtures;
use crate::fixture::context::{FixtureContext, FixtureDef, FixturePlace, RemoteValue};
use crate::fixture::definition::FixtureInfo;
use crate::fixture::scope_state::ScopeState;
use crate::fixture_server::services::Servers;
use crate::lane::run_dir::{self, RunDir};
use crate::lane::worker_lane::Lane;
use crate::model::config::Keep;
use crate::model::error::{Error, FixtureError, FixtureResult};
use crate::model::mutex::MutexExt;
use crate::model::protocol::{FixtureRequest, FixtureResponse, FixtureServerSpec};
use crate::model::skip::{self, Skip};
use crate::model::worker::{Slot, Worker};
use crate::os::message_channel::MessageChannel;
use crate::os::state_dir::StateDir;
use crate::os::{panics, sys, thread};
use crate::process::bootstrap::Parent;
use crate::process::fixture_server_launch::{self, RunnerProcess};
use crate::process::{exit_guard, orphans};
use crate::test_case::registry;

/// The time limit of the teardown; after it the process exits.
const GRACE: Duration = Duration::from_secs(10);

/// The limit for the output of a fixture that is sent to the client.
const MOST_PRINTED: u64 = 64 * 1024;

/// Serves until the run is over.
///
/// # Errors
///
/// If the fixture server cannot start.
pub(crate) fn keep(parent: Parent<FixtureServerSpec>) -> Result<(), Error> {
    let fail = |cause| Error::io("run the fixture server", cause);
    let Parent { messages, order, .. } = parent;
    fixture_server_launch::settle(|| {
        run_dir::sweep(&StateDir::for_user());
        Servers::sweep();
        StateDir::for_user().remove_if_empty();
    })
    .map_err(fail)?;
    let mut runner = RunnerProcess::of(order.runner);
    let run_dir = RunDir::enter(StateDir::for_user(), &order.run)?;
    let dir = run_dir.dir()?.to_owned();
    let listener = fixture_server_launch::listen(&dir, &order.socket).map_err(fail)?;
    let fixture_server =
        Arc::new(FixtureServer::new(&order, run_dir, fixture_server_launch::log_of(&dir, &order.socket))?);
    messages.send(&FixtureResponse::Ready).map_err(fail)?;
    drop(messages);
    let mut guests: Vec<UnixStream> = Vec::new();
    while runner.is_some() || !guests.is_empty() {
        let attended = fixture_server_launch::attend(runner.as_ref(), &listener, &guests).map_err(fail)?;
        for ix in attended.left.into_iter().rev() {
            guests.swap_remove(ix);
        }
        if attended.has_guest {
            let (stream, _) = listener.accept().map_err(fail)?;
            guests.push(stream.try_clone().map_err(fail)?);
            let messages = MessageChannel::new(stream).map_err(fail)?;
            let fixture_server = Arc::clone(&fixture_server);
            thread::start("guest", move || fixture_server.serve(&messages)).map_err(fail)?;
        }
        if attended.has_runner_ended {
            runner = None;
        }
    }
    fixture_server.end(None)
}

/// The fixture server makes every value itself.
struct OwnFixtures;

impl FixturePlace for OwnFixtures {
    fn definition(&self, type_id: TypeId) -> Option<&'static FixtureDef> {
        registry::definition(type_id)
    }

    fn fetch(&self, _context: &FixtureContext<'_>, _function: &'static FixtureInfo) -> Option<RemoteValue> {
        None
    }

    fn make_shared(&self, make: &mut dyn FnMut()) {
        make();
    }

    fn body_starts(&self) {}
}

struct FixtureServer {
    process_scope: ScopeState,
    worker_scope: ScopeState,
    worker: Worker,
    log: PathBuf,
    servers: Servers,
    /// Locked while the process ends, and never unlocked.
    ending: Mutex<()>,
}

impl FixtureServer {
    fn new(order: &FixtureServerSpec, run_dir: RunDir, log: PathBuf) -> Result<Self, Error> {
        let (process_scope, worker_scope, slot) = (ScopeState::default(), ScopeState::default(), Slot(u32::MAX));
        let worker = Worker::new(slot, 1, Arc::clone(&order.run), order.seed);
        let root = run_dir.dir()?.join(&order.socket).with_extension("dir");
        match fs::create_dir(&root) {
            Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
                return Err(Error::file("make the directory", &root, cause));
            }
            _ => {}
        }
        let run_dir = process_scope.values.get_or_make(|| Ok::<_, Error>(run_dir))?;
        worker_scope.values.get_or_make(|| Ok::<_, Error>(Lane::in_directory(run_dir, slot, root)))?;
        let servers = Servers::new(Arc::clone(&order.run), &order.socket);
        Ok(Self { process_scope, worker_scope, worker, log, servers, ending: Mutex::default() })
    }

    fn serve(&self, messages: &MessageChannel) {
        while let Ok(Some(request)) = messages.receive() {
            let response = match request {
                FixtureRequest::Fixture { path, test } => {
                    // If the process ends from here on, the fixture caused it.
                    let _ = messages.send(&FixtureResponse::Ready);
                    self.fixture(&path, test)
                }
                FixtureRequest::Server { service, slot, workers, dirty } => {
                    self.servers.server(service, slot, workers, dirty)
                }
                FixtureRequest::Database { service, generation, wish } => {
                    self.servers.database(service, generation, wish)
                }
                FixtureRequest::Close => self.end(Some(messages)),
            };
            // The client may be gone.
            let _ = messages.send(&response);
        }
    }

    fn fixture(&self, path: &str, test: String) -> FixtureResponse {
        let before = fs::metadata(&self.log).map_or(0, |log| log.len());
        let encoded = self.encoded_value(path, test.leak());
        let _ = io::stdout().flush();
        let printed = self.printed_since(before).unwrap_or_default();
        match encoded {
            Ok(Ok(bytes)) => FixtureResponse::Value { bytes, printed },
            Ok(Err(error)) => {
                let (fixture, why) = match error.downcast_ref::<Error>().and_then(Error::as_fixture) {
                    Some((name, cause)) => (Some(name.to_owned()), cause.to_string()),
                    None => (None, error.to_string()),
                };
                FixtureResponse::Failed { fixture, why, printed }
            }
            Err(Some(reason)) => FixtureResponse::Skipped { reason },
            Err(None) => {
                FixtureResponse::Failed { fixture: None, why: "it panicked; its message is above".to_owned(), printed }
            }
        }
    }

    /// The serialized value. `Err` is the reason for which the fixture skips the test, or `None` after a panic.
    fn encoded_value(&self, path: &str, test: &'static str) -> Result<FixtureResult<Vec<u8>>, Option<String>> {
        let attempt_fixtures = AttemptFixtures::default();
        let setup = FixtureContext {
            test,
            n_parts: 0,
            attempt: None,
            worker: &self.worker,
            process_scope: &self.process_scope,
            worker_scope: &self.worker_scope,
            attempt_fixtures: &attempt_fixtures,
            place: &OwnFixtures,
            runner: None,
            runtime: &attempt_fixtures.runtime,
            inspected: None,
            leases: &self.process_scope.leases,
            keep: Keep::None,
            timeout_clock: None,
            handle: None,
            has_body_begun: false,
        };
        let make = || {
            let missing = || FixtureError::from(format!("this program has no fixture `{path}`"));
            let definition = registry::definition_at(path).ok_or_else(missing)?;
            let carried = definition.function.carried.ok_or_else(missing)?;
            let value = setup.value_in(&self.process_scope, definition)?;
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

    /// Tears everything down, sends the notices to the client that requested it, and ends this process.
    fn end(&self, messages: Option<&MessageChannel>) -> ! {
        let _ending = self.ending.lock_even_if_poisoned();
        let (is_through, still) = channel::<()>();
        let hurry = move || {
            if still.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) {
                orphans::end_family(Duration::ZERO);
                sys::exit_immediately(b"swimlanes: the fixture server did not finish its teardown in time\n", 1);
            }
        };
        // Without this thread, there is no time limit.
        let _ = thread::start_small("grace", hurry);
        // A teardown that calls `exit` is named in the log.
        let exit_guard = exit_guard::notice();
        let notices = RefCell::new(Vec::new());
        let emit = |event| notices.borrow_mut().extend(notice_for(event));
        let (timeout, limit_name) = (GRACE / 2, GRACE_PERIOD);
        let teardown = Teardown { timeout, limit_name, slow_after: timeout, emit: &emit, begins: &|| {}, users: &[] };
        teardown.close_worker(&self.worker_scope);
        let end = || {
            self.servers.end();
            orphans::end_family(GRACE / 4);
        };
        teardown.close_process_with(&self.process_scope, end);
        drop((is_through, exit_guard));
        if let Some(messages) = messages {
            let _ = messages.send(&FixtureResponse::Closed { notices: notices.take() });
        }
        self.servers.remove();
        // Killed processes have left files, and may still be exiting.
        if messages.is_none() {
            run_dir::sweep_when_over(&StateDir::for_user(), self.worker.run_id());
            Servers::sweep();
        }
        sys::exit_immediately(b"", 0)
    }
}

/// The reason, if the payload is that of `skip!`.
fn reason(payload: Box<dyn Any + Send>) -> Option<String> {
    match payload.downcast::<Skip>() {
        Ok(skip) => {
            skip::was_caught();
            Some(skip.reason)
        }
        Err(payload) => {
            // A payload of the user's code could panic again when it is dropped.
            std::mem::forget(payload);
            None
        }
    }
}
