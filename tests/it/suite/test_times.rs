//! libtest's flags about time and processes: `--report-time`, `--ensure-time`, `--force-run-in-process`.

use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

#[test]
fn ensure_time_fails_a_test_that_took_too_long() {
    for isolation in ISOLATIONS {
        let run = |limits: &str| {
            let fixture = fixture("mixed").env("RUST_TEST_TIME_INTEGRATION", limits).env("RUST_TEST_TIME_UNIT", limits);
            fixture
                .args(&["-n1", "--isolation", isolation, "--ensure-time", "-Zunstable-options", "--exact", "passes"])
                .run()
        };
        // Each test takes longer than 0 ms.
        let answer = run("0,0");
        assert_eq!(answer.code, Some(101), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("time limit exceeded: the test took "), "{isolation}: {}", answer.text());
        let answer = run("0,3600000");
        assert_eq!(answer.code, Some(0), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("test passes ... ok <"), "{isolation}: {}", answer.text());
        for wrong in ["soon", "5", "10,5", "1,2,3"] {
            let answer = run(wrong);
            assert_eq!(answer.code, Some(2), "{isolation}: {}", answer.text());
            assert!(
                answer.stderr.contains(&format!("is `{wrong}`: give WARN,CRITICAL in milliseconds")),
                "{}",
                answer.text()
            );
        }
    }
    // Without the flag, the variables have no effect.
    let answer = fixture("mixed").env("RUST_TEST_TIME_INTEGRATION", "0,0").args(&["--exact", "passes"]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
}

#[test]
fn report_time_and_force_run_in_process_are_accepted() {
    let answer = fixture("mixed").args(&["--report-time", "--force-run-in-process", "--exact", "passes"]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    assert!(answer.stdout.contains("test passes ... ok <"), "{}", answer.text());
}
