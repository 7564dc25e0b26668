//! `retry_on = "process"` and `--retry-on process`: a retry has a new process, in every isolation mode and under cargo-nextest.

use crate::suite::nextest;
use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

#[test]
fn retry_on_process_retries_in_a_new_process() {
    for isolation in ISOLATIONS {
        for workers in ["-n1", "-n2"] {
            let answer = fixture("retried_processes").args(&[workers, "--isolation", isolation]).run();
            assert_eq!(answer.code, Some(0), "{isolation}: {}", answer.text());
            assert!(answer.stdout.contains("3 passed; 0 failed; 1 ignored"), "{isolation}: {}", answer.text());
            assert!(
                answer.stdout.contains("needs_a_new_process ... ok (flaky: passed on attempt 3)"),
                "{}",
                answer.text()
            );
            assert!(answer.left.is_empty(), "{isolation}: {:?}", answer.left);
        }
        let args = ["--isolation", isolation, "--ignored", "--retry-on", "process"];
        let answer = fixture("retried_processes").args(&args).run();
        assert_eq!(answer.code, Some(0), "{isolation}: {}", answer.text());
    }
}

#[test]
fn retry_on_process_retries_in_a_new_process_under_nextest() {
    let answer = nextest::run(&["retried_processes"], &[]).run();
    assert!(answer.stderr.contains("3 tests run: 3 passed, 1 skipped"), "{}", answer.text());
}

#[test]
fn retry_on_same_stays_in_its_process() {
    for isolation in ["thread", "process", "none"] {
        let answer = fixture("retried_processes").args(&["--isolation", isolation, "--ignored"]).run();
        assert_eq!(answer.code, Some(101), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("this process has run the test before"), "{isolation}: {}", answer.text());
    }
}
