//! `SWIMLANES_SLOW_AFTER`: a test that waits for a lock of another process is reported, with the lock and the process that holds it.

use std::path::Path;

use crate::support::suite_runner::{Fixture, ISOLATIONS, Started, fixture};
use crate::support::wait::wait_until;
use crate::test;

/// Starts a run of the first test, which holds the lock, and one of the second. The directory of the log is their namespace. Checks that
/// the second run names `lock` and the process that holds it: that of the test, or that of the first run.
#[track_caller]
fn check(
    [holder, waiter]: [&str; 2],
    lock: &str,
    in_mode: impl Fn(Fixture) -> Fixture,
    is_of_run: bool,
    manifest: Option<&str>,
) {
    let first = fixture("waits_for_locks");
    let log = first.file("log");
    let namespace = AsRef::<Path>::as_ref(&log).parent().expect("a directory").to_owned();
    if let Some(manifest) = manifest {
        std::fs::write(namespace.join(manifest), "").expect("written");
    }
    let of_both = |fixture: Fixture| in_mode(fixture).env("LOG", &log).env("SWIMLANES_NAMESPACE", &namespace);
    let first = of_both(first).args(&["--exact", holder, "--nocapture"]).start();
    wait_until("the first run holds the lock", || !log.lines().is_empty());
    let process = if is_of_run { first.child.id().to_string() } else { log.lines()[0].clone() };
    let second = fixture("waits_for_locks").beside(first.tmp());
    let (stdout, stderr) = (second.file("stdout"), second.file("stderr"));
    let second = of_both(second).env("SWIMLANES_SLOW_AFTER", "50ms").args(&["--exact", waiter, "--nocapture"]);
    let second = second.start_writing(&stdout, &stderr);
    let waits = format!("the test `{waiter}` has waited for {lock} for 50ms; process {process} holds it: ");
    let is_reported = || stdout.lines().iter().chain(&stderr.lines()).any(|line| line.contains(&waits));
    wait_until(&waits, is_reported);
    std::fs::write(AsRef::<Path>::as_ref(&log).with_extension("go"), "").expect("written");
    // The first answer owns the directory that the second run uses.
    for answer in [first, second].map(Started::ended) {
        let written = [stdout.lines(), stderr.lines()].concat().join("\n");
        assert_eq!(answer.code, Some(0), "{lock}: {}{written}", answer.text());
    }
}

#[test]
fn slow_after_names_the_process_that_holds_a_lock() {
    for isolation in ISOLATIONS {
        // With `process` and `test`, the controller locks, and the test runs in another process.
        let is_of_run = matches!(isolation, "process" | "test");
        let in_mode = |fixture: Fixture| fixture.args(&["--isolation", isolation]);
        check(["cooks", "cooks"], "`stove`", in_mode, is_of_run, None);
    }
}

#[test]
fn slow_after_names_the_process_that_holds_a_lock_under_nextest() {
    let as_nextest =
        |fixture: Fixture| fixture.env("NEXTEST_EXECUTION_MODE", "process-per-test").env("NEXTEST_RUN_ID", "x");
    check(["cooks", "cooks"], "`stove`", as_nextest, true, None);
    check(["tastes", "tastes"], "the lock of `serial` tests", as_nextest, true, None);
    // The lock is on the manifest of the workspace, if there is one.
    for manifest in [None, Some("Cargo.toml")] {
        check(["cleans", "eats"], "the lock of `no_parallel` tests", as_nextest, true, manifest);
        check(["eats", "cleans"], "the lock of `no_parallel` tests", as_nextest, true, manifest);
    }
}
