//! Tests that hold a lock until a file exists, for tests in other processes that need the same lock.
#![allow(missing_docs)]

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Only the first process waits.
fn hold() {
    let log = std::env::var_os("LOG").expect("the test sets it");
    let log = Path::new(&log);
    if log.exists() {
        return;
    }
    fs::write(log, format!("{}\n", std::process::id())).expect("written");
    while !log.with_extension("go").exists() {
        thread::park_timeout(Duration::from_millis(5));
    }
}

#[swimlanes::test(serial = "stove")]
fn cooks() {
    hold();
}

#[swimlanes::test(serial)]
fn tastes() {
    hold();
}

#[swimlanes::test(no_parallel)]
fn cleans() {
    hold();
}

#[swimlanes::test]
fn eats() {
    hold();
}

swimlanes::main!();
