//! Releases what a worker, a process and an attempt have: the fixtures of the suite first, as they may use the rest.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::execution::watchdog::TO_TEAR_DOWN;
use crate::fixture::attempt_handle::{AttemptHandle, UsedFixture};
use crate::fixture::cache::{AttemptFixtures, Origin};
use crate::fixture::definition::{ArcValue, FixtureInfo, SharedValue, TearDown};
use crate::fixture::scope_state::ScopeState;
use crate::fixture::type_map::TypeMap;
use crate::lane::run_dir::RunDir;
use crate::lane::worker_lane::Lane;
use crate::model::config::RunConfig;
use crate::model::error::{Error, FixtureResult};
use crate::model::event::{Event, Severity};
use crate::model::lease::Cleanup;
use crate::os::state_dir::StateDir;
use crate::os::{file_lock, panics, sys, thread};

/// The name of the limit when a run or the fixture server ends.
pub(crate) const GRACE_PERIOD: &str = "the grace period";

/// How the fixtures of a worker or a process are torn down.
pub(crate) struct Teardown<'a> {
    /// The limit for each fixture.
    pub(crate) timeout: Duration,
    /// What sets the limit, for messages.
    pub(crate) limit_name: &'static str,
    /// A teardown that takes longer is reported while it runs.
    pub(crate) slow_after: Duration,
    /// Reports what went wrong.
    pub(crate) emit: &'a dyn Fn(Event),
    /// Called before the teardown of each fixture.
    pub(crate) begins: &'a dyn Fn(),
    /// The tests that hang in this process, and still use fixtures.
    pub(crate) users: &'a [&'static str],
}

impl<'a> Teardown<'a> {
    pub(crate) fn new(config: &RunConfig, emit: &'a dyn Fn(Event)) -> Self {
        let slow_after = config.slow_after.min(config.teardown_timeout / 2);
        let limit_name = "the limit of --teardown-timeout";
        Self { timeout: config.teardown_timeout, limit_name, slow_after, emit, begins: &|| {}, users: &[] }
    }

