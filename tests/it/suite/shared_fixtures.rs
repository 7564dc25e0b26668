//! Fixtures that all processes of a run share: created once, passed as data, and torn down with the run, even if it is killed.

use std::process::Command;

use expect_test::expect;

use crate::suite::nextest;
use crate::support::scrub::scrub;
use crate::support::suite_runner::{File, ISOLATIONS, Started, below, fixture};
use crate::support::wait::wait_until;
use crate::test;

/// The process id of the server in the first line.
fn server(log: &[String]) -> u32 {
    log.first().and_then(|line| number(line)).unwrap_or_else(|| panic!("no server: {log:?}"))
}

/// The process id in the line of a server that has started.
fn number(line: &str) -> Option<u32> {
    line.strip_prefix("server ")?.strip_suffix(" up")?.parse().ok()
}

fn whole(log: &[String]) -> Vec<String> {
    let server = server(log);
    vec![format!("server {server} up"), "client up".into(), "client down".into(), format!("server {server} down")]
}

fn is_alive(process: u32) -> bool {
    // A process that has ended and was not reaped has no program.
    std::fs::read_link(format!("/proc/{process}/exe")).is_ok()
}

/// After any process is killed, the others end by themselves.
#[track_caller]
fn nothing_is_left(started: Started, server: u32, log: &File) {
    wait_until("the server is down", || log.lines().len() == 3);
    wait_until("the server has gone", || !is_alive(server));
    wait_until("nothing is left", || below(started.tmp()).is_empty());
    drop(started.ended());
}

#[test]
fn a_run_fixture_is_set_up_once_and_torn_down_with_the_run() {
    for isolation in ISOLATIONS {
        let (answer, log) = fixture("shared_fixtures").run_logging(&["-n4", "--isolation", isolation, "--repeat", "5"]);
        assert!(answer.stdout.contains("test result: ok. 40 passed; 0 failed"), "{isolation}: {}", answer.text());
        assert!(!answer.stdout.contains("leaky"), "{isolation}: {}", answer.text());
        assert_eq!(log, whole(&log), "{isolation}");
        assert!(!is_alive(server(&log)), "{isolation}");
    }
}

#[test]
fn a_test_that_ends_its_process_does_not_end_the_run_fixture() {
    for isolation in ["thread", "process", "test"] {
        let args = ["-n2", "--isolation", isolation, "--include-ignored", "--skip", "bad_luck", "--skip", "waits"];
        let (answer, log) = fixture("shared_fixtures").run_logging(&args);
        assert!(answer.stdout.contains("test result: FAILED. 8 passed; 1 failed"), "{isolation}: {}", answer.text());
        assert_eq!(log, whole(&log), "{isolation}");
    }
}

#[test]
fn a_run_fixture_under_nextest_is_set_up_once_and_does_not_leak() {
    let log = {
        let nextest = nextest::run(&["shared_fixtures"], &["--test-threads", "2"]);
        let log = nextest.file("log");
        let answer = nextest.env("LOG", &log).run();
        assert!(answer.stderr.contains("8 tests run: 8 passed"), "{}", answer.text());
        assert!(!answer.stderr.to_lowercase().contains("leak"), "{}", answer.text());
        // It ends by itself, after cargo-nextest.
        wait_until("the server is down", || log.lines().len() == 4);
        wait_until("nothing is left", || below(answer.tmp()).is_empty());
        log.lines()
    };
    assert_eq!(log, whole(&log));
    assert!(!is_alive(server(&log)));
}

#[test]
fn a_killed_run_leaves_nothing_of_its_run_fixtures() {
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

/// No process remains that could react.
#[test]
fn a_killed_cargo_nextest_leaves_nothing() {
    let nextest = nextest::run(&["shared_fixtures"], &["--run-ignored", "only", "-E", "test(=waits)"]);
    let log = nextest.file("log");
    let mut started = nextest.env("LOG", &log).start();
    wait_until("it waits", || log.lines().len() == 2);
    let server = server(&log.lines());
    let test = log.lines()[1].strip_suffix(" waits").expect("its number").to_owned();
    started.child.kill().expect("it runs");
    // The test and the fixture that it uses continue.
    let killed = Command::new("kill").args(["-KILL", &test]).status().expect("kill starts");
    assert!(killed.success());
    nothing_is_left(started, server, &log);
}

#[test]
fn a_failed_teardown_of_a_run_fixture_fails_the_run() {
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
fn a_failed_run_fixture_is_reported_once_and_not_retried() {
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
        Error: cannot set up the fixture broken: it failed for the test `bad_luck::broken_1` and is not tried again
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example shared_fixtures -- --seed SEED --include-ignored --exact bad_luck::broken_2

        ---- bad_luck::panicky_1 stdout ----

        thread 'bad_luck::panicky_1' (ID) panicked at tests/examples/shared_fixtures.rs:104:5:
        bad luck
        note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
        Error: cannot set up the fixture panicky: it panicked; its message is above
          = worker 0 of 1, seed SEED, took TIMEs
          = again: cargo test -p swimlanes-tests --example shared_fixtures -- --seed SEED --include-ignored --exact bad_luck::panicky_1

        ---- bad_luck::panicky_2 stdout ----
        Error: cannot set up the fixture panicky: it failed for the test `bad_luck::panicky_1` and is not tried again
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
fn a_fixture_that_ends_the_fixture_server_is_reported() {
    for isolation in ISOLATIONS {
        let args = ["-n1", "--isolation", isolation, "--include-ignored", "bad_luck::ended_1", "--exact", "a"];
        let fixture = fixture("shared_fixtures");
        let log = fixture.file("log");
        let answer = fixture.env("LOG", &log).args(&args).run();
        let log = log.lines();
        assert!(answer.stdout.contains("test result: FAILED. 1 passed; 1 failed"), "{isolation}: {}", answer.text());
        // The process that cleans up may take a moment.
        wait_until("nothing is left", || below(answer.tmp()).is_empty());
        // It is not retried, and the processes that it started have ended with it.
        assert_eq!(log.iter().filter(|line| *line == "ended").count(), 1, "{isolation}: {log:?}");
        let servers: Vec<u32> =
            log.iter().filter(|line| line.ends_with(" up")).filter_map(|line| number(line)).collect();
        assert!(servers.len() >= 2, "{log:?}");
        wait_until("the servers have gone", || !servers.iter().any(|&server| is_alive(server)));
        assert!(answer.stdout.contains("the fixture ended the fixture server"), "{}", answer.text());
    }
}
