//! The fault matrix: a fault of one test never loses another test's result, and leaves nothing behind.
//!
//! `examples/faults.rs` contains the tests, `faults/table.rs` the expected result of each of them, and the modes in which it runs.

mod disk;
mod program;
mod rivals;
mod strange;
mod table;

use std::time::Duration;

use rustix::process::Signal;
use swimlanes_core::events::{CaseVerdict, Record};

use crate::suite::libtest_parity;
use crate::support::records::{results, word};
use crate::support::suite_runner::{Answer, Fixture, fixture};
use crate::test;
use program::End;
use table::{Expected, Mode, ROWS, Row};

/// The limit of one run. A run that hangs fails then, and is stopped.
const LIMIT: Duration = Duration::from_secs(60);

/// The time for which the processes of a run may outlive the first one.
const OUTLIVING: Duration = Duration::from_secs(2);

/// The tests without a fault.
fn innocents() -> Vec<String> {
    (1..=20).map(|n| format!("innocent::t{n:02}")).collect()
}

/// Runs the twenty innocent tests and the row in this mode.
#[track_caller]
fn check(row: &Row, mode: Mode) {
    let fixture = fixture("faults");
    let events = fixture.file("events");
    let fault = row.test();
    let innocents = innocents();
    let names: Vec<&str> = innocents.iter().map(String::as_str).chain([fault.as_str()]).collect();
    let fixture = fixture.args(mode.flags()).args(&["-n", row.workers(mode), "--events", events.as_str()]);
    let fixture = on_its_disk(fixture.args(&["--include-ignored", "--exact"]).args(&names), row);
    let (code, verdict) = match row.expected {
        Expected::Pass => (0, "pass".to_owned()),
        Expected::Fail { kind, message } => (101, format!("fail, {kind}: {message}")),
        Expected::Killed => return check_killed(fixture, mode),
    };
    let ended = program::run(fixture, LIMIT);
    let of_innocents = innocents.iter().map(|name| (name.clone(), row.of_innocent(name).to_owned()));
    let verdicts = of_innocents.chain([(fault.clone(), verdict)]);
    let expected = facts(End::Code(code), Some(21), verdicts, &[], &[]);
    // A run that crashes can leave an incomplete record. That is a failure to report, not an error of this reader.
    let events = std::fs::read_to_string(&events).unwrap_or_default();
    let records: Vec<Record<'static>> = events.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let planned = match records.first() {
        Some(Record::RunStarted(started)) => Some(started.planned),
        _ => None,
    };
    let actual = facts(ended.end, planned, verdicts_of(&records, row), &ended.left_running, &ended.left_files);

    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|fact| !those.contains(fact)).cloned().collect()
    };
    assert!(
        actual == expected,
        "with {mode:?}\nexpected: {:#?}\nbut: {:#?}\n{}",
        only(&expected, &actual),
        only(&actual, &expected),
        tail(&ended.output)
    );
}

/// Runs a test that kills the first process of its run. Files remain until the next run removes them.
#[track_caller]
fn check_killed(fixture: Fixture, mode: Mode) {
    let ended = program::run_with_grace(fixture, LIMIT, OUTLIVING);
    let expected = (End::Signal(Signal::KILL.as_raw()), Vec::new());
    assert_eq!((ended.end, ended.left_running), expected, "with {mode:?}\n{}", tail(&ended.output));
}

/// The run of this row, on a small disk if it needs one.
fn on_its_disk(fixture: Fixture, row: &Row) -> Fixture {
    if row.is_on_a_small_disk() { fixture.by(&disk::ON_A_SMALL_DISK) } else { fixture }
}

/// All facts about a run that has ended, sorted. Duplicates are kept.
fn facts(
    end: End,
    planned: Option<u64>,
    verdicts: impl IntoIterator<Item = (String, String)>,
    left_running: &[String],
    left_files: &[String],
) -> Vec<String> {
    let mut facts: Vec<String> = verdicts.into_iter().map(|(name, verdict)| format!("{name}: {verdict}")).collect();
    facts.extend(left_running.iter().map(|command| format!("left running: {command}")));
    facts.extend(left_files.iter().map(|path| format!("left behind: {path}")));
    facts.extend([format!("it ends with {end:?}"), format!("{planned:?} cases are planned")]);
    facts.sort();
    facts
}

/// The results of each test.
fn verdicts_of(records: &[Record<'static>], row: &Row) -> Vec<(String, String)> {
    let verdicts = results(records).into_iter().map(|result| {
        let verdict = match &result.verdict {
            CaseVerdict::Fail(failure) => format!("fail, {}: {}", word(failure.kind), row.shortened(&failure.message)),
            CaseVerdict::Pass => "pass".to_owned(),
            CaseVerdict::Flaky { .. } => "flaky".to_owned(),
            CaseVerdict::Skip { .. } => "skip".to_owned(),
            CaseVerdict::NotRun { .. } => "not_run".to_owned(),
        };
        (result.test.name.clone().into_owned(), verdict)
    });
    verdicts.collect()
}

/// The end of a text, which can have fifty megabytes.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().rev().take(60).collect();
    lines.into_iter().rev().map(|line| line.chars().take(200).chain(['\n']).collect::<String>()).collect()
}

#[test]
fn each_fault_has_a_row_and_every_rival_has_the_same_ones() {
    let mut expected: Vec<String> = ROWS.iter().map(|row| format!("{}: test", row.test())).collect();
    expected.sort();
    let faults = |fixture: Fixture| {
        let answer: Answer = fixture.args(&["--list", "--format", "terse", "--ignored", "fault::"]).run();
        let mut lines: Vec<String> = answer.stdout.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(faults(fixture("faults")), expected);
    assert_eq!(faults(fixture("faults_mimic")), expected);
    assert_eq!(faults(Fixture::at(libtest_parity::of_faults())), expected);
}