    /// While these tests hang: the limit is not longer than the grace period.
    pub(crate) fn beside(config: &RunConfig, emit: &'a dyn Fn(Event), users: &'a [&'static str]) -> Self {
        let teardown = Self::new(config, emit);
        if teardown.timeout <= TO_TEAR_DOWN {
            return Self { users, ..teardown };
        }
        let slow_after = teardown.slow_after.min(TO_TEAR_DOWN / 2);
        Self { timeout: TO_TEAR_DOWN, limit_name: GRACE_PERIOD, slow_after, users, ..teardown }
    }

    /// Tears down the fixtures of an attempt that hangs, as far as their functions take references.
    pub(crate) fn close_abandoned(&self, handle: &AttemptHandle) {
        // The thread of the attempt uses its own runtime.
        let runtime = Arc::default();
        for UsedFixture { function, value } in handle.take() {
            // A teardown that hangs may use the other fixtures.
            if self.tear_down_used(function, value, &runtime).is_err() {
                break;
            }
        }
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

    /// Tears down the fixtures of a worker or a process. Returns whether a teardown hangs.
    pub(crate) fn discard_fixtures(&self, scope: &ScopeState) -> bool {
        let mut hangs = false;
        for (function, value, origin) in scope.fixtures.take() {
            if origin == Origin::Remote {
                continue;
            }
            let torn_down = match Arc::try_unwrap(value) {
                Ok(value) => self.tear_down_in_time(function, Taken::Alone(value), &scope.values),
                Err(value) => self.tear_down_used(function, Some(value), &scope.values),
            };
            hangs |= torn_down.is_err();
        }
        hangs
    }

    fn discard(&self, scope: &ScopeState, owner: &str) {
        let hangs = self.discard_fixtures(scope);
        // A teardown that hangs may use the other values.
        if !hangs && let Err(panic) = caught("destructor of a value made once", || scope.values.clear()) {
            let message = format!("a value that was made once for the {owner} panicked when it was dropped: {panic}");
            (self.emit)(Event::Diagnostic { message, severity: Severity::Failure });
        }
        for closed in scope.leases.close(Cleanup::Returned) {
            self.clean(owner, closed.map(drop));
        }
    }

    /// Tears down a value that a test still uses, if its function takes a reference. Otherwise reports the fixture and the test.
    fn tear_down_used(
        &self,
        function: &'static FixtureInfo,
        value: Option<ArcValue>,
        runtime: &Arc<TypeMap>,
    ) -> Result<(), Hangs> {
        let takes_reference = matches!(function.tear_down.map(|tear_down| tear_down()), Some(TearDown::ByRef { .. }));
        if let Some(value) = value.filter(|_| takes_reference) {
            return self.tear_down_in_time(function, Taken::Used(value), runtime);
        }
        let users: Vec<String> = self.users.iter().map(|name| format!("`{name}`")).collect();
        let users = match &users[..] {
            [] => "a thread of a test".to_owned(),
            [name] => format!("the test {name}"),
            names => format!("one of the tests {}", names.join(", ")),
        };
        let advice = match function.tear_down {
            Some(_) => "; a teardown function that takes a reference could run nevertheless",
            None => "",
        };
        let message = format!("{} was not torn down: {users} still uses it{advice}", described(function));
        (self.emit)(Event::Diagnostic { message, severity: Severity::Note });
        Ok(())
    }

    /// Tears the value down on another thread, and reports its failure. `Err`: it still runs after the limit.
    fn tear_down_in_time(
        &self,
        function: &'static FixtureInfo,
        value: Taken,
        runtime: &Arc<TypeMap>,
    ) -> Result<(), Hangs> {
        let report = |message, severity| (self.emit)(Event::Diagnostic { message, severity });
        let name = described(function);
        (self.begins)();
        let (sender, ended) = channel();
        let (runtime, fixture) = (Arc::clone(runtime), name.clone());
        let work = move || {
            let note = sys::note_teardown(fixture);
            let torn_down = match value {
                Taken::Alone(value) => tear_down(function, value, &runtime),
                Taken::Used(value) => tear_down_beside(function, &**value, &runtime),
            };
            drop(note);
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
                let message = format!("{name} was not torn down within {limit:?}, {}", self.limit_name);
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
        let value: Option<Box<dyn Any>> = match value {
            SharedValue::Attempt(value) => Rc::into_inner(value),
            // Another thread tears it down now if the attempt was abandoned.
            SharedValue::Shared(value) => Arc::into_inner(value).map(|value| value as Box<dyn Any>),
        };
        if let Some(value) = value {
            failures.extend(tear_down(function, value, &attempt_fixtures.runtime).err());
        }
    }
    if let Err(panic) = caught("runtime of a test", || attempt_fixtures.runtime.clear()) {
        failures.push(format!("a task that the test left on its runtime panicked when the runtime ended: {panic}"));
    }
    failures
}

/// A value of a fixture.
enum Taken {
    /// Nothing else uses it.
    Alone(Box<dyn Any + Send + Sync>),
    /// A test that hangs still uses it.
    Used(ArcValue),
}

fn described(function: &FixtureInfo) -> String {
    format!("the fixture `{}` ({})", function.name(), function.location)
}

/// `Err` is a message with the name of the fixture.
fn tear_down(function: &'static FixtureInfo, value: Box<dyn Any>, runtime: &TypeMap) -> Result<(), String> {
    torn_down(function, || match function.tear_down.map(|tear_down| tear_down()) {
        Some(TearDown::ByValue(tear_down)) => tear_down(value, runtime),
        Some(TearDown::ByRef { function, .. }) => {
            let torn_down = function(&*value, runtime);
            drop(value);
            torn_down
        }
        None => {
            drop(value);
            Ok(())
        }
    })
}

/// As [`tear_down`], for a value that is still used, if its function takes a reference.
fn tear_down_beside(function: &'static FixtureInfo, value: &dyn Any, runtime: &TypeMap) -> Result<(), String> {
    torn_down(function, || match function.tear_down.map(|tear_down| tear_down()) {
        Some(TearDown::ByRef { function, .. }) => function(value, runtime),
        Some(TearDown::ByValue(_)) | None => Ok(()),
    })
}

fn torn_down(function: &'static FixtureInfo, tear_down: impl FnOnce() -> FixtureResult<()>) -> Result<(), String> {
    let torn_down = caught(function.name(), tear_down);
    let why = match torn_down {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(cause)) => cause.to_string(),
        Err(panic) => panic,
    };
    Err(format!("{} could not be torn down: {why}", described(function)))
}

/// `Err` is the message of a panic of the user's.
fn caught<T>(what: &'static str, body: impl FnOnce() -> T) -> Result<T, String> {
    panics::catch(what, body).map_err(|(payload, panic)| {
        // It could panic again when it is dropped.
        std::mem::forget(payload);
        panic.message.unwrap_or_default()
    })
}
