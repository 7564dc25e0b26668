//! Fixtures whose teardown ends the process: that of the scope `SCOPE` in the way `END`.
#![allow(missing_docs)]

use serde::{Deserialize, Serialize};

fn end(scope: &str) {
    if std::env::var("SCOPE").as_deref() != Ok(scope) {
        return;
    }
    match &*std::env::var("END").expect("the test sets it") {
        "abort" => swimlanes_faults::aborts(),
        "fault" => swimlanes_faults::reads_at_null(),
        "overflow" => swimlanes_faults::overflows_the_stack(),
        _ => swimlanes_faults::exits_with_0(),
    }
}

struct OfWorker;

#[swimlanes::fixture(scope = "worker", teardown = end_of_worker)]
fn of_worker() -> OfWorker {
    OfWorker
}

fn end_of_worker(_: OfWorker) {
    end("worker");
}

struct OfProcess;

#[swimlanes::fixture(scope = "process", teardown = end_of_process)]
fn of_process() -> OfProcess {
    OfProcess
}

fn end_of_process(_: OfProcess) {
    end("process");
}

#[derive(Serialize, Deserialize)]
struct OfRun;

#[swimlanes::fixture(scope = "run", teardown = end_of_run)]
fn of_run() -> OfRun {
    OfRun
}

fn end_of_run(_: OfRun) {
    end("run");
}

#[swimlanes::test]
fn uses_all(_worker: &OfWorker, _process: &OfProcess, _run: &OfRun) {}

swimlanes::main!();
