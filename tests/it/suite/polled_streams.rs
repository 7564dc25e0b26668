//! A test can poll its stdout and stderr in every isolation, and a reader of its output keeps up with it.

use std::process::Stdio;

use crate::suite::nextest;
use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "epoll is Linux")]
fn a_test_can_poll_its_streams_in_each_isolation() {
    for isolation in ISOLATIONS {
        let args = ["--exact", "polls_its_streams", "--isolation", isolation];
        let answer = fixture("polls_streams").args(&args).run();
        assert_eq!(answer.code, Some(0), "{isolation}: {}", answer.text());
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "epoll is Linux")]
fn a_test_can_poll_its_streams_under_nextest() {
    let answer = nextest::run(&["polls_streams"], &["-E", "test(polls_its_streams)"]).run();
    assert!(answer.stderr.contains("1 test run: 1 passed"), "{}", answer.text());
}

#[test]
fn more_output_than_a_pipe_holds_is_reported_in_each_isolation() {
    for isolation in ["process", "test"] {
        let args = ["--exact", "writes_much", "--isolation", isolation];
        let answer = fixture("polls_streams").args(&args).stdout(Stdio::piped()).run();
        assert_eq!(answer.code, Some(101), "{isolation}");
        assert!(answer.stdout.contains("after much output"), "{isolation}");
        assert!(answer.stdout.contains("\nend\n"), "{isolation}: the last line of the child is missing");
        assert_eq!(answer.stdout.matches('x').count() / 1023, 512, "{isolation}: output is missing");
    }
}
