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
