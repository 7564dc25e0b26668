//! Asks a test what it takes, without running it.

use std::any::TypeId;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::fixture::cache::AttemptFixtures;
use crate::fixture::context::{FixtureContext, FixtureDef, FixturePlace, RemoteValue};
use crate::fixture::definition::{FixtureInfo, Param};
use crate::fixture::scope_state::ScopeState;
use crate::model::config::Keep;
use crate::model::lease::Leases;
use crate::model::seed::Seed;
use crate::model::worker::{Slot, Worker};
use crate::test_case::case::{Body, Case};

/// The parameters of this test; unknown for a test that was made at run time.
pub(crate) fn params(case: &'static Case) -> Vec<Param> {
    let Body::Function(body) = case.body else { return Vec::new() };
    let worker = Worker::new(Slot(0), NonZeroU32::MIN.get(), Arc::from(""), Seed::from_name(""));
    let (scope, attempt_fixtures, leases) = (ScopeState::default(), AttemptFixtures::default(), Leases::default());
    let mut params = Vec::new();
    let mut setup = FixtureContext {
        test: case.name(),
        n_parts: case.attributes().n_parts,
        attempt: None,
        worker: &worker,
        process_scope: &scope,
        worker_scope: &scope,
        attempt_fixtures: &attempt_fixtures,
        place: &NoFixtures,
        runner: None,
        runtime: &attempt_fixtures.runtime,
        inspected: Some(&mut params),
        leases: &leases,
        keep: Keep::None,
        timeout_clock: None,
        handle: None,
        has_body_begun: false,
    };
    // It goes no further than to say so.
    drop(body(&mut setup));
    params
}

/// The place of a test that names its parameters and does not run.
struct NoFixtures;

impl FixturePlace for NoFixtures {
    fn definition(&self, _type_id: TypeId) -> Option<&'static FixtureDef> {
        None
    }

    fn fetch(&self, _context: &FixtureContext<'_>, _function: &'static FixtureInfo) -> Option<RemoteValue> {
        None
    }

    fn make_shared(&self, make: &mut dyn FnMut()) {
        make();
    }

    fn body_starts(&self) {}
}
