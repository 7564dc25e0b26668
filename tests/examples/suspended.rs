//! A test with a timeout that waits for a file.
#![allow(missing_docs)]

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

#[swimlanes::test(timeout = "2s")]
fn waits_for_a_file() {
    let log = std::env::var_os("LOG").expect("the test sets it");
    let log = Path::new(&log);
    fs::write(log, format!("{}\n", std::process::id())).expect("written");
    while !log.with_extension("go").exists() {
        thread::park_timeout(Duration::from_millis(5));
    }
}

swimlanes::main!();
