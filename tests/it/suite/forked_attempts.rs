//! `--isolation test`: each attempt has a process that is like new, though it is a copy.

use crate::support::suite_runner::{Answer, fixture};
use crate::test;

fn run(args: &[&str]) -> Answer {
    fixture("forked_attempts").args(&["-n1", "--isolation", "test"]).args(args).run()
}

#[test]
fn no_attempt_sees_what_another_one_did() {
    let answer = run(&[]);
    assert_eq!(answer.code, Some(101), "{}", answer.stdout);
    assert!(answer.stdout.contains("test result: FAILED. 2 passed; 1 failed; 2 ignored"), "{}", answer.stdout);
    assert_eq!(answer.stdout.matches("in the lane of its own").count(), 2, "{}", answer.stdout);
    assert!(answer.left.is_empty(), "{:?}", answer.left);
}

#[test]
fn who_ends_the_process_that_is_copied_takes_no_result_along() {
    let answer = run(&["--include-ignored", "--skip", "fails", "--skip", "stops"]);
    assert_eq!(answer.code, Some(0), "{}{}", answer.stdout, answer.stderr);
    assert!(answer.stdout.contains("test result: ok. 3 passed; 0 failed"), "{}", answer.stdout);
    assert!(answer.left.is_empty(), "{:?}", answer.left);
}

#[test]
fn who_stops_the_process_that_is_copied_does_not_hold_up_the_run() {
    let answer =
        run(&["--include-ignored", "--exact", "a_first", "c_stops_its_parent", "d_comes_later", "--repeat", "3"]);
    assert_eq!(answer.code, Some(0), "{}{}", answer.stdout, answer.stderr);
    assert!(answer.stdout.contains("test result: ok. 9 passed; 0 failed"), "{}", answer.stdout);
    assert!(answer.left.is_empty(), "{:?}", answer.left);
}
