//! Fixture functions: their scopes, runtimes, teardowns, failures, and the errors before a run.

use expect_test::expect;

use crate::suite::nextest;
use crate::suite::outcomes::check;
use crate::support::scrub::scrub;
use crate::support::suite_runner::{Answer, ISOLATIONS, fixture};
use crate::test;

fn run(args: &[&str]) -> (Answer, Vec<String>) {
    fixture("fixture_functions").run_logging(args)
}

#[test]
fn fixtures_are_set_up_once_in_their_scope_and_torn_down_in_reverse() {
    let whole = ["server up", "desk up", "ticket up", "ticket down", "desk down", "server down"];
    for isolation in ["thread", "process", "none"] {
        let (answer, log) = run(&["-n1", "--isolation", isolation]);
        assert!(answer.stdout.contains("test result: ok. 5 passed; 0 failed; 8 ignored"), "{}", answer.text());
        assert_eq!(log, whole, "{isolation}");
    }
    // Four processes, and each of them needs the server.
    let (answer, log) = run(&["-n1", "--isolation", "test"]);
    assert!(answer.stdout.contains("test result: ok. 5 passed; 0 failed; 8 ignored"), "{}", answer.text());
    let without_ticket = ["server up", "desk up", "desk down", "server down"];
    assert_eq!(log, [&without_ticket[..], &without_ticket, &without_ticket, &whole].concat());
}

#[test]
fn process_and_worker_fixtures_are_set_up_once_in_their_scopes() {
    let (answer, log) = run(&["-n4", "--repeat", "50"]);
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    let count = |what: &str| log.iter().filter(|line| *line == what).count();
    assert_eq!((count("server up"), count("server down")), (1, 1));
    assert_eq!(log.first().map(String::as_str), Some("server up"));
    assert_eq!(log.last().map(String::as_str), Some("server down"));
    assert_eq!((count("ticket up"), count("ticket down")), (50, 50));
    // A worker that gets no test needs no fixture.
    assert!((1..=4).contains(&count("desk up")) && count("desk up") == count("desk down"), "{log:?}");
}

#[test]
fn fixtures_of_a_test_that_panics_are_torn_down() {
    for isolation in ISOLATIONS {
        let (answer, log) = run(&["-n1", "--isolation", isolation, "--ignored", "--exact", "panics"]);
        assert_eq!(answer.code, Some(101), "{}", answer.text());
        let whole = ["server up", "desk up", "ticket up", "ticket down", "desk down", "server down"];
        assert_eq!(log, whole, "{isolation}");
    }
}

