//! One attempt: sets up the fixtures, runs the body, and says how it ended. The only place that catches panics.

use std::any::{Any, TypeId};
use std::cell::Cell;
use std::time::Duration;

use crate::execution::context::AttemptContext;
use crate::execution::teardown;
use crate::fixture::attempt_handle::Cancelled;
use crate::fixture::body_end;
use crate::fixture::cache::AttemptFixtures;
use crate::fixture::context::{FixtureContext, FixtureDef, FixturePlace, RemoteValue};
use crate::fixture::definition::FixtureInfo;
use crate::fixture::timeout_clock::TimeoutClock;
use crate::model::current_test::CurrentTest;
use crate::model::error::Error;
use crate::model::outcome::{BodyResult, Outcome, Panic, TestReturn};
use crate::model::skip::{self, Skip};
use crate::model::timing::Timing;
use crate::os::{capture, panics, stdout, sys};
use crate::policy::{classify, timeout};
use crate::process::fixture_server_client;
use crate::test_case::case::{Body, Case};
use crate::test_case::registry;

/// The exit code of a forked child in which the body did not pass.
const FAILED: i32 = 101;

/// What an attempt came to.
pub(crate) struct AttemptResult {
    pub(crate) outcome: Outcome,
    pub(crate) took: Timing,
    /// The body, and what was torn down after it: what the time limit is for. Where that never began, what there was.
    pub(crate) body_took: Duration,
}

/// Runs the case once, as [`run`] does, on this thread, or on a new one with the name of the test.
pub(crate) fn run_on_thread(
    context: &AttemptContext<'_>,
    case: &'static Case,
    owner: u64,
    number: u32,
    timeout_clock: Option<&TimeoutClock>,
) -> AttemptResult {
    let run = || run(context, case, owner, number, timeout_clock);
    if !(context.config.fresh_threads || case.attributes().fresh_thread) {
        return run();
    }
    let run_there = || {
        let _entered = context.stack.map(|stack| stack.enter());
        run()
    };
    sys::on_new_thread(case.name(), run_there).unwrap_or_else(|cause| AttemptResult {
        outcome: classify::not_possible(format!("cannot start the thread of the test: {cause}")),
        took: Timing::default(),
        body_took: Duration::ZERO,
    })
}

