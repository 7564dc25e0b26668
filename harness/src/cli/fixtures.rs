//! Whether the fixtures of the suite can be made, and `--fixtures`: what there is, and who takes it.

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

/// Refuses what cannot work, before any test runs.
///
/// # Errors
///
/// When a fixture that one of these tests takes, or another one, cannot be made; the message says which, and why.
pub(crate) fn check(cases: impl Iterator<Item = &'static Case>) -> Result<(), Error> {
    // Then what is taken by value fails where it is taken, and nothing else can be wrong.
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

/// The functions, generic ones for each type that is taken of them.
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

/// A fixture that comes with swimlanes.
struct Ours {
    of: TypeKey,
    name: &'static str,
    /// What is a worker's, a fixture for the whole run cannot take.
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

/// Those that are written down; what a test takes that was made at run time shows only when it runs.
fn takers(cases: impl Iterator<Item = &'static Case>) -> Vec<Consumer> {
    let written_down = cases.filter(|case| matches!(case.body, Body::Function(_) | Body::Alone(_)));
    let taker = |case: &'static Case| {
        let (name, location, scope) = (case.name(), case.location, Scope::Test);
        Consumer { name, location, scope, params: fixture_params::params(case) }
    };
    written_down.map(taker).collect()
}

/// What there is, with its scope, where it stands and who takes it.
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
            let _ = writeln!(list, "{name}: generic, made for the {scope}, {}\n    nobody takes it", generic.location);
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

/// What is taken of types that are fixtures, by name.
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
    // A generic one takes it once for each of its types.
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
