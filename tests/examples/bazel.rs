//! Tests that see what Bazel's protocol gives to a test program.
#![allow(missing_docs)]

use swimlanes::prelude::*;

/// A variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[swimlanes::test]
fn sees_the_file_of_a_premature_exit() {
    if let Some(path) = variable("TEST_PREMATURE_EXIT_FILE") {
        assert!(std::path::Path::new(&path).exists());
    }
}

#[swimlanes::test]
fn has_a_directory_below_that_of_bazel(dir: TestDir) {
    if let Some(path) = variable("TEST_TMPDIR") {
        assert!(dir.path().starts_with(path), "{}", dir.path().display());
    }
}

#[swimlanes::test(retries = 1)]
fn is_flaky() {
    assert!(swimlanes::current_test().is_some_and(|test| test.attempt() > 1));
}

#[swimlanes::test(cases(0, 1, 2, 3, 4, 5, 6, 7))]
fn number(#[case] _number: u32) {}

#[swimlanes::test]
#[ignore = "the tests of a premature exit request it"]
fn ends_the_program() {
    std::process::exit(0);
}

mod fails {
    #[swimlanes::test]
    #[ignore = "the tests of failures request it"]
    fn first() {
        panic!("as requested");
    }

    #[swimlanes::test]
    #[ignore = "the tests of failures request it"]
    fn second() {
        panic!("as requested");
    }
}

swimlanes::main!();
