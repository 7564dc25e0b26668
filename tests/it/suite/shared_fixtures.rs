//! Fixtures that all processes of a run share: made once, handed over as data, and ended when the run is, however that ends.

use std::process::Command;

use expect_test::expect;

use crate::suite::nextest;
use crate::support::scrub::scrub;
use crate::support::suite_runner::{File, ISOLATIONS, Started, below, fixture};
use crate::support::wait::wait_until;
use crate::test;

/// The process of the server in the first line.
fn server(log: &[String]) -> u32 {
    log.first().and_then(|line| number(line)).unwrap_or_else(|| panic!("no server: {log:?}"))
}

/// In the line of a server that is up.
fn number(line: &str) -> Option<u32> {
    line.strip_prefix("server ")?.strip_suffix(" up")?.parse().ok()
}

fn whole(log: &[String]) -> Vec<String> {
    let server = server(log);
    vec![format!("server {server} up"), "client up".into(), "client down".into(), format!("server {server} down")]
}

fn is_alive(process: u32) -> bool {
    // Of one that has ended and that nobody has waited for, there is none.
    std::fs::read_link(format!("/proc/{process}/exe")).is_ok()
}

/// Whatever was killed, the others end by themselves.
#[track_caller]
fn nothing_is_left(started: Started, server: u32, log: &File) {
    wait_until("the server is down", || log.lines().len() == 3);
    wait_until("the server has gone", || !is_alive(server));
    wait_until("nothing is left", || below(started.tmp()).is_empty());
    drop(started.ended());
}

#[test]
fn one_is_made_for_all_processes_and_ends_with_the_run() {
    for isolation in ISOLATIONS {
        let (answer, log) = fixture("shared_fixtures").run_logging(&["-n4", "--isolation", isolation, "--repeat", "5"]);
        assert!(answer.stdout.contains("test result: ok. 40 passed; 0 failed"), "{isolation}: {}", answer.text());
        assert!(!answer.stdout.contains("leaky"), "{isolation}: {}", answer.text());
        assert_eq!(log, whole(&log), "{isolation}");
        assert!(!is_alive(server(&log)), "{isolation}");
    }
}

#[test]
fn who_ends_its_process_takes_nothing_from_the_others() {
    for isolation in ["thread", "process", "test"] {
        let args = ["-n2", "--isolation", isolation, "--include-ignored", "--skip", "bad_luck", "--skip", "waits"];
        let (answer, log) = fixture("shared_fixtures").run_logging(&args);
        assert!(answer.stdout.contains("test result: FAILED. 8 passed; 1 failed"), "{isolation}: {}", answer.text());
        assert_eq!(log, whole(&log), "{isolation}");
    }
}

#[test]
fn under_nextest_one_is_made_for_all_tests_and_nothing_leaks() {
    let log = {
        let nextest = nextest::run(&["shared_fixtures"], &["--test-threads", "2"]);
        let log = nextest.file("log");
        let answer = nextest.env("LOG", &log).run();
        assert!(answer.stderr.contains("8 tests run: 8 passed"), "{}", answer.text());
        assert!(!answer.stderr.to_lowercase().contains("leak"), "{}", answer.text());
        // It ends after cargo-nextest, and by itself.
        wait_until("the server is down", || log.lines().len() == 4);
        wait_until("nothing is left", || below(answer.tmp()).is_empty());
        log.lines()
    };
    assert_eq!(log, whole(&log));
    assert!(!is_alive(server(&log)));
}

#[test]
fn who_is_killed_leaves_nothing() {
    for isolation in ISOLATIONS {
        let fixture = fixture("shared_fixtures");
        let log = fixture.file("log");
        let args = ["-n1", "--isolation", isolation, "--ignored", "--exact", "waits"];
        let mut started = fixture.env("LOG", &log).args(&args).start();
        wait_until("it waits", || log.lines().len() == 2);
        let server = server(&log.lines());
        assert!(is_alive(server), "{isolation}");
        started.child.kill().expect("it runs");
        nothing_is_left(started, server, &log);
    }
}

/// Nobody is there any more who could hear of it.
#[test]
fn a_killed_cargo_nextest_leaves_nothing() {
    let nextest = nextest::run(&["shared_fixtures"], &["--run-ignored", "only", "-E", "test(=waits)"]);
    let log = nextest.file("log");
    let mut started = nextest.env("LOG", &log).start();
    wait_until("it waits", || log.lines().len() == 2);
    let server = server(&log.lines());
    let test = log.lines()[1].strip_suffix(" waits").expect("its number").to_owned();
    started.child.kill().expect("it runs");
    // The test runs on, and so does what it uses.
    let killed = Command::new("kill").args(["-KILL", &test]).status().expect("kill starts");
    assert!(killed.success());
    nothing_is_left(started, server, &log);
}

