//! Tests that can pass only in a process in which they have not failed.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicU32, Ordering};

/// Fails in each attempt but the last one, and in each process but a new one.
fn passes_on(last: u32, count: &AtomicU32) {
    assert_eq!(count.fetch_add(1, Ordering::Relaxed), 0, "this process has run the test before");
    let attempt = swimlanes::current_test().expect("a test").attempt();
    assert_eq!(attempt, last, "the last attempt");
}

#[swimlanes::test(retries = 2, retry_on = "process")]
fn needs_a_new_process() {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    passes_on(3, &COUNT);
}

#[swimlanes::test(retries = 1, retry_on = "process")]
async fn needs_a_new_process_async() {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    passes_on(2, &COUNT);
}

/// It passes with `--retry-on process`.
#[swimlanes::test(retries = 1)]
#[ignore = "it fails without an option"]
fn follows_the_option() {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    passes_on(2, &COUNT);
}

#[swimlanes::test]
fn beside() {}

swimlanes::main!();