#[test]
fn a_failed_shared_fixture_fails_every_test_that_needs_it() {
    check(
        fixture("fixture_functions"),
        &["-n1", "--ignored", "bad_luck"],
        expect![[r#"

            running 7 tests
            test bad_luck::broken_1 ... FAILED
            test bad_luck::broken_2 ... FAILED
            test bad_luck::panicky_1 ... FAILED
            test bad_luck::panicky_2 ... FAILED
            test bad_luck::late_1 ... ok
            test bad_luck::missing_1 ... ignored, there is none here
            test bad_luck::missing_2 ... ignored, there is none here
            error: the fixture `late` (tests/examples/fixture_functions.rs:160:4) could not be torn down: it stays

            failures:

            ---- bad_luck::broken_1 stdout ----
            Error: cannot set up the fixture broken: no luck
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example fixture_functions -- --seed SEED --include-ignored --exact bad_luck::broken_1

            ---- bad_luck::broken_2 stdout ----
            Error: cannot set up the fixture broken: it failed for the test `bad_luck::broken_1` and is not tried again
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example fixture_functions -- --seed SEED --include-ignored --exact bad_luck::broken_2

            ---- bad_luck::panicky_1 stdout ----

            thread 'bad_luck::panicky_1' (ID) panicked at tests/examples/fixture_functions.rs:154:5:
            bad luck
            note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
            note: a fixture panicked: bad luck
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example fixture_functions -- --seed SEED --include-ignored --exact bad_luck::panicky_1

            ---- bad_luck::panicky_2 stdout ----
            Error: cannot set up the fixture panicky: it failed for the test `bad_luck::panicky_1` and is not tried again
              = worker 0 of 1, seed SEED, took TIMEs
              = again: cargo test -p swimlanes-tests --example fixture_functions -- --seed SEED --include-ignored --exact bad_luck::panicky_2


            failures:
                bad_luck::broken_1
                bad_luck::broken_2
                bad_luck::panicky_1
                bad_luck::panicky_2

            test result: FAILED. 1 passed; 4 failed; 2 ignored; 0 measured; 6 filtered out; finished in TIMEs

            --- exit code 101
        "#]],
    );
    let (_, log) = run(&["-n1", "--ignored", "bad_luck"]);
    assert_eq!(log, ["broken", "panicky"], "once each");
}

#[test]
fn process_fixtures_under_nextest_are_set_up_for_each_test() {
    let nextest = nextest::run(&["fixture_functions"], &["--run-ignored", "all", "-E", "not test(bad_luck)"]);
    let path = nextest.file("log");
    let answer = nextest.env("LOG", path.clone()).run();
    assert!(answer.stderr.contains("6 tests run: 5 passed, 1 failed"), "{}", answer.text());
    let log = std::fs::read_to_string(path).expect("a log");
    for (what, n) in [("server up", 5), ("server down", 5), ("ticket up", 2), ("ticket down", 2)] {
        assert_eq!(log.lines().filter(|line| *line == what).count(), n, "{what}: {log}");
    }
}

#[test]
fn fixtures_option_lists_all_fixtures() {
    check(
        fixture("fixture_functions"),
        &["--fixtures"],
        expect![[r#"
            server: fixture_functions::Server, made for the process, tests/examples/fixture_functions.rs:27:10
                fixtures that take it: desk
                tests that take it: 1 (knows_the_server)
            desk: fixture_functions::Desk, made for the worker, tests/examples/fixture_functions.rs:54:4
                fixtures that take it: stream
                tests that take it: 1 (knows_the_server)
            stream: tokio::net::tcp::stream::TcpStream, made for the test, tests/examples/fixture_functions.rs:67:10
                fixtures that take it: ticket
                tests that take it: 2 (has_a_stream_of_its_own, runs_on_the_runtime_it_asked_for)
            ticket: fixture_functions::Ticket, made for the test, tests/examples/fixture_functions.rs:77:10
                fixtures that take it: stub
                tests that take it: 2 (shares_within_the_attempt, panics)
            stub: fixture_functions::Stub, made for the test, tests/examples/fixture_functions.rs:95:4
                tests that take it: 1 (shares_within_the_attempt)
            broken: fixture_functions::Broken, made for the process, tests/examples/fixture_functions.rs:144:4
                tests that take it: 2 (bad_luck::broken_1, bad_luck::broken_2)
            panicky: fixture_functions::Panicky, made for the worker, tests/examples/fixture_functions.rs:152:4
                tests that take it: 2 (bad_luck::panicky_1, bad_luck::panicky_2)
            late: fixture_functions::Late, made for the worker, tests/examples/fixture_functions.rs:160:4
                tests that take it: 1 (bad_luck::late_1)
            missing: fixture_functions::Missing, made for the process, tests/examples/fixture_functions.rs:171:4
                tests that take it: 2 (bad_luck::missing_1, bad_luck::missing_2)
            TestDir: of swimlanes, made for the test
                fixtures that take it: ticket
                tests that take it: 1 (takes_what_a_macro_says)
            --- exit code 0
        "#]],
    );
}

#[test]
fn invalid_fixtures_are_refused_before_any_test_runs() {
    let outputs =
        ISOLATIONS.map(|isolation| scrub(&fixture("invalid_fixtures").args(&["--isolation", isolation]).run().text()));
    expect![[r#"
        --- stderr
        error: `nest` (tests/examples/invalid_fixtures.rs:20:4) is made for each process and takes `invalid_fixtures::Hen`, which `hen` (tests/examples/invalid_fixtures.rs:10:4) makes for each test: it would be torn down too early
        error: `is_hunted` (tests/examples/invalid_fixtures.rs:30:4) takes `invalid_fixtures::Fox`, but no fixture makes it: no function with `#[swimlanes::fixture]` returns it, and it does not implement `swimlanes::Fixture`
        error: these fixtures need each other in a cycle: `hen` (tests/examples/invalid_fixtures.rs:10:4) -> `egg` (tests/examples/invalid_fixtures.rs:15:4) -> `hen` (tests/examples/invalid_fixtures.rs:10:4)
        --- exit code 2
    "#]].assert_eq(&outputs[0]);
    assert!(outputs.iter().all(|other| *other == outputs[0]), "{outputs:?}");
}

#[test]
fn list_works_with_invalid_fixtures() {
    let answer = fixture("invalid_fixtures").args(&["--list", "--format", "terse"]).run();
    assert_eq!(answer.stdout, "hatches: test\nis_hunted: test\ntakes_nothing: test\n");
}
