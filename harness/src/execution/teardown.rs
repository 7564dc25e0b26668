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
pub(crate) fn close_worker(of_worker: &ScopeState, tell: &dyn Fn(Event)) {
    let lane = of_worker.values.get::<Lane>();
    discard(of_worker, "worker", tell);
    clean("worker", lane.map_or(Ok(()), |lane| lane.close()), tell);
}

/// Leaves the run; its lanes are closed. What went wrong is told.
pub(crate) fn close_run(of_run: &ScopeState, tell: &dyn Fn(Event)) {
    close_run_with(of_run, || {}, tell);
}

/// As that. What its fixtures have started is ended by `end` when they are through, and before the files go that it uses.
pub(crate) fn close_run_with(of_run: &ScopeState, end: impl FnOnce(), tell: &dyn Fn(Event)) {
    let run_dir = of_run.values.get::<RunDir>();
    discard(of_run, "run", tell);
    end();
    clean("run", run_dir.map_or(Ok(()), |run_dir| run_dir.leave()), tell);
    file_lock::remove_held_files();
    StateDir::of_user().remove_if_empty();
}

/// Ends what functions have made for one attempt, whose time that still is. What went wrong is told.
pub(crate) fn close_attempt(of_attempt: &AttemptFixtures, tell: &dyn Fn(Event)) {
    if of_attempt.is_empty() {
        return;
    }
    for (function, value) in of_attempt.take() {
        if let Some(value) = Rc::into_inner(value) {
            tear_down(function, value, &of_attempt.runtime, tell);
        }
    }
    if let Err(panic) = caught("runtime of a test", || of_attempt.runtime.clear()) {
        let message = format!("what a test has left on its runtime panicked when that ended: {panic}");
        tell(Event::Trouble { message, gravity: Severity::Failure });
    }
}

fn discard(scope: &ScopeState, whose: &str, tell: &dyn Fn(Event)) {
    if !scope.made.is_empty() {
        tear_all_down(scope, tell);
    }
    if let Err(panic) = caught("destructor of a value made once", || scope.values.clear()) {
        let message = format!("a value that was made once for the {whose} panicked when it was dropped: {panic}");
        tell(Event::Trouble { message, gravity: Severity::Failure });
    }
    for closed in scope.leases.close(Cleanup::Returned) {
        clean(whose, closed.map(drop), tell);
    }
}

fn tear_all_down(scope: &ScopeState, tell: &dyn Fn(Event)) {
    for (function, value, origin) in scope.made.take() {
        // A test that hangs may use it still, in a process that is about to end.
        if origin == Origin::Here
            && let Some(value) = Arc::into_inner(value)
        {
            tear_down(function, value, &scope.values, tell);
        }
    }
}

fn tear_down(function: &'static FixtureInfo, value: Box<dyn Any>, runtime: &TypeMap, tell: &dyn Fn(Event)) {
    let ended = caught(function.name(), || match function.tear_down {
        Some(tear_down) => tear_down(value, runtime),
        None => {
            drop(value);
            Ok(())
        }
    });
    let why = match ended {
        Ok(Ok(())) => return,
        Ok(Err(cause)) => cause.to_string(),
        Err(panic) => panic,
    };
    let message = format!("the fixture `{}` ({}) could not be torn down: {why}", function.name(), function.location);
    tell(Event::Trouble { message, gravity: Severity::Failure });
}

/// `Err` is the message of a panic of the user's.
fn caught<T>(what: &'static str, body: impl FnOnce() -> T) -> Result<T, String> {
    panics::catch(what, body).map_err(|(payload, panic)| {
        // It could panic again when it is dropped.
        std::mem::forget(payload);
        panic.message.unwrap_or_default()
    })
}

fn clean(whose: &str, closed: Result<(), Error>, tell: &dyn Fn(Event)) {
    if let Err(error) = closed {
        tell(Event::Trouble { message: format!("cleaning up after the {whose}: {error}"), gravity: Severity::Note });
    }
}
