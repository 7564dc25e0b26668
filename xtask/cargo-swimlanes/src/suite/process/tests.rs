//! Children that end, that ignore requests to end, and that leave processes behind.
//!
//! Each child and all its descendants hold a named pipe open for writing: when a reader reaches the end of the pipe, all of them have
//! ended. The child writes a line when it is ready.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::*;

/// Longer than any of these tests takes.
const LONG: Duration = Duration::from_secs(60);

const LIMITS: Limits = Limits { run: LONG, grace: LONG };

/// Runs the script, and calls `when_ready` when it is ready. Returns when all processes of the group have ended.
#[track_caller]
fn check(script: &str, limits: Limits, when_ready: impl FnOnce(&Interrupts) + Send, expected: RunEnd) -> ExitInfo {
    swimlanes_faults::heed_interrupts();
    let directory = tempfile::tempdir().expect("a directory");
    let pipe: PathBuf = directory.path().join("alive");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    // Our own end for writing: the reader does not block if the child ends before it opens the pipe.
    let ours = File::options().read(true).write(true).open(&pipe).expect("a pipe");
    let mut alive = BufReader::new(File::open(&pipe).expect("a pipe"));
    let interrupts = Interrupts::default();
    let started = Instant::now();
    let exit = thread::scope(|scope| {
        scope.spawn(|| {
            alive.read_line(&mut String::new()).expect("a line");
            when_ready(&interrupts);
            alive.read_to_end(&mut Vec::new()).expect("the end");
        });
        let mut command = Command::new("sh");
        command.args(["-c", &format!("exec 9>\"$0\"\n{script}")]).arg(&pipe);
        let exit = run(&mut command, limits, &interrupts).expect("a shell");
        drop(ours);
        exit
    });
    assert_eq!(exit.end, expected, "{exit:?}");
    assert!(started.elapsed() < LONG, "{exit:?}");
    exit
}

const READY: &str = "echo ready >&9";

/// The `sleep` hangs. Only a bug makes a test wait for its end, and then the test takes too long.
const HANG: &str = "sleep 100 & wait; wait";

#[test]
fn a_child_that_ends_is_not_killed() {
    let exit = check(&format!("echo out; echo err >&2; {READY}; exit 3"), LIMITS, |_| {}, RunEnd::Exited { code: 3 });
    assert_eq!((&exit.stdout[..], &exit.stderr[..]), (&b"out\n"[..], &b"err\n"[..]));
    check(&format!("{READY}; kill -SEGV $$"), LIMITS, |_| {}, RunEnd::Signalled { signal: 11 });
}

#[test]
fn remaining_processes_of_the_group_are_killed() {
    check(&format!("(trap '' TERM INT HUP; {HANG}) & {READY}; exit 0"), LIMITS, |_| {}, RunEnd::Exited { code: 0 });
}

fn raise_once(interrupts: &Interrupts) {
    interrupts.raise();
}

#[test]
fn an_interrupted_child_is_asked_to_end() {
    let script = format!("trap 'echo asked; exit 7' INT; {READY}; {HANG}");
    let exit = check(&script, LIMITS, raise_once, RunEnd::Interrupted);
    assert_eq!(exit.stdout, b"asked\n");
}

#[test]
fn a_child_that_ignores_the_request_is_killed_after_the_grace_time() {
    let limits = Limits { grace: Duration::from_millis(50), ..LIMITS };
    let script = format!("trap '' INT TERM; {READY}; {HANG}");
    check(&script, limits, raise_once, RunEnd::Interrupted);
}

#[test]
fn the_second_interrupt_kills_at_once() {
    let raise_twice = |interrupts: &Interrupts| {
        interrupts.raise();
        interrupts.raise();
    };
    check(&format!("trap '' INT TERM; {READY}; {HANG}"), LIMITS, raise_twice, RunEnd::Interrupted);
}

#[test]
fn an_interrupt_before_the_start_counts() {
    let interrupts = Interrupts::default();
    interrupts.raise();
    let exit = run(Command::new("sh").args(["-c", HANG]), LIMITS, &interrupts).expect("a shell");
    assert_eq!(exit.end, RunEnd::Interrupted);
}

#[test]
fn a_child_that_takes_too_long_is_killed_with_its_group() {
    let short = Duration::from_millis(100);
    let limits = Limits { run: short, grace: short };
    check(&format!("trap '' TERM; (trap '' TERM; {HANG}) & {READY}; {HANG}"), limits, |_| {}, RunEnd::TimedOut);
    check(&format!("{READY}; {HANG}"), limits, |_| {}, RunEnd::TimedOut);
}

#[test]
fn a_program_that_does_not_exist_is_an_error() {
    let error = run(&mut Command::new("/nowhere/at/all"), LIMITS, &Interrupts::default()).expect_err("no such program");
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}
