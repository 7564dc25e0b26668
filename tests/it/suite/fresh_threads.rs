//! `--fresh-threads` and `thread = "fresh"`: each test runs on a new thread with the name of the test.

use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

#[test]
fn fresh_threads_have_the_names_of_their_tests() {
    for isolation in ISOLATIONS {
        let answer = fixture("fresh_threads").args(&["-n1", "--fresh-threads", "--isolation", isolation]).run();
        assert_eq!(answer.code, Some(0), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("5 passed; 0 failed; 1 ignored"), "{isolation}: {}", answer.text());
    }
}

#[test]
fn fresh_threads_are_the_default_only_with_the_attribute() {
    for isolation in ["thread", "process", "none"] {
        let answer = fixture("fresh_threads").args(&["-n1", "--isolation", isolation]).run();
        assert_eq!(answer.code, Some(101), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("2 passed; 3 failed; 1 ignored"), "{isolation}: {}", answer.text());
    }
}

#[test]
fn fresh_threads_under_nextest_are_requested_by_a_variable() {
    let one = || {
        let fixture = fixture("fresh_threads").args(&["--exact", "inner::two", "--nocapture"]);
        fixture.env("NEXTEST_EXECUTION_MODE", "process-per-test").env("NEXTEST_RUN_ID", "x")
    };
    let answer = one().env("SWIMLANES_FRESH_THREADS", "1").run();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    assert_eq!(one().run().code, Some(101));
}

#[test]
fn fresh_threads_that_hang_are_reported_with_their_stack() {
    for isolation in ISOLATIONS {
        let args = ["-n1", "--fresh-threads", "--ignored", "--isolation", isolation];
        let answer = fixture("fresh_threads").args(&args).run();
        assert_eq!(answer.code, Some(101), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("fresh_threads::hangs"), "{isolation}: {}", answer.text());
    }
}
