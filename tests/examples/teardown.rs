//! Fixtures whose end goes wrong, and tests that are skipped after a failure.
#![allow(missing_docs)]

use std::io::ErrorKind;
use std::path::Path;

use swimlanes::prelude::*;

struct Kettle;

#[swimlanes::fixture(teardown = cool)]
fn kettle() -> Kettle {
    Kettle
}

fn cool(_: Kettle) -> Result<(), String> {
    Err("still hot".to_owned())
}

#[swimlanes::test]
fn boils(_kettle: &Kettle) {}

#[swimlanes::test]
async fn boils_async(_kettle: &Kettle) {}

#[swimlanes::test]
fn is_skipped_and_boils(_kettle: &Kettle) {
    swimlanes::skip!("no water");
}

#[swimlanes::test]
#[should_panic(expected = "no tea")]
fn panics_as_expected_and_boils(_kettle: &Kettle) {
    panic!("no tea");
}

#[swimlanes::test]
fn fails_and_boils(_kettle: &Kettle) -> Result<(), String> {
    Err("no tea".to_owned())
}

struct Pot;

#[swimlanes::fixture(teardown = empty)]
fn pot() -> Pot {
    Pot
}

async fn empty(_: Pot) {
    panic!("the pot is stuck");
}

#[swimlanes::test]
fn pot_panics(_pot: &Pot) {}

/// Fails to be torn down, but for the second time.
struct Filter(WorkerDir);

#[swimlanes::fixture(teardown = rinse)]
fn filter(dir: WorkerDir) -> Filter {
    Filter(dir)
}

fn rinse(filter: Filter) -> std::io::Result<()> {
    let log = std::env::var_os("LOG").expect("the test sets it");
    match std::fs::File::create_new(Path::new(&log).with_extension("rinsed")) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(std::io::Error::other(format!("{} is clogged", filter.0.path().exists()))),
    }
}

#[swimlanes::test(retries = 1)]
#[ignore = "it needs LOG"]
fn passes_on_retry(_filter: &Filter) {}

struct Cup;

impl Drop for Cup {
    fn drop(&mut self) {
        panic!("broken");
    }
}

impl Fixture for Cup {
    fn set_up(_: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        Ok(Self)
    }
}

#[swimlanes::test]
#[should_panic]
fn only_drop_panics(_cup: Cup) {}

#[swimlanes::test]
#[should_panic(expected = "broken")]
async fn only_drop_panics_async(_cup: Cup) {
    tokio::task::yield_now().await;
}

#[swimlanes::test]
#[should_panic]
fn only_drop_panics_after_a_return(cup: Cup) {
    if std::ptr::from_ref(&cup).is_aligned() {
        return;
    }
    panic!("not reached");
}

#[swimlanes::test(cases(one = Cup))]
#[should_panic]
fn only_a_value_of_a_case_panics(#[case] _cup: Cup) {}

#[swimlanes::test]
#[should_panic(expected = "spilled")]
fn body_panics(_dir: TestDir) {
    panic!("spilled");
}

#[swimlanes::test(retries = 1)]
#[ignore = "it needs LOG"]
fn is_skipped_after_a_failure() {
    let log = std::env::var_os("LOG").expect("the test sets it");
    match std::fs::File::create_new(Path::new(&log).with_extension("tried")) {
        Ok(_) => panic!("the real failure"),
        Err(_) => swimlanes::skip!("no cup"),
    }
}

#[swimlanes::test]
#[ignore = "it needs LOG, and cargo-nextest tries it again"]
fn is_skipped_on_a_retry_by_nextest() {
    let log = std::env::var_os("LOG").expect("the test sets it");
    match std::fs::File::create_new(Path::new(&log).with_extension("tried_by_nextest")) {
        Ok(_) => panic!("the real failure"),
        Err(_) => swimlanes::skip!("no cup"),
    }
}

#[swimlanes::test(timeout = "200ms")]
#[ignore = "it hangs"]
fn hangs() {
    loop {
        std::thread::park();
    }
}

swimlanes::main!();
