//! One attempt: sets up the fixtures, runs the body, and says how it ended. The only place that catches panics.

use std::any::Any;
use std::cell::Cell;
use std::time::Duration;

use crate::execution::context::AttemptContext;
use crate::execution::teardown;
use crate::fixture::cache::AttemptFixtures;
use crate::fixture::context::FixtureContext;
use crate::fixture::timeout_clock::TimeoutClock;
use crate::model::error::Error;
use crate::model::outcome::{BodyResult, Panic, TestReturn};
use crate::model::skip::{self, Skip};
use crate::model::timing::Timing;
use crate::os::{capture, panics, stdout, sys};
use crate::process::fixture_server_client;
use crate::test_case::case::{Body, Case};
use crate::test_case::registry;

/// What a forked copy of the process answers to who waits for it, if it did not pass.
const FAILED: i32 = 101;

/// What an attempt came to.
pub(crate) struct AttemptResult {
    pub(crate) ended: BodyResult,
    pub(crate) took: Timing,
    /// The body, and what was torn down after it: what the time limit is for. Where that never began, what there was.
    pub(crate) body_took: Duration,
}

/// Runs the case once, on this thread, which works for `owner` meanwhile. If it may run for so long only, there is a
/// stopwatch, and somebody wants to know when the body begins.
pub(crate) fn run(
    site: &AttemptContext<'_>,
    case: &'static Case,
    owner: u64,
    stopwatch: Option<&TimeoutClock>,
) -> AttemptResult {
    let captured = site.sink.capture(owner, site.slot, site.config.capture);
    let process = std::process::id();
    let started = site.clock.now();
    let body_began = Cell::new(started);
    let has_fixtures = !matches!(case.body, Body::Alone(_));
    let of_attempt = AttemptFixtures::default();
    let mut setup = FixtureContext {
        test: case.name(),
        n_parts: case.attributes().n_parts,
        worker: site.worker,
        of_run: site.of_run,
        of_worker: site.of_worker,
        of_attempt: &of_attempt,
        definition: &registry::definition,
        carry: fixture_server_client::carry,
        runner: site.config.runner,
        runtime: &of_attempt.runtime,
        inspected: None,
        leases: site.leases,
        keep: site.config.keep,
        stopwatch,
        lasting: &|make| match site.leak_check {
            Some(check) => check.lasting(site.of_worker, make),
            None => make(),
        },
        has_body_begun: false,
        on_body: &|| {
            if has_fixtures || stopwatch.is_some() {
                body_began.set(site.clock.now());
            }
            if stopwatch.is_some() {
                (site.body_begins)(owner, body_began.get());
            }
        },
    };
    let ended = match panics::catch(case.name(), || case.body.run(&mut setup)) {
        Ok(Ok(returned)) => BodyResult::Returned(returned),
        Ok(Err(failed)) => {
            let message = failed.to_string();
            eprintln!("Error: {message}");
            match failed.downcast_ref::<Error>().is_some_and(Error::is_fixture) {
                true => BodyResult::FixtureFailed { message },
                false => BodyResult::Returned(TestReturn::Failed(format!("Error: {message}"))),
            }
        }
        Err((payload, panic)) => ended_by(payload, panic, setup.has_body_begun),
    };
    let has_body_begun = setup.has_body_begun;
    let body_ended = has_fixtures.then(|| site.clock.now());
    if std::process::id() != process {
        // A copy that the body has forked, and that came back from it: it has no part in the run.
        sys::end_now(b"", if matches!(ended, BodyResult::Returned(TestReturn::Passed)) { 0 } else { FAILED });
    }
    if !matches!(ended, BodyResult::Returned(TestReturn::Passed) | BodyResult::Skipped { .. }) {
        of_attempt.has_failed();
    }
    teardown::close_attempt(&of_attempt, site.tell);
    let now = site.clock.now();
    let (all, body_took) = (now - started, now - body_began.get());
    let in_fixtures = match body_ended {
        Some(ended) if has_body_begun => all - (ended - body_began.get()),
        Some(_) => all,
        None => Duration::ZERO,
    };
    let took = Timing { all, in_fixtures };
    capture::flush();
    drop(captured);
    if let Some(rest) = site.sink.rest() {
        // There is no second place to show it.
        let _ = stdout::write_all(&rest);
    }
    AttemptResult { ended, took, body_took }
}

fn ended_by(payload: Box<dyn Any + Send>, panic: Panic, has_body_begun: bool) -> BodyResult {
    match payload.downcast::<Skip>() {
        Ok(skip) => {
            skip::has_arrived();
            BodyResult::Skipped { reason: skip.reason }
        }
        Err(payload) => {
            // A payload of the user's could panic again when it is dropped, and a text is no loss.
            std::mem::forget(payload);
            if has_body_begun { BodyResult::Panicked(panic) } else { BodyResult::FixturePanicked(panic) }
        }
    }
}
