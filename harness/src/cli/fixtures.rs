//! Checks whether the fixtures of the suite can be set up, and implements `--fixtures`, which lists them and the tests
//! that take them.

use std::fmt::Write;

use crate::database::sqlite::database::Database;
use crate::execution::fixture_params;
use crate::fixture::definition::{Autouse, Param, Passing, Scope, TypeKey};
use crate::lane::bound_port::BoundPort;
use crate::lane::dirs::{TestDir, WorkerDir};
use crate::lane::port::Port;
use crate::model::error::Error;
use crate::model::seed::Seed;
use crate::model::test_name;
use crate::model::worker::Worker;
use crate::plan::fixture_graph::{self, Consumer, Provider};
use crate::test_case::case::{Body, Case};
use crate::test_case::registry;

/// Rejects fixtures that cannot be set up, before any test runs.
///
/// # Errors
///
/// If one of these tests takes a fixture that cannot be set up, or if there is another such fixture; the message says
/// which one, and why.
pub(crate) fn check(cases: impl Iterator<Item = &'static Case>) -> Result<(), Error> {
    // Then parameters that are taken by value fail in their tests, and there is nothing else to check.
    if !registry::has_definitions() {
        return Ok(());
    }
    let takers = takers(cases);
    let worker_fixtures: Vec<TypeKey> =
        ours().into_iter().filter(|ours| ours.scope == Scope::Worker).map(|ours| ours.of).collect();
    let violations = fixture_graph::violations(&makers(&takers), &takers, &worker_fixtures);
    match &violations[..] {
        [] => Ok(()),
        [one] => Err(Error::usage(one)),
        several => Err(Error::usage(several.join("\nerror: "))),
    }
}

/// The fixture functions; a generic one occurs once for each type that is taken.
fn makers(tests: &[Consumer]) -> Vec<Provider> {
    let mut makers: Vec<Provider> =
        registry::definitions().into_iter().map(|definition| Provider::of(&definition.function)).collect();
    let mut params: Vec<Param> =
        tests.iter().chain(makers.iter().map(|maker| &maker.taker)).flat_map(|taker| taker.params.clone()).collect();
    while let Some(param) = params.pop() {
        let is_new = |by: &&_| !makers.iter().any(|maker| maker.is_of(by));
        if let Some(by) = param.by.filter(is_new) {
            let maker = Provider::of(by);
            params.extend_from_slice(&maker.taker.params);
            makers.push(maker);
        }
    }
    makers.sort_by_key(|maker| (maker.taker.location, maker.makes.name));
    makers
}

/// A fixture of swimlanes itself.
struct Ours {
    of: TypeKey,
    name: &'static str,
    /// A fixture with the scope "process" or "run" cannot take one of a worker.
    scope: Scope,
}

fn ours() -> Vec<Ours> {
    let ours = |of, name, scope| Ours { of, name, scope };
    vec![
        ours(TypeKey::of::<Worker>(), "Worker", Scope::Worker),
        ours(TypeKey::of::<Seed>(), "Seed", Scope::Test),
        ours(TypeKey::of::<WorkerDir>(), "WorkerDir", Scope::Worker),
        ours(TypeKey::of::<TestDir>(), "TestDir", Scope::Test),
        ours(TypeKey::of::<Port>(), "Port", Scope::Test),
        ours(TypeKey::of::<BoundPort>(), "BoundPort", Scope::Test),
        ours(TypeKey::of::<Database>(), "Database", Scope::Worker),
        #[cfg(all(target_os = "linux", feature = "postgres"))]
        ours(TypeKey::of::<crate::database::postgres::Postgres>(), "Postgres", Scope::Worker),
        #[cfg(all(target_os = "linux", feature = "redis"))]
        ours(TypeKey::of::<crate::database::redis::Redis>(), "Redis", Scope::Worker),
        #[cfg(feature = "duckdb")]
        ours(TypeKey::of::<crate::database::duckdb::database::DuckDb>(), "DuckDb", Scope::Worker),
    ]
}

/// The tests with known parameters. A test that is made at run time takes its fixtures only when it runs.
fn takers(cases: impl Iterator<Item = &'static Case>) -> Vec<Consumer> {
    let written_down = cases.filter(|case| matches!(case.body, Body::Function(_) | Body::Alone(_)));
    let taker = |case: &'static Case| {
        let (name, location, scope) = (case.name(), case.location, Scope::Test);
        Consumer { name, location, scope, params: fixture_params::params(case) }
    };
    written_down.map(taker).collect()
}

/// Lists the fixtures with their scopes, their positions, and the tests that take them.
pub(crate) fn list(cases: impl Iterator<Item = &'static Case>) -> String {
    let tests = takers(cases);
    let makers = makers(&tests);
    let mut list = String::new();
    for maker in &makers {
        let Consumer { name, location, scope, .. } = &maker.taker;
        let _ = writeln!(list, "{name}: {}, made for the {}, {location}", maker.makes.name, scope.word());
        list += match maker.autouse {
            Autouse::Off => "",
            Autouse::Module => "    autouse: for each test of its module and below\n",
            Autouse::Suite => "    autouse: for each test of the suite\n",
        };
        write_takers(&mut list, maker.makes, &makers, &tests);
    }
    for generic in registry::generics() {
        if !makers.iter().any(|maker| maker.taker.location == generic.location) {
            let (name, scope) = (test_name::after_crate(generic.path), generic.scope.word());
            let _ = writeln!(list, "{name}: generic, made for the {scope}, {}\n    no test takes it", generic.location);
        }
    }
    for of in from_types(&makers, &tests) {
        let _ = match ours().iter().find(|ours| ours.of == of) {
            Some(Ours { name, scope, .. }) => writeln!(list, "{name}: of swimlanes, made for the {}", scope.word()),
            None => writeln!(list, "{}: implements `swimlanes::Fixture`", of.name),
        };
        write_takers(&mut list, of, &makers, &tests);
    }
    if list.is_empty() {
        list += "no test takes a fixture, and there is no function with `#[swimlanes::fixture]`\n";
    }
    list
}

/// The types that implement `Fixture` and are taken, by name.
fn from_types(makers: &[Provider], tests: &[Consumer]) -> Vec<TypeKey> {
    let takers = makers.iter().map(|maker| &maker.taker).chain(tests);
    let params = takers.flat_map(|taker| &taker.params).filter(|param| param.passing == Passing::FromType);
    let mut types: Vec<TypeKey> = params.map(|param| param.of).collect();
    types.sort_by_key(|of| of.name);
    types.dedup();
    types
}

fn write_takers(list: &mut String, of: TypeKey, makers: &[Provider], tests: &[Consumer]) {
    let takes = |taker: &&Consumer| taker.params.iter().any(|param| param.of == of);
    let mut fixture_rows: Vec<&str> =
        makers.iter().map(|maker| &maker.taker).filter(takes).map(|taker| taker.name).collect();
    // A generic function takes it once for each of its types.
    fixture_rows.dedup();
    let test_params: Vec<&str> = tests.iter().filter(takes).map(|taker| taker.name).collect();
    if !fixture_rows.is_empty() {
        let _ = writeln!(list, "    fixtures that take it: {}", fixture_rows.join(", "));
    }
    let _ = match test_params.len() {
        0 => writeln!(list, "    no test takes it"),
        n => writeln!(list, "    tests that take it: {n} ({})", test_params.join(", ")),
    };
}
