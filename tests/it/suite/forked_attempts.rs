//! `--isolation test`: each attempt has a new process, although it is forked from a prepared one.

use crate::support::suite_runner::{Answer, fixture};
use crate::test;

fn run(args: &[&str]) -> Answer {
    fixture("forked_attempts").args(&["-n1", "--isolation", "test"]).args(args).run()
}

#[test]
fn no_attempt_sees_changes_of_another_one() {
    let answer = run(&[]);
    assert_eq!(answer.code, Some(101), "{}", answer.stdout);
    assert!(answer.stdout.contains("test result: FAILED. 2 passed; 1 failed; 2 ignored"), "{}", answer.stdout);
    assert_eq!(answer.stdout.matches("in the lane of its own").count(), 2, "{}", answer.stdout);
    assert!(answer.left.is_empty(), "{:?}", answer.left);
}

#[test]
fn a_test_that_kills_the_forked_process_loses_no_result() {
    let answer = run(&["--include-ignored", "--skip", "fails", "--skip", "stops"]);
    assert_eq!(answer.code, Some(0), "{}{}", answer.stdout, answer.stderr);
    assert!(answer.stdout.contains("test result: ok. 3 passed; 0 failed"), "{}", answer.stdout);
    assert!(answer.left.is_empty(), "{:?}", answer.left);
}

#[test]
fn a_test_that_stops_the_forked_process_does_not_block_the_run() {
    let answer =
        run(&["--include-ignored", "--exact", "a_first", "c_stops_its_parent", "d_comes_later", "--repeat", "3"]);
    assert_eq!(answer.code, Some(0), "{}{}", answer.stdout, answer.stderr);
    assert!(answer.stdout.contains("test result: ok. 9 passed; 0 failed"), "{}", answer.stdout);
    assert!(answer.left.is_empty(), "{:?}", answer.left);
}
