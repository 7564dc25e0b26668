//! No timeout ends a test while a debugger is attached, and `--timeout none` disables the timeouts of attributes, too.

use std::path::Path;
use std::sync::mpsc;
use std::thread;

use nix::sys::ptrace;
use nix::unistd::Pid;

use crate::suite::nextest;
use crate::support::suite_runner::{Fixture, ISOLATIONS, fixture};
use crate::support::wait::wait_until;
use crate::test;

/// Attaches to the process of the test `waits`, waits until a timeout would have ended it, and lets it end.
fn check(suite: Fixture, succeeds: &str) {
    let (log, stderr, stdout) = (suite.file("log"), suite.file("stderr"), suite.file("stdout"));
    let started = suite.env("LOG", &log).start_writing(&stdout, &stderr);
    wait_until("the test runs", || !log.lines().is_empty());
    let process: i32 = log.lines()[0].parse().expect("a process");
    let (end, ended) = mpsc::channel::<()>();
    let attached = thread::spawn(move || {
        ptrace::seize(Pid::from_raw(process), ptrace::Options::empty()).expect("it can be traced");
        // The kernel detaches when this thread ends.
        let _ = ended.recv();
    });
    let is_printed = |text: &str| stderr.lines().iter().chain(&stdout.lines()).any(|line| line.contains(text));
    wait_until("the timeout is postponed", || is_printed("no timeout ends a test while it does"));
    let beside = |extension| AsRef::<Path>::as_ref(&log).with_extension(extension);
    std::fs::write(beside("go"), "").expect("written");
    wait_until("the test has ended", || beside("done").exists());
    drop(end);
    attached.join().expect("no panic");
    let answer = started.ended();
    assert_eq!(answer.code, Some(0), "{:?} {:?}", stdout.lines(), stderr.lines());
    assert!(is_printed(succeeds), "{:?} {:?}", stdout.lines(), stderr.lines());
}

#[test]
fn no_timeout_ends_a_test_while_a_debugger_is_attached() {
    for isolation in ISOLATIONS {
        let args = ["--isolation", isolation, "--nocapture", "--ignored", "--exact", "waits"];
        check(fixture("debugged").args(&args), "test waits ... ok");
    }
}

#[test]
fn no_timeout_ends_a_test_under_nextest_while_a_debugger_is_attached() {
    let args = ["--run-ignored", "only", "--no-capture", "-E", "test(=waits)"];
    check(nextest::run(&["debugged"], &args), "1 test run: 1 passed");
}

#[test]
fn timeout_none_disables_the_timeouts_of_attributes() {
    for isolation in ISOLATIONS {
        let run = |more: &[&str]| fixture("debugged").args(&["--isolation", isolation]).args(more).run();
        let failed = run(&[]);
        assert!(failed.stdout.contains("its timeout of 1ms"), "{isolation}: {}", failed.text());
        let passed = run(&["--timeout", "none"]);
        assert!(passed.stdout.contains("1 passed; 0 failed; 1 ignored"), "{isolation}: {}", passed.text());
    }
}
