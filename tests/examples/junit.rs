//! One test for each element of a JUnit report.
#![allow(missing_docs)]

use std::io::Write;
use std::path::PathBuf;

/// Whether this is the first attempt that asks for this file, beside the one named in `LOG`.
fn is_first(name: &str) -> bool {
    let log = PathBuf::from(std::env::var_os("LOG").expect("the test sets it"));
    std::fs::File::create_new(log.with_extension(name)).is_ok()
}

#[swimlanes::test]
fn passes() {
    println!("not in the report");
}

#[swimlanes::test]
fn panics() {
    panic!("<wet> & \"cold\" \u{1b}[31m\u{1}");
}

#[swimlanes::test]
fn returns_an_error() -> Result<(), String> {
    Err("no tea".to_owned())
}

#[swimlanes::test(timeout = "200ms")]
fn times_out() {
    loop {
        std::thread::park();
    }
}

#[swimlanes::test]
fn writes_what_is_not_text() {
    std::io::stdout().write_all(b"\xff\x00 here\n").expect("written");
    panic!();
}

#[swimlanes::test(retries = 1)]
fn is_flaky() {
    assert!(!is_first("flaky"), "the first attempt");
}

#[swimlanes::test(retries = 1)]
fn fails_twice() {
    panic!("{} attempt", if is_first("twice") { "first" } else { "second" });
}

#[swimlanes::test]
fn is_skipped() {
    swimlanes::skip!("no cup");
}

#[swimlanes::test]
#[ignore = "too slow"]
fn is_ignored() {}

swimlanes::main!();
