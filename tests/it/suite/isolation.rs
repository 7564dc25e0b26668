//! What a test may do to its thread, and how little the next one sees of it.

use crate::suite::fixture::fixture;
use crate::suite::scrub::scrub;
use crate::test;

#[test]
fn each_line_stands_under_the_test_that_wrote_it() {
    for workers in ["1", "2", "8"] {
        let answer = fixture("made").args(&["-n", workers, "--show-output", "number"]).run();
        let text = scrub(&answer.stdout);
        for n in 1..=3 {
            let block = text.split(&format!("---- made::number {n} stdout ----\n")).nth(1).expect("a block");
            assert!(block.starts_with(&format!("number {n}\n")), "{block}");
        }
    }
}

#[test]
fn nocapture_writes_at_once() {
    let answer = fixture("mixed").args(&["-n1", "--nocapture", "--exact", "passes_and_prints", "panics"]).run();
    assert!(answer.stdout.contains("to stdout\n"), "{}", answer.stdout);
    assert!(answer.stderr.contains("thread 'panics' ("), "{}", answer.stderr);
    assert!(!answer.stdout.contains("thread 'panics'"), "{}", answer.stdout);
}

#[test]
fn no_test_starts_on_top_of_another_one() {
    for workers in ["1", "4", "8"] {
        let answer = fixture("rayon").args(&["-n", workers, "--repeat", "5"]).run();
        assert!(answer.stdout.contains("test result: ok. 100 passed"), "{}", answer.text());
    }
}

#[test]
fn a_test_that_ends_the_process_is_no_pass() {
    let expected = "\nerror: the test `exits` ended the process with `exit` before the run was over; \
                    the tests without a result above have none\n";
    let answer = fixture("rayon").args(&["-n2", "--include-ignored"]).run();
    assert_eq!((answer.code, &*answer.stderr), (Some(101), expected), "{}", answer.text());
    let as_nextest = fixture("rayon").env("NEXTEST_EXECUTION_MODE", "process-per-test").env("NEXTEST_RUN_ID", "x");
    let answer = as_nextest.args(&["--exact", "exits", "--nocapture", "--ignored"]).run();
    assert_eq!((answer.code, &*answer.stderr), (Some(101), expected), "{}", answer.text());
}