/// Runs the case once, on this thread, which works for `owner` meanwhile. `number` counts the attempts of this run, from 1. A case with
/// a timeout has a clock, and `body_starts` of its place is called when the body starts.
fn run(
    context: &AttemptContext<'_>,
    case: &'static Case,
    owner: u64,
    number: u32,
    timeout_clock: Option<&TimeoutClock>,
) -> AttemptResult {
    let number = context.config.earlier_attempts + number;
    let current = CurrentTest::new(case.name(), number, context.slot);
    let captured = context.sink.capture(owner, context.slot, Some(current), context.config.capture);
    let process = std::process::id();
    let started = context.clock.now();
    let autouse = registry::autouse_of(case);
    let has_fixtures = !matches!(case.body, Body::Alone(_)) || !autouse.is_empty();
    let has_timeout = timeout_clock.is_some();
    let place = AttemptFixturePlace { context, owner, has_fixtures, has_timeout, body_start: Cell::new(started) };
    let attempt_fixtures = AttemptFixtures::default();
    context.handle.begin(case.name());
    let mut setup = FixtureContext {
        test: case.name(),
        n_parts: case.attributes().n_parts,
        attempt: Some(number),
        worker: context.worker,
        process_scope: context.process_scope,
        worker_scope: context.worker_scope,
        attempt_fixtures: &attempt_fixtures,
        place: &place,
        runner: context.config.runner,
        runtime: &attempt_fixtures.runtime,
        inspected: None,
        leases: context.leases,
        keep: context.config.keep,
        timeout_clock,
        handle: Some(context.handle),
        has_body_begun: false,
    };
    let run_body = || {
        setup.set_up_autouse(&autouse)?;
        case.body.run(&mut setup)
    };
    let body_result = match panics::catch(case.name(), run_body) {
        Ok(Ok(returned)) => BodyResult::Returned(returned),
        Ok(Err(failed)) => {
            let message = failed.to_string();
            eprintln!("Error: {message}");
            match failed.downcast_ref::<Error>().is_some_and(Error::is_fixture) {
                true => BodyResult::FixtureFailed { message },
                false => BodyResult::Returned(TestReturn::Failed(format!("Error: {message}"))),
            }
        }
        Err((payload, _)) if payload.is::<Cancelled>() => {
            // In a worker process, which does not know the limit, the parent reports the timeout.
            let limit = timeout::limit(case.attributes(), context.config).unwrap_or_default();
            BodyResult::Cancelled { limit }
        }
        Err((payload, panic)) => ended_by(payload, panic, setup.has_body_begun),
    };
    let has_body_begun = setup.has_body_begun;
    let body_ended = has_fixtures.then(|| context.clock.now());
    if std::process::id() != process {
        // A copy that the body has forked, and that came back from it: it has no part in the run.
        sys::exit_immediately(
            b"",
            if matches!(body_result, BodyResult::Returned(TestReturn::Passed)) { 0 } else { FAILED },
        );
    }
    if !matches!(body_result, BodyResult::Returned(TestReturn::Passed) | BodyResult::Skipped { .. }) {
        attempt_fixtures.has_failed();
    }
    context.handle.body_ended();
    let teardown_failures = teardown::close_attempt(&attempt_fixtures);
    for message in &teardown_failures {
        eprintln!("Error: {message}");
    }
    context.handle.end();
    let now = context.clock.now();
    let (all, body_took) = (now - started, now - place.body_start.get());
    let in_fixtures = match body_ended {
        Some(body_result) if has_body_begun => all - (body_result - place.body_start.get()),
        Some(_) => all,
        None => Duration::ZERO,
    };
    let took = Timing { all, in_fixtures };
    capture::flush();
    drop(captured);
    if let Some(rest) = context.sink.rest() {
        // There is no second place to show it.
        let _ = stdout::write_all(&rest);
    }
    let outcome = classify::outcome(body_result, case.attributes().should_panic, case.location);
    let outcome = classify::with_teardown(outcome, teardown_failures);
    AttemptResult { outcome, took, body_took }
}

/// Where the fixtures of an attempt are made.
struct AttemptFixturePlace<'a> {
    context: &'a AttemptContext<'a>,
    owner: u64,
    has_fixtures: bool,
    has_timeout: bool,
    /// When the body started; until then, when the attempt did.
    body_start: Cell<Duration>,
}

impl FixturePlace for AttemptFixturePlace<'_> {
    fn definition(&self, type_id: TypeId) -> Option<&'static FixtureDef> {
        registry::definition(type_id)
    }

    fn fetch(&self, context: &FixtureContext<'_>, function: &'static FixtureInfo) -> Option<RemoteValue> {
        fixture_server_client::fetch(context, function)
    }

    fn make_shared(&self, make: &mut dyn FnMut()) {
        match self.context.leak_check {
            Some(check) => check.make_shared(self.context.worker_scope, make),
            None => make(),
        }
    }

    fn body_starts(&self) {
        if self.has_fixtures || self.has_timeout {
            self.body_start.set(self.context.clock.now());
        }
        if self.has_timeout {
            self.context.place.body_starts(self.owner, self.body_start.get());
        }
    }
}

fn ended_by(payload: Box<dyn Any + Send>, panic: Panic, has_body_begun: bool) -> BodyResult {
    match payload.downcast::<Skip>() {
        Ok(skip) => {
            skip::was_caught();
            BodyResult::Skipped { reason: skip.reason }
        }
        Err(payload) => {
            // A payload of the user's could panic again when it is dropped, and a text is no loss.
            std::mem::forget(payload);
            match has_body_begun && !body_end::has_ended() {
                true => BodyResult::Panicked(panic),
                false => BodyResult::FixturePanicked(panic),
            }
        }
    }
}
