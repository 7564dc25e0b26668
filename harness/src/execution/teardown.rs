//! Releases what a worker, a process and an attempt have: the fixtures of the suite first, as they may use the rest.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::fixture::cache::{AttemptFixtures, Origin};
use crate::fixture::definition::FixtureInfo;
use crate::fixture::scope_state::ScopeState;
use crate::fixture::type_map::TypeMap;
use crate::lane::run_dir::RunDir;
use crate::lane::worker_lane::Lane;
use crate::model::config::RunConfig;
use crate::model::error::Error;
use crate::model::event::{Event, Severity};
use crate::model::lease::Cleanup;
use crate::os::state_dir::StateDir;
use crate::os::{file_lock, panics, thread};

/// How the fixtures of a worker or a process are torn down.
pub(crate) struct Teardown<'a> {
    /// The limit for each fixture.
    pub(crate) timeout: Duration,
    /// A teardown that takes longer is reported while it runs.
    pub(crate) slow_after: Duration,
    /// Reports what went wrong.
    pub(crate) emit: &'a dyn Fn(Event),
    /// Called before the teardown of each fixture.
    pub(crate) begins: &'a dyn Fn(),
}

impl<'a> Teardown<'a> {
    pub(crate) fn new(config: &RunConfig, emit: &'a dyn Fn(Event)) -> Self {
        let slow_after = config.slow_after.min(config.teardown_timeout / 2);
        Self { timeout: config.teardown_timeout, slow_after, emit, begins: &|| {} }
    }

    /// Closes the lane of a worker.
    pub(crate) fn close_worker(&self, worker_scope: &ScopeState) {
        let lane = worker_scope.values.get::<Lane>();
        self.discard(worker_scope, "worker");
        self.clean("worker", lane.map_or(Ok(()), |lane| lane.close()));
    }

    /// Leaves the run, after its lanes are closed.
    pub(crate) fn close_process(&self, process_scope: &ScopeState) {
        self.close_process_with(process_scope, || {});
    }

    /// As [`Teardown::close_process`]. `end` is called after the fixtures are torn down, and before their files are removed.
    pub(crate) fn close_process_with(&self, process_scope: &ScopeState, end: impl FnOnce()) {
        let run_dir = process_scope.values.get::<RunDir>();
        self.discard(process_scope, "run");
        end();
        self.clean("run", run_dir.map_or(Ok(()), |run_dir| run_dir.leave()));
        file_lock::remove_held_files();
        StateDir::for_user().remove_if_empty();
    }

    fn discard(&self, scope: &ScopeState, owner: &str) {
        let mut hangs = false;
        for (function, value, origin) in scope.fixtures.take() {
            // A test that hangs may still use the value, in a process that is about to end.
            if origin == Origin::Local
                && let Some(value) = Arc::into_inner(value)
            {
                hangs |= self.tear_down_in_time(function, value, &scope.values).is_err();
            }
        }
        // A teardown that hangs may use the other values.
        if !hangs && let Err(panic) = caught("destructor of a value made once", || scope.values.clear()) {
            let message = format!("a value that was made once for the {owner} panicked when it was dropped: {panic}");
            (self.emit)(Event::Diagnostic { message, severity: Severity::Failure });
        }
        for closed in scope.leases.close(Cleanup::Returned) {
            self.clean(owner, closed.map(drop));
        }
    }

    /// Tears the value down on another thread, and reports its failure. `Err`: it still runs after the limit.
    fn tear_down_in_time(
        &self,
        function: &'static FixtureInfo,
        value: Box<dyn Any + Send + Sync>,
        runtime: &Arc<TypeMap>,
    ) -> Result<(), Hangs> {
        let report = |message, severity| (self.emit)(Event::Diagnostic { message, severity });
        let name = format!("the fixture `{}` ({})", function.name(), function.location);
        (self.begins)();
        let (sender, ended) = channel();
        let runtime = Arc::clone(runtime);
        let work = move || {
            let torn_down = tear_down(function, value, &runtime);
            // The receiver does not wait any more if this took too long.
            let _ = sender.send(torn_down);
        };
        if let Err(cause) = thread::start("teardown", work) {
            report(format!("{name} could not be torn down: cannot start a thread: {cause}"), Severity::Failure);
            return Ok(());
        }
        let mut torn_down = ended.recv_timeout(self.slow_after);
        if torn_down == Err(RecvTimeoutError::Timeout) && self.slow_after < self.timeout {
            report(format!("{name} is still being torn down after {:?}", self.slow_after), Severity::Note);
            torn_down = ended.recv_timeout(self.timeout.saturating_sub(self.slow_after));
        }
        match torn_down {
            Ok(Ok(())) => Ok(()),
            Ok(Err(message)) => {
                report(message, Severity::Failure);
                Ok(())
            }
            Err(_) => {
                let limit = self.timeout;
                let message = format!("{name} was not torn down within {limit:?}, the limit of --teardown-timeout");
                report(message, Severity::Failure);
                Err(Hangs)
            }
        }
    }

    fn clean(&self, owner: &str, closed: Result<(), Error>) {
        if let Err(error) = closed {
            let message = format!("cleaning up after the {owner}: {error}");
            (self.emit)(Event::Diagnostic { message, severity: Severity::Note });
        }
    }
}

/// A teardown still runs after its limit.
struct Hangs;

/// Tears down the fixtures of one attempt, which still counts as time of the attempt. Returns a message for each failure.
pub(crate) fn close_attempt(attempt_fixtures: &AttemptFixtures) -> Vec<String> {
    let mut failures = Vec::new();
    if attempt_fixtures.is_empty() {
        return failures;
    }
    for (function, value) in attempt_fixtures.take() {
        if let Some(value) = Rc::into_inner(value) {
            failures.extend(tear_down(function, value, &attempt_fixtures.runtime).err());
        }
    }
    if let Err(panic) = caught("runtime of a test", || attempt_fixtures.runtime.clear()) {
        failures.push(format!("a task that the test left on its runtime panicked when the runtime ended: {panic}"));
    }
    failures
}

/// `Err` is a message with the name of the fixture.
fn tear_down(function: &'static FixtureInfo, value: Box<dyn Any>, runtime: &TypeMap) -> Result<(), String> {
    let torn_down = caught(function.name(), || match function.tear_down {
        Some(tear_down) => tear_down(value, runtime),
        None => {
            drop(value);
            Ok(())
        }
    });
    let why = match torn_down {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(cause)) => cause.to_string(),
        Err(panic) => panic,
    };
    Err(format!("the fixture `{}` ({}) could not be torn down: {why}", function.name(), function.location))
}

/// `Err` is the message of a panic of the user's.
fn caught<T>(what: &'static str, body: impl FnOnce() -> T) -> Result<T, String> {
    panics::catch(what, body).map_err(|(payload, panic)| {
        // It could panic again when it is dropped.
        std::mem::forget(payload);
        panic.message.unwrap_or_default()
    })
}
