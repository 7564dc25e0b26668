//! A teardown that ends the process fails the run, and is reported with the fixture and the way in which the process ended.

use crate::support::suite_runner::{Fixture, ISOLATIONS, fixture};
use crate::test;

/// How the teardown ends the process, and how that is reported.
const ENDS: [(&str, &str); 4] = [("abort", "SIGABRT"), ("fault", "SIGSEGV"), ("overflow", "SIGSEGV"), ("exit", "exit")];

#[track_caller]
fn check(scope: &str, mode: &str, in_mode: impl Fn(Fixture) -> Fixture) {
    for (end, reported) in ENDS {
        let fixture = in_mode(fixture("crashing_teardown").env("SCOPE", scope).env("END", end));
        let answer = fixture.run();
        assert_ne!(answer.code, Some(0), "{mode}, {scope}, {end}: {}", answer.text());
        let text = answer.text();
        let named = format!("the fixture `of_{scope}` (tests/examples/crashing_teardown.rs:");
        let is_named = text.lines().any(|line| line.contains(&named) && line.contains(reported));
        assert!(is_named, "{mode}, {scope}, {end}: {text}");
    }
}

#[test]
fn crash_in_teardown_of_worker_or_process_scope_names_the_fixture_and_the_signal() {
    for isolation in ISOLATIONS {
        for scope in ["worker", "process"] {
            check(scope, isolation, |fixture| fixture.args(&["--isolation", isolation]));
        }
    }
}

#[test]
fn crash_in_teardown_of_worker_or_process_scope_names_the_fixture_and_the_signal_under_nextest() {
    for scope in ["worker", "process"] {
        check(scope, "nextest", |fixture| {
            let fixture = fixture.env("NEXTEST_EXECUTION_MODE", "process-per-test").env("NEXTEST_RUN_ID", "x");
            fixture.args(&["--exact", "uses_all", "--nocapture"])
        });
    }
}

#[test]
fn crash_in_teardown_of_run_scope_names_the_fixture_and_the_signal() {
    for isolation in ISOLATIONS {
        check("run", isolation, |fixture| fixture.args(&["--isolation", isolation]));
    }
}
