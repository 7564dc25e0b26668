//! Tests that hang while they use fixtures of all scopes. The teardown functions write to a log.
#![allow(missing_docs)]

use std::fs::File;
use std::future::pending;
use std::io::Write;
use std::process::Command;
use std::thread;
use std::time::Duration;

fn note(line: &str) {
    let log = std::env::var_os("LOG").expect("the test sets it");
    let mut log = File::options().create(true).append(true).open(log).expect("opened");
    log.write_all(format!("{line}\n").as_bytes()).expect("written");
}

fn hang() {
    note("runs");
    loop {
        thread::park_timeout(Duration::from_secs(600));
    }
}

struct OfProcess;

#[swimlanes::fixture(scope = "process", teardown = end_of_process)]
fn of_process() -> OfProcess {
    OfProcess
}

fn end_of_process(_: &OfProcess) {
    note("process");
}

struct OfWorker;

#[swimlanes::fixture(scope = "worker", teardown = end_of_worker)]
fn of_worker() -> OfWorker {
    OfWorker
}

async fn end_of_worker(_: &OfWorker) -> Result<(), std::io::Error> {
    tokio::task::yield_now().await;
    note("worker");
    Ok(())
}

struct OfTest;

#[swimlanes::fixture(teardown = end_of_test)]
fn of_test() -> OfTest {
    OfTest
}

fn end_of_test(_: &OfTest) {
    note("test");
}

struct ByValue;

#[swimlanes::fixture(teardown = end_of_value)]
fn by_value() -> ByValue {
    ByValue
}

fn end_of_value(_: ByValue) {
    note("value");
}

struct ByValueOfProcess;

#[swimlanes::fixture(scope = "process", teardown = end_of_process_value)]
fn by_value_of_process() -> ByValueOfProcess {
    ByValueOfProcess
}

async fn end_of_process_value(_: ByValueOfProcess) {
    note("process value");
}

#[swimlanes::test(timeout = "300ms")]
fn hangs(_: &OfProcess, _: &OfWorker, _: &OfTest) {
    hang();
}

#[swimlanes::test(timeout = "300ms")]
fn hangs_with_values(_: &ByValueOfProcess, _: &ByValue) {
    hang();
}

#[swimlanes::test]
fn hangs_without_a_limit(_: &OfProcess, _: &OfWorker, _: &OfTest, _: &ByValue) {
    hang();
}

struct Dropped;

impl Drop for Dropped {
    fn drop(&mut self) {
        note("future");
    }
}

async fn wait() {
    let _dropped = Dropped;
    note("runs");
    pending().await
}

#[swimlanes::test(timeout = "300ms")]
async fn waits(_: &ByValueOfProcess, _: &ByValue) {
    wait().await;
}

#[swimlanes::test(timeout = "300ms", flavor = "multi_thread")]
async fn waits_on_threads(_: &ByValue) {
    wait().await;
}

#[swimlanes::test]
async fn waits_without_a_limit(_: &ByValueOfProcess, _: &ByValue) {
    wait().await;
}

/// Cannot be cancelled: it never returns to the runtime.
#[swimlanes::test(timeout = "300ms")]
async fn blocks(_: &OfTest) {
    hang();
}

#[swimlanes::test(timeout = "300ms")]
fn hangs_with_a_child() {
    let mut child = Command::new("sleep").arg("600").spawn().expect("sleep starts");
    note(&child.id().to_string());
    // Hangs, until it is killed.
    let _ = child.wait();
    hang();
}

/// Waits for a child that is stopped.
#[swimlanes::test(timeout = "300ms")]
fn waits_for_a_stopped_child() {
    let status = Command::new("sh").args(["-c", "kill -STOP $$"]).status();
    panic!("it ended: {status:?}");
}

swimlanes::main!();
