//! Ctrl-C and killed processes.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::ChildStdout;

use crate::support::executable::path;
use crate::support::suite_runner::{Fixture, Started, below, fixture, pipe};
use crate::test;
use rustix::process::{Pid, Signal, kill_process};

/// Starts a test that signals when it runs, and waits until it does.
fn start(fixture: Fixture, args: &[&str]) -> Started {
    let ready = pipe(fixture.file("ready"));
    let started = fixture.env("READY", &ready).args(args).start();
    assert_eq!(ready.text(), "ready\n");
    started
}

fn signal(started: &Started, signal: Signal) {
    let pid = Pid::from_child(&started.child);
    kill_process(pid, signal).expect("it is alive");
}

/// Sends the first Ctrl-C. Waits until the run has reported it, and returns its output so far.
#[track_caller]
fn interrupt(started: &mut Started) -> (BufReader<ChildStdout>, String) {
    signal(started, Signal::INT);
    let mut stdout = BufReader::new(started.child.stdout.take().expect("piped"));
    let mut seen = String::new();
    while !seen.contains("interrupted: ") {
        assert_ne!(stdout.read_line(&mut seen).expect("read"), 0, "{seen}");
    }
    (stdout, seen)
}

fn has_left(dir: &Path) -> bool {
    below(dir).iter().any(|path| path.ends_with("left"))
}

#[test]
fn the_first_ctrl_c_waits_for_running_tests() {
    let fixture = fixture("lanes");
    let release = pipe(fixture.file("release"));
    let args = ["--ignored", "-n1", "--exact", "waits_for_release", "waits_its_turn"];
    let mut started = start(fixture.env("RELEASE", &release), &args);
    let (mut stdout, mut seen) = interrupt(&mut started);
    std::fs::write::<&Path, _>(release.as_ref(), "go\n").expect("written");
    stdout.read_to_string(&mut seen).expect("read");
    let answer = started.ended();
    assert_eq!(answer.code, Some(130), "{seen}");
    assert!(seen.contains("test waits_for_release ... ok\n"), "{seen}");
    assert!(seen.contains("1 test has no result: the run was interrupted\n"), "{seen}");
    assert!(answer.left.is_empty(), "left behind: {:?}", answer.left);
}

#[test]
fn the_second_ctrl_c_ends_the_run_and_leaves_nothing() {
    let mut started = start(fixture("lanes"), &["--ignored", "-n1", "--exact", "stays"]);
    assert!(has_left(started.tmp()));
    let (_stdout, _) = interrupt(&mut started);
    signal(&started, Signal::TERM);
    let answer = started.ended();
    assert_eq!(answer.code, Some(130));
    assert!(answer.left.is_empty(), "left behind: {:?}", answer.left);
}

#[test]
fn the_second_ctrl_c_reports_running_and_finished_tests() {
    for isolation in ["thread", "process", "test", "none"] {
        let names = ["panics", "stays", "waits_its_turn"];
        let args = [&["--include-ignored", "-n1", "--isolation", isolation, "--exact"], &names[..]].concat();
        let mut started = start(fixture("lanes"), &args);
        let (mut stdout, mut seen) = interrupt(&mut started);
        signal(&started, Signal::TERM);
        stdout.read_to_string(&mut seen).expect("read");
        let answer = started.ended();
        assert_eq!(answer.code, Some(130), "{isolation}: {seen}");
        assert!(seen.contains("test panics ... FAILED\n"), "{isolation}: {seen}");
        assert!(!seen.contains("left processes running"), "{isolation}: {seen}");
        let not_run = "\n2 tests have no result: the run was interrupted\n";
        let ran = "\nwarning: the test `stays` was still running when the run was interrupted; ";
        assert_eq!(seen.matches(ran).count(), 1, "{isolation}: {seen}");
        assert!(seen.contains(not_run), "{isolation}: {seen}");
        assert!(seen.contains("\ntest result: FAILED. 0 passed; 1 failed; 0 ignored;"), "{isolation}: {seen}");
        // The next run removes the lock on the ports of a killed process.
        let left: Vec<_> = answer.left.iter().filter(|path| path.contains("run-")).collect();
        assert!(left.is_empty(), "{isolation}: left behind: {left:?}");
    }
}

#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    // Like `nohup`.
    let ignoring = ["-c", "trap '' HUP; exec \"$0\" \"$@\""];
    let lanes = path("lanes");
    let fixture = Fixture::at("sh").args(&ignoring).args(&[lanes.to_str().expect("text")]);
    let release = pipe(fixture.file("release"));
    let args = ["--ignored", "-n1", "--exact", "waits_for_release", "waits_its_turn"];
    let started = start(fixture.env("RELEASE", &release), &args);
    signal(&started, Signal::HUP);
    std::fs::write::<&Path, _>(release.as_ref(), "go\n").expect("written");
    let answer = started.ended();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    assert_eq!(answer.ran(), ["waits_for_release", "waits_its_turn"]);
}

#[test]
fn the_next_run_removes_the_files_of_a_killed_run() {
    let started = start(fixture("lanes"), &["--ignored", "-n1", "--exact", "stays"]);
    signal(&started, Signal::KILL);
    let killed = started.ended();
    assert_eq!(killed.code, None);
    assert!(has_left(killed.tmp()), "{:?}", killed.left);
    let next = fixture("lanes").beside(killed.tmp());
    let trace = next.file("trace");
    let next = next.env("TRACE", trace).args(&["l01"]).run();
    assert_eq!(next.code, Some(0), "{}", next.text());
    assert_eq!(below(killed.tmp()), [] as [&str; 0]);
}

#[test]
fn files_of_an_active_run_are_not_removed() {
    let started = start(fixture("lanes"), &["--ignored", "-n1", "--exact", "stays"]);
    let next = fixture("lanes").beside(started.tmp());
    let trace = next.file("trace");
    let next = next.env("TRACE", trace).args(&["l01"]).run();
    assert_eq!(next.code, Some(0), "{}", next.text());
    assert!(has_left(started.tmp()));
    signal(&started, Signal::KILL);
    started.ended();
}

#[test]
fn a_killed_process_releases_its_locks() {
    let as_nextest = |fixture: Fixture| {
        fixture.env("NEXTEST_EXECUTION_MODE", "process-per-test").env("NEXTEST_RUN_ID", "killed-holder")
    };
    for is_nextest in [false, true] {
        let own = |fixture: Fixture| if is_nextest { as_nextest(fixture) } else { fixture };
        let alone = |name: &'static str| ["--exact", name, "--nocapture", "--ignored"];
        let holder = start(own(fixture("lanes")), &alone("stays_with_redis"));
        let waiting = own(fixture("lanes")).args(&alone("takes_redis")).beside(holder.tmp()).start();
        signal(&holder, Signal::KILL);
        let _killed = holder.ended();
        let answer = waiting.ended();
        assert_eq!(answer.code, Some(0), "{}", answer.text());
    }
}
