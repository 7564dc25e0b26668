//! `cargo swimlanes report`, on files as `--events` writes them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use expect_test::{Expect, expect};
use serde_json::Value;
use tempfile::TempDir;

/// The first line of a file.
fn started(suite: &str, run: &str, planned: u32) -> String {
    format!(
        r#"{{"event":"run_started","version":1,"run":"{run}","suite":"{suite}","seed":7,"shuffled":false,"workers":2,"planned":{planned},"iterations":1,"filtered_out":0,"captured":true,"again":"cargo test --"}}"#
    )
}

/// An attempt that failed, with its output.
fn failed_attempt(name: &str, attempt: u32) -> String {
    let head = format!(r#"{{"event":"attempt_finished","case":0,"name":"{name}","iteration":1,"attempt":{attempt}"#);
    format!(
        r#"{head},"worker":1,"at_ns":1000000,"took_ns":2500000,"outcome":"failed","kind":"panic","message":"1 < 2 & <b>","location":"a.rs:1:1","output":"before\n"}}"#
    )
}

fn passed_attempt(name: &str, attempt: u32) -> String {
    let head = format!(r#"{{"event":"attempt_finished","case":0,"name":"{name}","iteration":1,"attempt":{attempt}"#);
    format!(r#"{head},"worker":0,"at_ns":0,"took_ns":1000000,"outcome":"passed","output":""}}"#)
}

fn verdict(name: &str, verdict: &str) -> String {
    let head = format!(r#"{{"event":"case_finished","case":0,"name":"{name}","iteration":1,{verdict}"#);
    format!(r#"{head},"worker":1,"attempts":1,"queued_ns":0,"took_ns":2500000,"should_panic":false}}"#)
}

const FAIL: &str = r#""verdict":"fail","kind":"panic","message":"1 < 2 & <b>","location":"a.rs:1:1""#;
const FLAKY: &str = r#""verdict":"flaky","first":{"kind":"panic","message":"1 < 2 & <b>"}"#;
const PASS: &str = r#""verdict":"pass""#;
const SKIP: &str = r#""verdict":"skip","reason":"no network""#;
const NOT_RUN: &str = r#""verdict":"not_run","because":"out_of_time""#;
const FINISHED: &str = r#"{"event":"run_finished","took_ns":5000000,"stopped":null}"#;

/// A directory with these files.
fn files(files: &[(&str, &[String])]) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, lines) in files {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(directory.path().join(name), text).expect("written");
    }
    directory
}

fn report(directory: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-swimlanes"));
    command.current_dir(directory).args(["swimlanes", "report"]).args(args).output().expect("it starts")
}

#[track_caller]
fn check(directory: &TempDir, args: &[&str], code: i32, expected: Expect) {
    let Output { status, stdout, stderr } = report(directory.path(), args);
    let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).expect("text"));
    assert_eq!(status.code(), Some(code), "{stdout}{stderr}");
    expected.assert_eq(&format!("{stdout}{stderr}"));
}

/// Two shards of a suite, with each verdict, and another suite.
fn shards() -> TempDir {
    let first = [
        started("shop::api", "1-a", 3),
        failed_attempt("fails", 1),
        verdict("fails", FAIL),
        failed_attempt("is_flaky", 1),
        passed_attempt("is_flaky", 2),
        verdict("is_flaky", FLAKY),
        verdict("skipped", SKIP),
        FINISHED.to_owned(),
    ];
    let second = [
        started("shop::api", "2-a", 2),
        passed_attempt("passes", 1),
        verdict("passes", PASS),
        verdict("is_late", NOT_RUN),
        r#"{"event":"something_new","more":1}"#.to_owned(),
        FINISHED.to_owned(),
    ];
    let other = [started("shop", "3-a", 1), passed_attempt("adds", 1), verdict("adds", PASS), FINISHED.to_owned()];
    files(&[("1.jsonl", &first), ("2.jsonl", &second), ("other.jsonl", &other)])
}

#[test]
fn shards_become_one_suite_of_the_junit_report() {
    let directory = shards();
    check(
        &directory,
        &["1.jsonl", "2.jsonl", "other.jsonl", "--junit", "all.xml"],
        101,
        expect![[r#"
            shop::api: 2 passed (1 flaky), 1 failed, 1 skipped, 1 not run; took 0.01s
            shop: 1 passed, 0 failed, 0 skipped; took 0.01s
        "#]],
    );
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="swimlanes" tests="6" skipped="2" failures="1" errors="0">
            <testsuite name="shop::api" tests="5" skipped="2" errors="0" failures="1">
                <testcase name="fails" classname="shop::api" time="0.003">
                    <properties>
                        <property name="worker" value="1"/>
                    </properties>
                    <failure message="1 &lt; 2 &amp; &lt;b&gt;" type="panic">1 &lt; 2 &amp; &lt;b&gt;
        at a.rs:1:1</failure>
                    <system-out>before
        </system-out>
                </testcase>
                <testcase name="is_flaky" classname="shop::api" time="0.003">
                    <properties>
                        <property name="worker" value="1"/>
                    </properties>
                    <flakyFailure time="0.003" message="1 &lt; 2 &amp; &lt;b&gt;" type="panic">1 &lt; 2 &amp; &lt;b&gt;
        at a.rs:1:1
                        <system-out>before
        </system-out>
                    </flakyFailure>
                </testcase>
                <testcase name="skipped" classname="shop::api" time="0.003">
                    <properties>
                        <property name="worker" value="1"/>
                    </properties>
                    <skipped message="no network"/>
                </testcase>
                <testcase name="passes" classname="shop::api" time="0.003">
                    <properties>
                        <property name="worker" value="1"/>
                    </properties>
                </testcase>
                <testcase name="is_late" classname="shop::api" time="0.003">
                    <properties>
                        <property name="worker" value="1"/>
                    </properties>
                    <skipped message="the run took too long"/>
                </testcase>
            </testsuite>
            <testsuite name="shop" tests="1" skipped="0" errors="0" failures="0">
                <testcase name="adds" classname="shop" time="0.003">
                    <properties>
                        <property name="worker" value="1"/>
                    </properties>
                </testcase>
            </testsuite>
        </testsuites>
    "#]]
    .assert_eq(&fs::read_to_string(directory.path().join("all.xml")).expect("a report"));
}

#[test]
fn page_and_trace_contain_each_test() {
    let directory = shards();
    report(directory.path(), &["1.jsonl", "2.jsonl", "--html", "all.html", "--trace", "all.json"]);
    let page = fs::read_to_string(directory.path().join("all.html")).expect("a page");
    for name in ["fails", "is_flaky", "skipped", "passes", "is_late"] {
        assert_eq!(page.matches(&format!("<td>{name}")).count(), 1, "{name} in {page}");
    }
    // A failure cannot change the page.
    assert!(page.contains("1 &lt; 2 &amp; &lt;b&gt;") && !page.contains("<b>"), "{page}");
    let text = fs::read_to_string(directory.path().join("all.json")).expect("a trace");
    let trace: Value = serde_json::from_str(&text).expect("JSON");
    let bars = trace["traceEvents"].as_array().expect("a list").iter().filter(|event| event["ph"] == "X");
    let bars: Vec<String> =
        bars.map(|bar| format!("{} {} {} {} {}", bar["name"], bar["pid"], bar["tid"], bar["ts"], bar["dur"])).collect();
    let expected = [
        r#""fails" 1 1 1000.0 2500.0"#,
        r#""is_flaky" 1 1 1000.0 2500.0"#,
        r#""is_flaky" 1 0 0.0 1000.0"#,
        r#""passes" 2 0 0.0 1000.0"#,
    ];
    assert_eq!(bars, expected);
}

#[test]
fn report_passes_if_all_tests_passed() {
    check(
        &shards(),
        &["other.jsonl"],
        0,
        expect![[r#"
            shop: 1 passed, 0 failed, 0 skipped; took 0.01s
        "#]],
    );
}

#[test]
fn missing_results_are_an_error_that_names_the_running_tests() {
    let running =
        r#"{"event":"attempt_started","case":0,"name":"hangs","iteration":1,"attempt":1,"worker":0,"at_ns":0}"#;
    let cut = [started("shop", "1-a", 3), verdict("adds", PASS), running.to_owned()];
    let short = [started("shop::api", "2-a", 2), verdict("adds", PASS), FINISHED.to_owned()];
    let directory = files(&[("cut.jsonl", &cut), ("short.jsonl", &short)]);
    // The process was killed while it wrote.
    let path = directory.path().join("cut.jsonl");
    fs::write(&path, fs::read_to_string(&path).expect("read") + "{\"event\":\"case_fin").expect("written");
    check(
        &directory,
        &["cut.jsonl", "short.jsonl", "--junit", "all.xml"],
        1,
        expect![[r#"
        shop: 1 passed, 0 failed, 0 skipped; took 0.00s
        shop::api: 1 passed, 0 failed, 0 skipped; took 0.01s
        error: results are missing:
          cut.jsonl ends before the run did, with the results of 1 of 3 tests; these tests were running: hangs
          short.jsonl has the results of 1 of 2 tests
    "#]],
    );
    let xml = fs::read_to_string(directory.path().join("all.xml")).expect("a report");
    assert!(xml.contains("no result: the run ended while the test was running"), "{xml}");
}

#[test]
fn wrong_files_are_errors_that_name_the_place() {
    let good = [started("shop", "1-a", 0), FINISHED.to_owned()];
    let newer = [started("shop", "1-a", 0).replace("\"version\":1", "\"version\":9")];
    let damaged = [started("shop", "1-a", 0), "{\"event\":".to_owned(), FINISHED.to_owned()];
    let other = ["{\"a\":1}".to_owned()];
    let directory = files(&[
        ("good", &good),
        ("again", &good),
        ("newer", &newer),
        ("damaged", &damaged),
        ("other", &other),
        ("empty", &[]),
    ]);
    let mut all = String::new();
    for args in [&["good", "again"][..], &["newer"], &["damaged"], &["other"], &["empty"], &["none"]] {
        let output = report(directory.path(), args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        all += &String::from_utf8(output.stderr).expect("text");
    }
    expect![[r#"
        error: again contains the same run as a file before it
        error: cannot read newer: its events have version 9; version 1 is supported
        error: cannot read damaged: line 2 is no event: EOF while parsing a value at line 1 column 9
        error: cannot read other: line 1 is not the event `run_started`, so this is no file of --events
        error: cannot read empty: the file is empty
        error: cannot read none: No such file or directory (os error 2)
    "#]]
    .assert_eq(&all);
}

#[test]
fn test_in_several_files_is_a_note() {
    let run = |id| [started("shop", id, 1), verdict("adds", PASS), FINISHED.to_owned()];
    let directory = files(&[("1", &run("1-a")), ("2", &run("2-a"))]);
    check(
        &directory,
        &["1", "2"],
        0,
        expect![[r#"
        shop: 2 passed, 0 failed, 0 skipped; took 0.01s
        note: shop: the test adds is in several files
    "#]],
    );
}
