//! A suite for libtest, with one added line in its root: plain tests, and those of other crates, run on swimlanes.

use std::path::Path;

use expect_test::expect;

use crate::support::compile::{compile, library};
use crate::support::suite_runner::ISOLATIONS;
use crate::test;

#[test]
fn macro_use_runs_tests_of_other_crates() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/migrated.rs");
    let externs = ["proptest", "quickcheck", "rstest"].map(|name| format!("{name}={}", library(name).display()));
    let externs = externs.iter().flat_map(|one| ["--extern", one]);
    // Like cargo for a target with `harness = false`.
    let built = compile(&root, &["--cfg", "test"].into_iter().chain(externs).collect::<Vec<_>>());
    assert_eq!(built.stderr, "");
    let answer = built.fixture().args(&["--list"]).run();
    expect![[r#"
        plain: test
        panics: test
        ignored: test
        fails: test
        child::plain: test
        child::grandchild::plain: test
        property: test
        property_that_fails: test
        checked_quickly: test
        with_rstest::by_scope: test
        with_rstest::cases::case_1: test
        with_rstest::cases::case_2: test
        with_rstest::cases_of_ours::case_1: test
        with_rstest::cases_of_ours::case_2: test
        with_import::plain: test
        with_import::by_scope: test
        with_import::property: test

        17 tests, 0 benchmarks
        --- exit code 0
    "#]]
    .assert_eq(&answer.text());
    for isolation in ISOLATIONS {
        let answer = built.fixture().args(&["--isolation", isolation]).run();
        assert_eq!(answer.code, Some(101), "{}", answer.text());
        assert!(answer.stdout.contains("FAILED. 14 passed; 2 failed; 1 ignored"), "{}", answer.text());
    }
}
