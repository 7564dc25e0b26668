//! Suites with a wrong setup fail with a reason.

use std::path::Path;

use expect_test::expect;

use crate::support::compile::compile;
use crate::support::scrub::scrub;
use crate::support::suite_runner::fixture;
use crate::test;

#[test]
fn missing_harness_false_is_reported() {
    // The empty fixture on the compiler's own harness, like a target without `harness = false`.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/empty.rs");
    let built = compile(&root, &["--test"]);
    assert!(built.is_ok(), "{}", built.stderr);
    let answer = built.fixture().args(&["--test-threads=1"]).run();
    assert_eq!(answer.code, Some(101), "{}", answer.text());
    assert_eq!(answer.ran(), ["harness_false_is_missing_in_cargo_toml"]);
    assert!(answer.stdout.contains("set `harness = false` for it in Cargo.toml"), "{}", answer.text());
}

#[test]
fn a_suite_without_tests_is_reported() {
    expect![[r#"

        running 0 tests
        warning: this suite has no tests: no function has `#[swimlanes::test]`

        test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in TIMEs

        --- exit code 0
    "#]]
    .assert_eq(&scrub(&fixture("empty").run().text()));
}
