//! `cargo swimlanes nextest-config`: with its file, the scheduler of cargo-nextest keeps the tags.

use std::collections::BTreeSet;
use std::path::Path;

use crate::suite::nextest;
use crate::support::executable::path;
use crate::support::suite_runner::fixture;
use crate::support::trace::Trace;
use crate::test;

/// The binary ID in nextest, which refuses one that is not in the workspace.
const BINARY: &str = "swimlanes-tests::example/many_tags";

/// Runs the 300 tests of the suite on this number of threads, with the file or without, checks their tags, and returns the tests that waited
/// for a lock.
#[track_caller]
fn waiting(threads: &str, config: Option<&str>) -> BTreeSet<String> {
    let binary = ("example/many_tags", path("many_tags"));
    let mut nextest = nextest::run_at(&[binary], "", &["-j", threads, "--success-output", "immediate"]);
    if let Some(text) = config {
        let file = nextest.file("swimlanes.toml");
        std::fs::write::<&Path, _>(file.as_ref(), text).expect("written");
        nextest = nextest.args(&["--tool-config-file", &format!("swimlanes:{}", file.as_str())]);
    }
    let trace = nextest.file("trace");
    let answer = nextest.env("TRACE", &trace).env("SWIMLANES_SLOW_AFTER", "1ms").run();
    assert!(answer.stderr.contains("300 tests run: 300 passed"), "{}", answer.text());
    Trace::read(&trace.text()).check(300, false);
    let waited = answer.stderr.lines().filter(|line| line.contains(" has waited for "));
    waited.filter_map(|line| Some(line.split('`').nth(1)?.to_owned())).collect()
}

#[test]
fn only_the_named_tests_wait_for_a_lock_under_nextest() {
    let list = fixture("many_tags").args(&["--list", "--format", "json"]).run().stdout;
    let config = cargo_swimlanes::nextest_config(&[(BINARY, &list)]).expect("a list");
    let named: BTreeSet<String> = config.waiters.into_iter().map(|(_, name)| name).collect();
    let is_named = |name: &String| name.starts_with("redis_") || name.starts_with("key_");
    assert!(named.iter().all(is_named), "{named:?}");
    for threads in ["4", "8"] {
        let waited = waiting(threads, Some(&config.text));
        assert!(waited.is_subset(&named), "{:?}", waited.difference(&named));
    }
    // Without the file, others wait, too.
    let waited = waiting("8", None);
    assert!(!waited.is_subset(&named), "{waited:?}");
}

/// The test fails once: with its own retries, nextest sees one attempt.
#[test]
fn retries_of_the_attribute_yield_to_those_of_nextest() {
    for (args, expected) in [(&[][..], "1 test run: 1 passed, 3 skipped"), (&["--retries", "1"], "FLAKY 2/2")] {
        let failures = tempfile::tempdir().expect("a directory");
        std::fs::write(failures.path().join("settles_by_itself"), "1").expect("written");
        let directory = failures.path().to_str().expect("text");
        let args = [&["-E", "test(=settles_by_itself)"], args].concat();
        let answer = nextest::run(&["flaky"], &args).env("FAILURES", directory).run();
        assert!(answer.stderr.contains(expected), "{args:?}: {}", answer.text());
        assert_eq!(answer.code, Some(0), "{args:?}: {}", answer.text());
    }
}
