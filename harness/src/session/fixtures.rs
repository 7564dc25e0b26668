//! Whether the fixtures of the suite can be made, and `--fixtures`: what there is, and who takes it.

use std::fmt::Write;

use crate::model::case::{Body, Case};
use crate::model::error::Error;
use crate::model::function::{Extent, Type};
use crate::model::worker::Worker;
use crate::platform::registry;
use crate::policy::needs::{self, Maker, Taker};
use crate::resource::database::Database;
use crate::resource::dir::WorkerDir;
use crate::run::inspect;

/// Refuses what cannot work, before any test runs.
///
/// # Errors
///
/// When a fixture that one of these tests takes, or another one, cannot be made; the message says which, and why.
pub(crate) fn check(cases: impl Iterator<Item = &'static Case>) -> Result<(), Error> {
    let makers = makers();
    // Then what is taken by value fails where it is taken, and nothing else can be wrong.
    if makers.is_empty() {
        return Ok(());
    }
    let complaints = needs::complaints(&makers, &takers(cases), &of_workers());
    match &complaints[..] {
        [] => Ok(()),
        [one] => Err(Error::usage(one)),
        several => Err(Error::usage(several.join("\nerror: "))),
    }
}

fn makers() -> Vec<Maker> {
    registry::definitions().into_iter().map(|definition| Maker::of(&definition.function)).collect()
}

/// Which a fixture for the whole run cannot take.
fn of_workers() -> Vec<Type> {
    vec![
        Type::of::<Worker>(),
        Type::of::<WorkerDir>(),
        Type::of::<Database>(),
        #[cfg(all(target_os = "linux", feature = "postgres"))]
        Type::of::<crate::resource::postgres::Postgres>(),
        #[cfg(all(target_os = "linux", feature = "redis"))]
        Type::of::<crate::resource::redis::Redis>(),
        #[cfg(feature = "duckdb")]
        Type::of::<crate::resource::duck_db::DuckDb>(),
    ]
}

/// Those that are written down; what a test takes that was made at run time shows only when it runs.
fn takers(cases: impl Iterator<Item = &'static Case>) -> Vec<Taker> {
    let written_down = cases.filter(|case| matches!(case.body, Body::Function(_) | Body::Alone(_)));
    let taker = |case: &'static Case| {
        let (name, location, extent) = (case.name(), case.location, Extent::Test);
        Taker { name, location, extent, params: inspect::params(case) }
    };
    written_down.map(taker).collect()
}

/// What there is, with its scope, where it stands and who takes it.
pub(crate) fn list(cases: impl Iterator<Item = &'static Case>) -> String {
    let (makers, tests) = (makers(), takers(cases));
    if makers.is_empty() {
        return "this suite has no function with `#[swimlanes::fixture]`\n".to_owned();
    }
    let mut list = String::new();
    for maker in &makers {
        let takes = |taker: &&Taker| taker.params.iter().any(|param| param.of == maker.makes);
        let of_fixtures: Vec<&str> =
            makers.iter().map(|maker| &maker.taker).filter(takes).map(|taker| taker.name).collect();
        let of_tests: Vec<&str> = tests.iter().filter(takes).map(|taker| taker.name).collect();
        let Taker { name, location, extent, .. } = &maker.taker;
        let _ = writeln!(list, "{name}: {}, made for the {}, {location}", maker.makes.name, extent.word());
        if !of_fixtures.is_empty() {
            let _ = writeln!(list, "    fixtures that take it: {}", of_fixtures.join(", "));
        }
        let _ = match of_tests.len() {
            0 => writeln!(list, "    no test takes it"),
            n => writeln!(list, "    tests that take it: {n} ({})", of_tests.join(", ")),
        };
    }
    list
}
