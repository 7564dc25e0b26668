//! Ctrl-Z suspends all processes of a run, and the time until they are continued does not count toward timeouts.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::suite_runner::{Fixture, ISOLATIONS, fixture};
use crate::support::wait::wait_until;
use crate::test;

/// Longer than the timeout of the test.
const SUSPENDED: Duration = Duration::from_secs(3);

fn is_stopped(process: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with('T'))
}

/// Suspends the job while its test runs, and continues it.
#[track_caller]
fn check(fixture: Fixture, args: &[&str]) {
    let log = fixture.file("log");
    let started = fixture.in_own_group().env("LOG", &log).args(args).start();
    wait_until("the test runs", || !log.lines().is_empty());
    let test_process = log.lines()[0].clone();
    let pid = Pid::from_child(&started.child);
    kill_process(pid, Signal::TSTP).expect("it is alive");
    wait_until("both are stopped", || is_stopped(&test_process) && is_stopped(&started.child.id().to_string()));
    // No event says that the timeout would be over.
    let suspended_at = Instant::now();
    wait_until("the timeout would be over", || suspended_at.elapsed() > SUSPENDED);
    kill_process(pid, Signal::CONT).expect("it is alive");
    wait_until("both are continued", || !is_stopped(&test_process));
    std::fs::write(AsRef::<Path>::as_ref(&log).with_extension("go"), "").expect("written");
    let answer = started.ended();
    assert_eq!(answer.code, Some(0), "{args:?}: {}", answer.text());
}

#[test]
fn suspended_time_does_not_count_in_each_isolation() {
    thread::scope(|scope| {
        for isolation in ISOLATIONS {
            scope.spawn(move || check(fixture("suspended"), &["--isolation", isolation]));
        }
    });
}

#[test]
fn suspended_time_does_not_count_under_nextest() {
    let nextest = fixture("suspended").env("NEXTEST_EXECUTION_MODE", "process-per-test").env("NEXTEST_RUN_ID", "x");
    check(nextest, &["--exact", "waits_for_a_file", "--nocapture"]);
}
