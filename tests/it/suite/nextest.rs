//! Fixture suites under the real cargo-nextest, with a process for each test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::support::executable::path;
use crate::support::suite_runner::{Answer, File, Fixture, fixture};
use crate::support::trace::Trace;
use crate::test;

/// A run of cargo-nextest with these fixtures. It gets a list of binaries, so it builds nothing.
pub(crate) fn run(fixtures: &[&str], args: &[&str]) -> Fixture {
    let binaries: Vec<(&str, PathBuf)> = fixtures.iter().map(|name| (*name, path(name))).collect();
    run_at(&binaries, "", args)
}

/// As `run`, with any programs and with a configuration.
pub(crate) fn run_at(binaries: &[(&str, PathBuf)], config_text: &str, args: &[&str]) -> Fixture {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("a list");
    let package = packages.iter().find(|package| package["name"] == env!("CARGO_PKG_NAME")).expect("this package");
    let binary = |(name, path): &(&str, PathBuf)| {
        let id = format!("{}::{name}", env!("CARGO_PKG_NAME"));
        let binary = json!({
            "binary-id": id, "binary-name": name, "package-id": package["id"], "kind": "test",
            "binary-path": path, "build-platform": "target",
        });
        (id, binary)
    };
    let binaries: serde_json::Map<String, Value> = binaries.iter().map(binary).collect();
    let meta = json!({
        "target-directory": metadata["target_directory"], "base-output-directories": [], "non-test-binaries": {},
        "build-script-out-dirs": {}, "linked-paths": [], "target-platforms": [], "target-platform": null,
    });
    // `cargo nextest` sets CARGO; the fixture's environment contains no variables of this test's harness.
    let nextest = Fixture::at("cargo-nextest").env("CARGO", env!("CARGO"));
    let (binaries_file, metadata_file, config) =
        (nextest.file("binaries.json"), nextest.file("metadata.json"), nextest.file("nextest.toml"));
    let write = |file: &File, text: String| std::fs::write::<&Path, _>(file.as_ref(), text).expect("written");
    write(&binaries_file, json!({ "rust-build-meta": meta, "rust-binaries": binaries }).to_string());
    write(&metadata_file, metadata.to_string());
    write(&config, config_text.to_owned());
    nextest
        .args(&["nextest", "run", "--no-fail-fast", "--color", "never", "--user-config-file", "none"])
        .args(&["--binaries-metadata", binaries_file.as_str(), "--cargo-metadata", metadata_file.as_str()])
        .args(&["--config-file", config.as_str()])
        .args(args)
}

fn metadata() -> &'static Value {
    static METADATA: OnceLock<Value> = OnceLock::new();
    METADATA.get_or_init(|| {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        // A build for this platform has downloaded its dependencies, and none of other platforms.
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--filter-platform", &host(), "--manifest-path"])
            .arg(manifest)
            .output()
            .expect("cargo starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("metadata")
    })
}

/// The platform of this machine, as the compiler names it.
fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().expect("rustc starts");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("it says").to_owned()
}

/// The version of a package that this one depends on.
pub(crate) fn version_of(name: &str) -> &'static str {
    let packages = metadata()["packages"].as_array().expect("a list");
    let package = packages.iter().find(|package| package["name"] == name).expect("a dependency");
    package["version"].as_str().expect("a version")
}

#[track_caller]
fn check_summary(answer: &Answer, expected: &str) {
    assert!(answer.stderr.contains(expected), "{}", answer.text());
}

#[test]
fn tags_hold_across_processes() {
    for threads in ["-j2", "-j4", "-j8"] {
        let nextest = run(&["tags"], &[threads]);
        let trace = nextest.file("trace");
        let answer = nextest.env("TRACE", &trace).run();
        check_summary(&answer, "26 tests run: 26 passed");
        Trace::read(&trace.text()).check(26, false);
        assert!(answer.left.is_empty(), "left behind: {:?}", answer.left);
    }
}

#[test]
fn slots_are_lanes() {
    let nextest = run(&["lanes"], &["-j4"]);
    let trace = nextest.file("trace");
    let answer = nextest.env("TRACE", &trace).run();
    check_summary(&answer, "18 tests run: 16 passed, 2 failed");
    let notes = trace.text();
    let notes: Vec<Value> = notes.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(notes.len(), 16);
    assert!(notes.iter().all(|note| note["count"] == 4 && note["slot"].as_u64() < Some(4)), "{notes:?}");
    let first = notes[0]["run"].as_str();
    assert!(first.is_some() && notes.iter().all(|note| note["run"].as_str() == first), "one run: {notes:?}");
    assert!(answer.left.is_empty(), "left behind: {:?}", answer.left);
}

#[test]
fn every_outcome_is_reported() {
    let answer = run(&["mixed"], &["-j2"]).run();
    check_summary(&answer, "19 tests run: 9 passed, 10 failed, 2 skipped");
    let answer = run(&["mixed"], &["-j2", "--run-ignored", "only"]).run();
    check_summary(&answer, "2 tests run: 1 passed, 1 failed, 19 skipped");
    let answer = run(&["async_tests", "fixture_outcomes"], &["-j2"]).run();
    check_summary(&answer, "26 tests run: 22 passed, 4 failed, 1 skipped");
}

#[test]
fn timeout_ends_a_test_that_hangs_under_nextest() {
    let answer = run(&["hangs"], &["-j2"]).run();
    check_summary(&answer, "8 tests run: 5 passed, 3 failed");
    assert!(answer.stderr.contains("ran longer than its timeout of 200ms"), "{}", answer.text());
}

#[test]
fn two_tests_of_one_name_are_refused_under_nextest() {
    let answer = run(&["dynamic_tests"], &[]).env("MADE", "twins").run();
    assert_eq!(answer.code, Some(104), "{}", answer.text());
    assert!(answer.stderr.contains("two tests are named `made::number 1`"), "{}", answer.text());
}

#[test]
fn a_test_that_does_not_exist_fails_under_nextest() {
    let nextest_asks = fixture("mixed").env("NEXTEST_EXECUTION_MODE", "process-per-test").env("NEXTEST_RUN_ID", "x");
    let answer = nextest_asks.args(&["--exact", "gone", "--nocapture"]).run();
    assert_eq!(answer.code, Some(4), "{}", answer.text());
    assert_eq!(answer.stderr, "error: no test is named `gone`; was the binary rebuilt?\n");
}
