//! Tests that run longer than their timeout allows.
#![allow(missing_docs)]

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Writes its process to the file named in `LOG`, waits for a file beside it, and makes another one.
#[swimlanes::test(timeout = "1s")]
#[ignore = "it needs LOG"]
fn waits() {
    let log = std::env::var_os("LOG").expect("the test sets it");
    let log = Path::new(&log);
    fs::write(log.with_extension("new"), format!("{}\n", std::process::id())).expect("written");
    fs::rename(log.with_extension("new"), log).expect("renamed");
    while !log.with_extension("go").exists() {
        thread::park_timeout(Duration::from_millis(5));
    }
    fs::write(log.with_extension("done"), "").expect("written");
}

#[swimlanes::test(timeout = "1ms")]
fn computes_too_long() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(20) {
        std::hint::spin_loop();
    }
}

swimlanes::main!();
