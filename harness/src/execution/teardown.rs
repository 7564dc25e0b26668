//! Gives back what a worker, and what a run, had: the suite's own values first, as they may use the rest.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use crate::fixture::cache::{AttemptFixtures, Origin};
use crate::fixture::definition::FixtureInfo;
use crate::fixture::scope_state::ScopeState;
use crate::fixture::type_map::TypeMap;
use crate::lane::run_dir::RunDir;
use crate::lane::worker_lane::Lane;
use crate::model::error::Error;
use crate::model::event::{Event, Severity};
use crate::model::lease::Cleanup;
use crate::os::state_dir::StateDir;
use crate::os::{file_lock, panics};

/// Closes a worker's lane. What went wrong is told.
pub(crate) fn close_worker(worker_scope: &ScopeState, emit: &dyn Fn(Event)) {
    let lane = worker_scope.values.get::<Lane>();
    discard(worker_scope, "worker", emit);
    clean("worker", lane.map_or(Ok(()), |lane| lane.close()), emit);
}

/// Leaves the run; its lanes are closed. What went wrong is told.
pub(crate) fn close_process(process_scope: &ScopeState, emit: &dyn Fn(Event)) {
    close_process_with(process_scope, || {}, emit);
}

/// As that. What its fixtures have started is ended by `end` when they are through, and before the files go that it uses.
pub(crate) fn close_process_with(process_scope: &ScopeState, end: impl FnOnce(), emit: &dyn Fn(Event)) {
    let run_dir = process_scope.values.get::<RunDir>();
    discard(process_scope, "run", emit);
    end();
    clean("run", run_dir.map_or(Ok(()), |run_dir| run_dir.leave()), emit);
    file_lock::remove_held_files();
    StateDir::for_user().remove_if_empty();
}

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

fn discard(scope: &ScopeState, whose: &str, emit: &dyn Fn(Event)) {
    if !scope.fixtures.is_empty() {
        tear_all_down(scope, emit);
    }
    if let Err(panic) = caught("destructor of a value made once", || scope.values.clear()) {
        let message = format!("a value that was made once for the {whose} panicked when it was dropped: {panic}");
        emit(Event::Diagnostic { message, severity: Severity::Failure });
    }
    for closed in scope.leases.close(Cleanup::Returned) {
        clean(whose, closed.map(drop), emit);
    }
}

fn tear_all_down(scope: &ScopeState, emit: &dyn Fn(Event)) {
    for (function, value, origin) in scope.fixtures.take() {
        // A test that hangs may use it still, in a process that is about to end.
        if origin == Origin::Local
            && let Some(value) = Arc::into_inner(value)
            && let Err(message) = tear_down(function, value, &scope.values)
        {
            emit(Event::Diagnostic { message, severity: Severity::Failure });
        }
    }
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

fn clean(whose: &str, closed: Result<(), Error>, emit: &dyn Fn(Event)) {
    if let Err(error) = closed {
        emit(Event::Diagnostic {
            message: format!("cleaning up after the {whose}: {error}"),
            severity: Severity::Note,
        });
    }
}
