//! The same tests on swimlanes and on the real libtest, compared line by line.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::scrub::scrub;
use crate::support::suite_runner::{Answer, Fixture, fixture};
use crate::test;

/// `examples/mixed.rs`, compiled for libtest.
fn libtest() -> Fixture {
    static TWIN: OnceLock<PathBuf> = OnceLock::new();
    Fixture::at(TWIN.get_or_init(compile))
}

fn compile() -> PathBuf {
    let twin = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("libtest-twin-{}", std::process::id()));
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    // In the directory in which cargo compiles, so that panics contain the same file name.
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in the workspace");
    let compiled = Command::new(rustc)
        .current_dir(workspace)
        .args(["--test", "--edition", "2024", "--crate-name", "mixed", "tests/examples/mixed.rs", "-o"])
        .arg(&twin)
        .output()
        .expect("rustc starts");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    twin
}

/// `fixtures/faults/tests/libtest.rs`. It needs a crate, so cargo builds it, in the target directory of this program and without a
/// registry, as all its dependencies have been downloaded.
pub(crate) fn of_faults() -> &'static Path {
    static TWIN: OnceLock<PathBuf> = OnceLock::new();
    TWIN.get_or_init(build_faults)
}

fn build_faults() -> PathBuf {
    const TARGET: &str = "faults_libtest";

    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the directory of all targets");
    let built = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["test", "--package", "swimlanes-faults", "--test", TARGET, "--no-run"])
        .args(["--quiet", "--message-format", "json", "--target-dir"])
        .arg(target_dir)
        .output()
        .expect("cargo starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let messages = built.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let mut messages = messages.map(|line| serde_json::from_slice::<Value>(line).expect("each line is a message"));
    let artifact = |message: &Value| message["reason"] == "compiler-artifact" && message["target"]["name"] == TARGET;
    let twin = messages.find(artifact).expect("cargo names what it has built");
    PathBuf::from(twin["executable"].as_str().expect("a test is a program"))
}

/// Both harnesses print the same, except for the order of results and lines that only swimlanes prints.
#[track_caller]
fn check(args: &[&str]) {
    check_on_several_workers(&[args, &["--test-threads=1"]].concat());
}

/// With several workers, output without a line break can appear under another test, as all tests share the standard library's buffer.
#[track_caller]
fn check_on_several_workers(args: &[&str]) {
    let (ours, theirs) = (fixture("mixed").args(args).run(), libtest().args(args).run());
    assert_same(&canonical(&ours), &canonical(&theirs), args);
}

/// As `assert_eq`, but shows only the differences.
#[track_caller]
fn assert_same(ours: &str, theirs: &str, args: &[&str]) {
    let missing = |from: &str, of: &str| -> Vec<String> {
        from.lines().filter(|line| !of.lines().any(|other| other == *line)).map(str::to_owned).collect()
    };
    let (extra, missing) = (missing(ours, theirs), missing(theirs, ours));
    assert!(ours == theirs, "with {args:?}\nonly swimlanes: {extra:#?}\nonly libtest: {missing:#?}\n{ours}");
}

