//! What a test, and code that it calls, can learn about the attempt: `current_test()` and the fixture `Seed`.
#![allow(missing_docs)]

use std::fs::File;
use std::io::Write;
use std::thread;

use swimlanes::CurrentTest;
use swimlanes::prelude::*;

fn log(what: &str) {
    let Some(path) = std::env::var_os("LOG") else { return };
    let mut file = File::options().append(true).create(true).open(path).expect("a file");
    file.write_all(format!("{what}\n").as_bytes()).expect("written");
}

fn current() -> Option<(&'static str, u32, usize)> {
    swimlanes::current_test().map(|test| (test.name(), test.attempt(), test.worker()))
}

struct OfProcess(Option<CurrentTest>);

#[swimlanes::fixture(scope = "worker", teardown = end)]
fn of_process() -> OfProcess {
    OfProcess(swimlanes::current_test())
}

fn end(of_process: OfProcess) {
    assert!(of_process.0.is_some());
    assert_eq!(current(), None);
    log("torn down");
}

#[swimlanes::test]
fn knows_its_test(worker: Worker, of_process: &OfProcess) {
    assert!(of_process.0.is_some());
    assert_eq!(current(), Some(("knows_its_test", 1, worker.slot())));
}

#[swimlanes::test(cases(one = 1, two = 2))]
async fn knows_its_case(#[case] n: u32, worker: Worker) {
    let name = ["", "knows_its_case::one", "knows_its_case::two"][n as usize];
    assert_eq!(current(), Some((name, 1, worker.slot())));
    // As other threads are followed only where output is, too.
    if cfg!(all(target_os = "linux", target_env = "gnu")) {
        let inner = thread::spawn(|| thread::spawn(current).join().expect("no panic")).join().expect("no panic");
        assert_eq!(inner, current());
        let blocking = tokio::task::spawn_blocking(current).await.expect("no panic");
        assert_eq!(blocking, current());
    }
}

#[swimlanes::test(retries = 2)]
fn counts_its_attempts(worker: Worker, seed: Seed) {
    let (name, attempt, slot) = current().expect("a test");
    assert_eq!((name, slot), ("counts_its_attempts", worker.slot()));
    log(&format!("attempt {attempt} {seed}"));
    assert_eq!(attempt, 3);
}

#[swimlanes::test]
#[ignore = "for cargo-nextest, which tries it again"]
fn is_tried_again_by_nextest(seed: Seed) {
    let attempt = swimlanes::current_test().expect("a test").attempt();
    log(&format!("attempt {attempt} {seed}"));
    assert_eq!(attempt, 3);
}

#[swimlanes::test]
fn has_a_seed(seed: Seed, again: Seed) {
    assert_eq!(seed, again);
    log(&format!("has_a_seed {seed}"));
}

#[swimlanes::test]
fn has_another_seed(seed: Seed) {
    log(&format!("has_another_seed {seed}"));
}

swimlanes::main!();
