//! Suites that are set up wrongly are not green in silence.

use std::path::{Path, PathBuf};
use std::process::Command;

use expect_test::expect;

use crate::suite::fixture::{Fixture, fixture, path};
use crate::suite::scrub::scrub;
use crate::test;

/// The newest library of that name that cargo has built for the fixtures.
fn library(name: &str) -> PathBuf {
    let deps = path("mixed").with_file_name("deps");
    let is_it = |path: &PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        file.starts_with(&format!("lib{name}-")) && file.ends_with(".rlib")
    };
    let entries = std::fs::read_dir(deps).expect("cargo has built something").flatten().map(|entry| entry.path());
    let age = |path: &PathBuf| path.metadata().and_then(|metadata| metadata.modified()).ok();
    entries.filter(is_it).max_by_key(age).expect("the library is there")
}

/// The empty fixture on the compiler's own harness, as a target without `harness = false` would be.
fn without_harness_false() -> Fixture {
    let twin = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("no-harness-false-{}", std::process::id()));
    let swimlanes = library("swimlanes");
    // With the feature `duckdb` the library links this one, which cargo would say.
    let duckdb = std::env::var("DUCKDB_LIB_DIR").ok();
    let linked = duckdb.map(|dir| [format!("-Lnative={dir}"), format!("-Clink-arg=-Wl,-rpath,{dir}")]);
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiled = Command::new(rustc)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in the workspace"))
        .args(["--test", "--edition", "2024", "--crate-name", "suite", "tests/fixtures/empty.rs", "-o"])
        .arg(&twin)
        .arg("--extern")
        .arg(format!("swimlanes={}", swimlanes.display()))
        .arg("-L")
        .arg(format!("dependency={}", swimlanes.parent().expect("a directory").display()))
        .args(linked.into_iter().flatten())
        .envs([("CARGO_CRATE_NAME", "suite"), ("CARGO_PKG_NAME", "shop")])
        .output()
        .expect("rustc starts");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    Fixture::at(twin)
}

#[test]
fn harness_false_is_missed() {
    let answer = without_harness_false().args(&["--test-threads=1"]).run();
    assert_eq!(answer.code, Some(101), "{}", answer.text());
    assert_eq!(answer.ran(), ["harness_false_is_missing_in_cargo_toml"]);
    assert!(answer.stdout.contains("set `harness = false` for it in Cargo.toml"), "{}", answer.text());
}

#[test]
fn a_suite_without_tests_is_noticed() {
    expect![[r#"

        running 0 tests
        warning: this suite has no tests: none carries `#[swimlanes::test]`, and a plain `#[test]` is not seen here

        test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in TIMEs

        --- exit code 0
    "#]]
    .assert_eq(&scrub(&fixture("empty").run().text()));
}