#[test]
fn a_failing_teardown_makes_the_run_red() {
    for isolation in ISOLATIONS {
        let fixture = fixture("shared_fixtures").env("STAYS", "1");
        let (answer, _) = fixture.run_logging(&["-n1", "--isolation", isolation, "--exact", "a"]);
        let message =
            "error: the fixture `client` (tests/examples/shared_fixtures.rs:45:10) could not be torn down: it stays";
        assert!(answer.stdout.contains(message), "{isolation}: {}", answer.text());
        assert_eq!(answer.code, Some(101), "{isolation}: {}", answer.text());
    }
}

#[test]
fn what_cannot_be_made_is_told_once_and_not_tried_again() {
    let texts = ISOLATIONS.map(|isolation| {
        let args = ["-n1", "--isolation", isolation, "--ignored", "bad_luck", "--skip", "ended"];
        let (answer, log) = fixture("shared_fixtures").run_logging(&args);
        assert_eq!(log, ["broken", "panicky"], "{isolation}");
        scrub(&answer.text().replace(&["--isolation ", isolation, " "].concat(), ""))
    });
    expect![[r#"

        running 6 tests
        test bad_luck::broken_1 ... FAILED
        test bad_luck::broken_2 ... FAILED
        test bad_luck::panicky_1 ... FAILED
        test bad_luck::panicky_2 ... FAILED
        test bad_luck::missing_1 ... ignored, there is none here
        test bad_luck::missing_2 ... ignored, there is none here

        failures:

        ---- bad_luck::broken_1 stdout ----
        Error: cannot set up the fixture broken: no luck
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example shared_fixtures -- --seed SEED --include-ignored --exact bad_luck::broken_1

        ---- bad_luck::broken_2 stdout ----
        Error: cannot set up the fixture broken: that failed for the test `bad_luck::broken_1`, and is not tried again
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example shared_fixtures -- --seed SEED --include-ignored --exact bad_luck::broken_2

        ---- bad_luck::panicky_1 stdout ----

        thread 'bad_luck::panicky_1' (ID) panicked at tests/examples/shared_fixtures.rs:104:5:
        bad luck
        note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
        Error: cannot set up the fixture panicky: it panicked; its message stands above
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example shared_fixtures -- --seed SEED --include-ignored --exact bad_luck::panicky_1

        ---- bad_luck::panicky_2 stdout ----
        Error: cannot set up the fixture panicky: that failed for the test `bad_luck::panicky_1`, and is not tried again
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example shared_fixtures -- --seed SEED --include-ignored --exact bad_luck::panicky_2


        failures:
            bad_luck::broken_1
            bad_luck::broken_2
            bad_luck::panicky_1
            bad_luck::panicky_2

        test result: FAILED. 0 passed; 4 failed; 2 ignored; 0 measured; 11 filtered out; finished in TIMEs

        --- exit code 101
    "#]].assert_eq(&texts[0]);
    texts.iter().for_each(|text| assert_eq!(*text, texts[0]));
}

#[test]
fn who_ends_the_process_that_keeps_is_told() {
    for isolation in ISOLATIONS {
        let args = ["-n1", "--isolation", isolation, "--include-ignored", "bad_luck::ended_1", "--exact", "a"];
        let fixture = fixture("shared_fixtures");
        let log = fixture.file("log");
        let answer = fixture.env("LOG", &log).args(&args).run();
        let log = log.lines();
        assert!(answer.stdout.contains("test result: FAILED. 1 passed; 1 failed"), "{isolation}: {}", answer.text());
        // Who cleans up after it may do so a moment later.
        wait_until("nothing is left", || below(answer.tmp()).is_empty());
        // It is not tried again, and what it had started has ended with it.
        assert_eq!(log.iter().filter(|line| *line == "ended").count(), 1, "{isolation}: {log:?}");
        let servers: Vec<u32> =
            log.iter().filter(|line| line.ends_with(" up")).filter_map(|line| number(line)).collect();
        assert!(servers.len() >= 2, "{log:?}");
        wait_until("the servers have gone", || !servers.iter().any(|&server| is_alive(server)));
        assert!(answer.stdout.contains("the fixture has ended it"), "{}", answer.text());
    }
}
