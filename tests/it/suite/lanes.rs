//! The resources of a worker and of a test are exclusive, and are removed afterwards.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::suite::nextest;
use crate::support::suite_runner::{Answer, File, Fixture, below, fixture};
use crate::test;

/// The lines that `examples/lanes.rs` wrote.
fn notes(trace: &File) -> Vec<Value> {
    trace.text().lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn texts<'a>(notes: &'a [Value], field: &str) -> Vec<&'a str> {
    notes.iter().map(|note| note[field].as_str().expect("a text")).collect()
}

fn distinct<T: Ord>(values: impl IntoIterator<Item = T>) -> usize {
    values.into_iter().collect::<BTreeSet<_>>().len()
}

#[track_caller]
fn check_clean(answer: &Answer) {
    assert!(answer.left.is_empty(), "left behind: {:?}", answer.left);
}

fn lanes(args: &[&str]) -> (Answer, Vec<Value>) {
    let fixture = fixture("lanes");
    let trace = fixture.file("trace");
    let answer = fixture.env("TRACE", &trace).args(args).run();
    let notes = notes(&trace);
    (answer, notes)
}

#[test]
fn workers_share_nothing() {
    let (answer, notes) = lanes(&["-n4", "l0", "l1"]);
    assert_eq!(notes.len(), 16, "{}", answer.text());
    let per_slot = |field: &str| {
        let pairs: BTreeSet<(u64, &str)> = notes
            .iter()
            .map(|note| (note["slot"].as_u64().expect("a number"), note[field].as_str().expect("a text")))
            .collect();
        (pairs.len(), distinct(pairs.iter().map(|pair| pair.0)), distinct(pairs.iter().map(|pair| pair.1)))
    };
    for field in ["db", "url", "work"] {
        let (pairs, slots, values) = per_slot(field);
        assert!(pairs == slots && pairs == values, "one {field} for each slot: {notes:#?}");
    }
    assert_eq!(distinct(texts(&notes, "dir")), 16);
    assert_eq!(distinct(texts(&notes, "fresh")), 16);
    assert_eq!(distinct(texts(&notes, "run")), 1);
    assert!(notes.iter().all(|note| note["count"] == 4 && note["slot"].as_u64() < Some(4)));
    for note in &notes {
        let ports = note["ports"].as_array().expect("a list");
        assert_eq!(distinct(ports.iter().map(Value::as_u64)), 3, "{note}");
    }
    check_clean(&answer);
}

#[test]
fn all_resources_are_removed_after_failures() {
    let (answer, _) = lanes(&["-n2"]);
    assert_eq!(answer.code, Some(101));
    assert!(answer.stdout.contains("16 passed; 2 failed"), "{}", answer.stdout);
    check_clean(&answer);
}

#[test]
fn keep_failed_keeps_the_resources_of_failed_tests() {
    for keep in [&["--keep", "failed"][..], &[]] {
        let fixture = fixture("lanes").args(&["-n2"]);
        let trace = fixture.file("trace");
        let fixture = if keep.is_empty() { fixture.env("SWIMLANES_KEEP", "failed") } else { fixture.args(keep) };
        let answer = fixture.env("TRACE", trace).run();
        let kept: Vec<&str> = answer.stdout.lines().filter_map(|line| line.strip_prefix("  = kept: ")).collect();
        assert_eq!(kept.len(), 3, "two directories and a database: {}", answer.stdout);
        let files: BTreeSet<String> = kept.iter().flat_map(|dir| below(Path::new(dir))).collect();
        assert_eq!(files.into_iter().collect::<Vec<_>>(), ["fresh-0.db", "left"]);
        assert!(answer.left.iter().all(|path| path == "swimlanes-0" || path.contains("kept-") || !path.contains('/')));
        assert!(!answer.left.iter().any(|path| path.contains("run-")), "{:?}", answer.left);
    }
}

#[test]
fn keep_failed_keeps_the_resources_of_a_test_that_hangs() {
    let fixture = fixture("lanes").args(&["--ignored", "--exact", "stays", "--timeout", "200ms", "--keep", "failed"]);
    let ready = fixture.file("ready");
    let answer = fixture.env("READY", ready).run();
    let kept: Vec<&str> = answer.stdout.lines().filter_map(|line| line.strip_prefix("  = kept: ")).collect();
    assert_eq!(kept.len(), 1, "{}", answer.text());
    assert_eq!(below(Path::new(kept[0])), ["left"]);
}

#[test]
fn keep_all_keeps_everything() {
    let fixture = fixture("lanes").args(&["-n2", "--keep", "all", "l01", "l02"]);
    let trace = fixture.file("trace");
    let answer = fixture.env("TRACE", &trace).run();
    for note in notes(&trace) {
        let dir = Path::new(note["dir"].as_str().expect("a text")).to_owned();
        let name = note["name"].as_str().expect("a text").to_owned();
        assert_eq!(std::fs::read_to_string(dir.join("mine")).expect("kept"), name);
    }
    assert_eq!(answer.code, Some(0));
}

#[test]
fn three_runs_at_once_share_nothing() {
    let first = fixture("lanes").args(&["-n3", "l0", "l1"]);
    let (trace, tmp) = (first.file("trace"), tempfile::tempdir().expect("a directory"));
    let own = |fixture: Fixture| fixture.env("TRACE", &trace).beside(tmp.path());
    let second = own(fixture("lanes").args(&["-n3", "l0", "l1"]));
    let third = own(nextest::run(&["lanes"], &["-j3", "-E", "test(/^l[0-9]/)"]));
    let running = [own(first), second, third].map(Fixture::start);
    for started in running {
        let answer = started.ended();
        assert_eq!(answer.code, Some(0), "{}", answer.text());
    }
    let notes = notes(&trace);
    assert_eq!(notes.len(), 48);
    assert_eq!(distinct(texts(&notes, "run")), 3);
    assert_eq!(distinct(texts(&notes, "dir")), 48);
    assert_eq!(distinct(texts(&notes, "fresh")), 48);
    let owners = |field: &str| {
        let pairs = notes.iter().map(|note| (note["run"].as_str(), note["slot"].as_u64(), note[field].as_str()));
        let pairs: BTreeSet<_> = pairs.collect();
        (pairs.len(), distinct(pairs.iter().map(|pair| pair.2)))
    };
    for field in ["db", "work"] {
        let (pairs, values) = owners(field);
        assert_eq!(pairs, values, "no {field} has two owners");
    }
    assert_eq!(below(tmp.path()), [] as [&str; 0]);
}

#[test]
fn a_test_that_changes_the_directory_leaves_nothing() {
    let answer = fixture("lanes").relative().args(&["--ignored", "-n1", "--exact", "goes_elsewhere"]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    check_clean(&answer);
}

#[test]
fn swimlanes_tmpdir_that_does_not_exist_is_not_created() {
    let fixture = fixture("lanes");
    let mistyped = fixture.file("tmpp");
    let answer = fixture.env("SWIMLANES_TMPDIR", &mistyped).args(&["-n1", "--exact", "fails"]).run();
    let expected = "the directory it is to be in does not exist; see SWIMLANES_TMPDIR and TMPDIR";
    assert!(answer.stdout.contains(expected), "{}", answer.text());
    assert_eq!(answer.code, Some(101), "{}", answer.text());
    assert!(!<File as AsRef<Path>>::as_ref(&mistyped).exists());
}