fn canonical(answer: &Answer) -> String {
    let text = scrub(&answer.text());
    let mut sections: Vec<Vec<&str>> = vec![Vec::new()];
    // The note about RUST_BACKTRACE is under the panic that comes first, which varies.
    let is_compared =
        |line: &&str| !(line.is_empty() || line.starts_with("  = ") || line.starts_with("note: run with"));
    for line in text.lines().filter(is_compared) {
        let is_start = line.starts_with("---- ") || matches!(line, "failures:" | "successes:");
        if is_start || line.starts_with("test result") {
            sections.push(Vec::new());
        }
        sections.last_mut().expect("never empty").push(line);
    }
    for section in &mut sections {
        if section.first().is_some_and(|line| line.starts_with("running ")) {
            section.sort_unstable();
        }
    }
    // Blocks of failures come in the order in which the tests ended.
    let mut blocks: Vec<Vec<&str>> = sections;
    let is_block = |section: &Vec<&str>| section.first().is_some_and(|line| line.starts_with("---- "));
    let first = blocks.iter().position(is_block).unwrap_or(blocks.len());
    let end = blocks.iter().rposition(is_block).map_or(first, |last| last + 1);
    blocks[first..end].sort_unstable();
    blocks.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

#[test]
fn a_run_looks_the_same() {
    check(&[]);
    check_on_several_workers(&["--skip", "without_a_line_break"]);
    check_on_several_workers(&["--skip", "without_a_line_break", "--test-threads", "4"]);
    check(&["--color", "never"]);
}

#[test]
fn filters_exact_and_skip_select_the_same() {
    check(&["passes"]);
    check(&["passes", "deeper"]);
    check(&["--exact", "passes"]);
    check(&["--exact", "inner::passes", "passes"]);
    check(&["passes", "--exact"]);
    check(&["--skip", "panics"]);
    check(&["inner", "--skip", "fails", "--skip", "other"]);
    check(&["nothing_has_this_name"]);
    check(&["r#match"]);
}

#[test]
fn ignored_and_include_ignored_run_the_same() {
    check(&["--ignored"]);
    check(&["--include-ignored"]);
    check(&["--ignored", "reason"]);
    check(&["ignored"]);
}

#[test]
fn show_output_looks_the_same() {
    check(&["--show-output"]);
    check(&["--show-output", "passes_and_prints"]);
}

#[test]
fn list_is_the_same() {
    let sorted = |answer: Answer| {
        let mut lines: Vec<String> = answer.text().lines().map(str::to_owned).collect();
        lines.sort();
        lines.join("\n")
    };
    for args in [
        &["--list"][..],
        &["--list", "--format", "terse"],
        &["--list", "--format", "terse", "--ignored"],
        &["--list", "passes"],
        &["--list", "--exact", "inner::passes"],
    ] {
        assert_eq!(sorted(fixture("mixed").args(args).run()), sorted(libtest().args(args).run()), "with {args:?}");
    }
}

#[test]
fn quiet_output_has_the_same_signs() {
    // The position of a line break depends on the order; the signs do not.
    let signs = |answer: Answer| {
        let text = scrub(&answer.text());
        let (head, _) = text.split_once("\nfailures:").expect("it has failures");
        let lines = head.lines().filter(|line| !line.ends_with("FAILED"));
        let dots: String = lines.filter_map(|line| line.split(' ').next()).collect();
        let mut signs: Vec<char> = dots.chars().filter(|c| ".i".contains(*c)).collect();
        let mut failed: Vec<String> = head.lines().filter(|line| line.ends_with("FAILED")).map(str::to_owned).collect();
        signs.sort_unstable();
        failed.sort();
        (signs, failed, answer.code)
    };
    assert_eq!(signs(fixture("mixed").args(&["-q"]).run()), signs(libtest().args(&["-q"]).run()));
    // Without failures, there is only one order of signs.
    check(&["--format", "terse", "passes"]);
}

#[test]
fn format_json_is_the_same() {
    let args = ["--format", "json", "-Z", "unstable-options", "--test-threads=1"];
    let ours = fixture("mixed").args(&args).run();
    // A stable libtest supports this format only with this variable.
    let theirs = libtest().env("RUSTC_BOOTSTRAP", "1").args(&args).run();
    assert_eq!(records(&ours), records(&theirs));
    assert_eq!(ours.code, theirs.code);
}

fn records(answer: &Answer) -> Vec<String> {
    let record = |line: &str| {
        let mut record: Value = serde_json::from_str(line).expect("each line is a record");
        let object = record.as_object_mut().expect("each record is an object");
        object.remove("exec_time");
        if let Some(Value::String(text)) = object.get_mut("stdout") {
            *text = scrub(text).lines().filter(|line| !line.starts_with("note: run with")).collect();
        }
        // libtest includes the message of `Err` only in the output.
        if object.get("message").and_then(Value::as_str).is_some_and(|message| message.starts_with("Error: ")) {
            object.remove("message");
        }
        record.to_string()
    };
    let mut records: Vec<String> = answer.stdout.lines().map(record).collect();
    records.sort();
    records
}
