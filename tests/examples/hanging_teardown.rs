//! Fixtures of a worker and of a process whose teardown never ends.
#![allow(missing_docs)]

use std::thread;

struct Kettle;

#[swimlanes::fixture(scope = "worker", teardown = cool)]
fn kettle() -> Kettle {
    Kettle
}

fn cool(_: Kettle) {
    loop {
        thread::park();
    }
}

struct Pot;

#[swimlanes::fixture(scope = "process", teardown = empty)]
fn pot() -> Pot {
    Pot
}

async fn empty(_: Pot) {
    std::future::pending().await
}

#[swimlanes::test]
fn boils(_kettle: &Kettle) {}

#[swimlanes::test]
fn pours(_pot: &Pot) {}

swimlanes::main!();
