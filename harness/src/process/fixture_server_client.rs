//! The client of the fixture server, which makes the values of run-scoped fixtures, keeps what they refer to, and tears it down at the end
//! of the run, however the run ends.
//!
//! The first process that needs such a value starts the fixture server, under a file lock in the directory of the run.

use crate::fixture::context::{FixtureContext, RemoteValue};
use crate::fixture::definition::FixtureInfo;

/// Requests a value from the fixture server, which makes it at the first request. `None`: this system has no fixture server, so this
/// process makes the value.
pub(crate) fn fetch(setup: &FixtureContext<'_>, function: &'static FixtureInfo) -> Option<RemoteValue> {
    #[cfg(all(target_os = "linux", not(miri)))]
    return Some(linux::value(setup, function).unwrap_or_else(|error| RemoteValue::Failed(error.into())));
    #[cfg(not(all(target_os = "linux", not(miri))))]
    {
        let _ = (setup, function);
        None
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::close;
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
pub(crate) use linux::{FixtureServerClient, for_server};

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, File};
    use std::io::{self, Read};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::{FixtureContext, FixtureInfo, RemoteValue};
    use crate::lane::run_dir::{self, RunDir};
    use crate::model::error::Error;
    use crate::model::mutex::MutexExt;
    use crate::model::protocol::{FixtureRequest, FixtureResponse, FixtureServerSpec, Notice, ProcessRole};
    use crate::model::seed::Seed;
    #[cfg(any(feature = "postgres", feature = "redis"))]
    use crate::os::codec;
    #[cfg(any(feature = "postgres", feature = "redis"))]
    use crate::os::env;
    use crate::os::file_lock::{FileLock, Mode};
    use crate::os::message_channel::MessageChannel;
    use crate::os::process_counts;
    use crate::os::state_dir::StateDir;
    use crate::process::fixture_server_launch;

    /// How long the fixture server may take to tear everything down, with half as much to spare.
    const ENDING: Duration = Duration::from_secs(15);

    /// The limit for the part of its log that an error contains.
    const MOST_SHOWN: usize = 2_000;

    /// The fixture server may have been killed since the last request, or exit while a request arrives.
    const TRIES: u32 = 3;

    /// The connection of one worker, so that no worker waits for the fixtures of another one, and what is needed to open it.
    pub(crate) struct FixtureServerClient {
        messages: Mutex<Option<MessageChannel>>,
        run_dir: Arc<RunDir>,
        run_id: Arc<str>,
        seed: Seed,
        runner: Option<u32>,
    }

    pub(crate) fn value(setup: &FixtureContext<'_>, function: &'static FixtureInfo) -> Result<RemoteValue, Error> {
        let request = FixtureRequest::Fixture { path: function.path.to_owned(), test: setup.test.to_owned() };
        match FixtureServerClient::of(setup)?.ask(&request)? {
            FixtureResponse::Value { bytes, printed } => {
                show(&printed);
                Ok(RemoteValue::Value(bytes))
            }
            FixtureResponse::Failed { fixture, why, printed } => {
                show(&printed);
                Ok(RemoteValue::Failed(match fixture {
                    Some(name) => Error::fixture(name, why).into(),
                    None => why.into(),
                }))
            }
            FixtureResponse::Skipped { reason } => Ok(RemoteValue::Skipped(reason)),
            FixtureResponse::Ready | FixtureResponse::Closed { .. } | FixtureResponse::Missing { .. } => {
                Err(nonsense())
            }
        }
    }

    /// Prints what the fixture has printed in the fixture server.
    fn show(printed: &[u8]) {
        if !printed.is_empty() {
            eprint!("{}", String::from_utf8_lossy(printed));
        }
    }

    impl FixtureServerClient {
        /// The client of this worker.
        ///
        /// # Errors
        ///
        /// If the directory of the run is not available.
        pub(crate) fn of(setup: &FixtureContext<'_>) -> Result<Arc<Self>, Error> {
            setup.worker_scope.values.get_or_make(|| {
                Ok(Self {
                    messages: Mutex::default(),
                    run_dir: RunDir::for_run(setup.process_scope, setup.worker.run_id())?,
                    run_id: Arc::from(setup.worker.run_id()),
                    seed: Seed::new(setup.worker.seed()),
                    runner: setup.runner,
                })
            })
        }

        #[cfg(feature = "postgres")]
        pub(crate) fn run_dir(&self) -> &RunDir {
            &self.run_dir
        }

        /// The response of the fixture server.
        ///
        /// # Errors
        ///
        /// If it cannot be started, or if it ends at each request.
        pub(crate) fn ask(&self, request: &FixtureRequest) -> Result<FixtureResponse, Error> {
            let mut messages = self.messages.lock_even_if_poisoned();
            let mut cause = io::Error::other("it has ended");
            for _ in 0..TRIES {
                let to_keeper = messages.take().map_or_else(|| process_counts::keep(|| self.connected()), Ok)?;
                match answer(&to_keeper, request) {
                    // The setup of a fixture has started.
                    Ok(Some(FixtureResponse::Ready)) => match to_keeper.receive() {
                        Ok(Some(response)) => {
                            *messages = Some(to_keeper);
                            return Ok(response);
                        }
                        // Another attempt would end another fixture server, with all its fixtures.
                        Ok(None) | Err(_) => return Err(self.ended_by_fixture()),
                    },
                    Ok(Some(response)) => {
                        *messages = Some(to_keeper);
                        return Ok(response);
                    }
                    Ok(None) => {}
                    Err(other) => cause = other,
                }
            }
            Err(Error::io("send a request to the fixture server", cause))
        }

        /// Contains the end of its log, if that is available.
        fn ended_by_fixture(&self) -> Error {
            let log = self
                .run_dir
                .dir()
                .ok()
                .zip(name().ok())
                .map(|(dir, socket)| fixture_server_launch::log_of(dir, &socket));
            let written = log.and_then(|log| fs::read(log).ok()).unwrap_or_default();
            let why = with_last_output("the fixture ended the fixture server", &written);
            Error::io("set up a fixture in the fixture server", io::Error::other(why))
        }

        fn connected(&self) -> Result<MessageChannel, Error> {
            let dir = self.run_dir.dir()?;
            let socket = name()?;
            if let Ok(messages) = fixture_server_launch::connect(dir, &socket) {
                return Ok(messages);
            }
            let making = dir.join(&socket).with_extension("making");
            let _lock = FileLock::take(self.run_dir.base(), &making, Mode::Exclusive)?;
            if let Ok(messages) = fixture_server_launch::connect(dir, &socket) {
                return Ok(messages);
            }
            // A fixture server that was killed has left the socket.
            let _ = fs::remove_file(dir.join(&socket));
            let order = FixtureServerSpec {
                run: Arc::clone(&self.run_id),
                seed: self.seed,
                runner: self.runner.unwrap_or_else(|| fixture_server_launch::nextest(&self.run_id)),
                socket: socket.clone(),
            };
            let log = fixture_server_launch::log_of(dir, &socket);
            let file = File::options().create(true).append(true).open(&log);
            let file = file.map_err(|cause| Error::file("make the file", &log, cause))?;
            let messages = fixture_server_launch::start(&ProcessRole::FixtureServer(order), file)?;
            if !matches!(messages.receive(), Ok(Some(FixtureResponse::Ready))) {
                let log_text = fs::read_to_string(&log).unwrap_or_default();
                let cause = io::Error::other(format!("it ended at once: {}", log_text.trim_end()));
                return Err(Error::io("start the fixture server", cause));
            }
            fixture_server_launch::connect(dir, &socket)
                .map_err(|cause| Error::io("connect to the fixture server", cause))
        }
    }

    /// The response to a request about a server.
    ///
    /// # Errors
    ///
    /// If the request failed. If the server is not installed, the test is skipped, unless `SWIMLANES_REQUIRE_SERVICES` requires it.
    #[cfg(any(feature = "postgres", feature = "redis"))]
    pub(crate) fn for_server<T: serde::de::DeserializeOwned>(
        to_keeper: &FixtureServerClient,
        request: &FixtureRequest,
    ) -> Result<T, Error> {
        let fail = |why: String| Error::io("get the server that the test needs", io::Error::other(why));
        match to_keeper.ask(request)? {
            FixtureResponse::Value { bytes, .. } => {
                codec::read(&bytes).map_err(|cause| Error::fault(cause.to_string()))
            }
            FixtureResponse::Failed { why, .. } => Err(fail(why)),
            FixtureResponse::Missing { message } if env::requires_services() => Err(fail(message)),
            FixtureResponse::Missing { message } => crate::model::skip::skip(message),
            FixtureResponse::Ready | FixtureResponse::Skipped { .. } | FixtureResponse::Closed { .. } => {
                Err(nonsense())
            }
        }
    }

    fn answer(messages: &MessageChannel, request: &FixtureRequest) -> io::Result<Option<FixtureResponse>> {
        messages.send(request)?;
        messages.receive()
    }

    fn name() -> Result<String, Error> {
        fixture_server_launch::socket_name().map_err(|cause| Error::io("identify this program", cause))
    }

    fn nonsense() -> Error {
        Error::fault("the fixture server sent a response that does not fit the request")
    }

    /// Asks the fixture server of this run to exit, and waits for that. Returns its notices; none, if there is no fixture server.
    ///
    /// # Errors
    ///
    /// If it does not exit.
    pub(crate) fn close(run_id: &str) -> Result<Vec<Notice>, Error> {
        let Some((messages, log)) = for_run(run_id)? else { return Ok(Vec::new()) };
        let closed = messages.send(&FixtureRequest::Close).and_then(|()| messages.receive_within(Some(ENDING)));
        match closed {
            Ok(Some(FixtureResponse::Closed { notices })) => Ok(notices),
            Ok(None) => {
                let mut written = Vec::new();
                // Without the log, the error has no details.
                let _ = log.map(|mut log| log.read_to_end(&mut written));
                let why = with_last_output("it took too long, was killed, or a teardown ended it", &written);
                Err(Error::io("end the fixture server", io::Error::other(why)))
            }
            Ok(Some(_)) => Err(nonsense()),
            Err(cause) => Err(Error::io("end the fixture server, which does not respond", cause)),
        }
    }

    /// The reason, with the end of the log of the fixture server.
    fn with_last_output(why: &str, log: &[u8]) -> String {
        let end = String::from_utf8_lossy(&log[log.len().saturating_sub(MOST_SHOWN)..]);
        match end.trim_end() {
            "" => why.to_owned(),
            end => format!("{why}; its last output:\n{end}"),
        }
    }

    /// The connection to the fixture server, and its log. The caller may hold no lock of the run, so no path is trusted.
    fn for_run(run_id: &str) -> Result<Option<(MessageChannel, Option<File>)>, Error> {
        let state_dir = StateDir::for_user();
        let dir = run_dir::path_of(&state_dir, run_id);
        // Usually not even that directory exists.
        let dir = state_dir.look(|open| open.open_dir(state_dir.below(&dir)?))?;
        let Some(Ok(dir)) = dir else { return Ok(None) };
        let Ok(name) = name() else { return Ok(None) };
        let Ok(messages) = fixture_server_launch::connect_in(&dir, &name) else { return Ok(None) };
        Ok(Some((messages, fixture_server_launch::log_in(&dir, &name).ok())))
    }
}
