//! The records of `--events`, and the parts of libtest's JSON that only swimlanes writes.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use serde_json::Value;
use swimlanes_core::events::Record;

use crate::suite::outcomes::flaky;
use crate::support::records;
use crate::support::scrub::scrub;
use crate::support::suite_runner::{Fixture, fixture};
use crate::test;

pub(crate) fn events(name: &str, args: &[&str]) -> Vec<Record<'static>> {
    let fixture = fixture(name);
    let path = fixture.file("events");
    fixture.args(args).args(&["--events", path.as_str()]).run();
    records::records(&path)
}

#[test]
fn events_contain_each_planned_case_once_for_each_repeat() {
    let events = events("mixed", &["-n4", "--repeat", "3"]);
    let Record::RunStarted(started) = &events[0] else { panic!("{:?}", events[0]) };
    assert_eq!((started.version, started.planned), (1, 63));
    let mut counts: BTreeMap<(&str, u32), u32> = BTreeMap::new();
    for finished in records::results(&events) {
        *counts.entry((&finished.test.name, finished.test.iteration)).or_default() += 1;
    }
    assert_eq!(counts.len(), 63);
    assert!(counts.values().all(|&times| times == 1), "{counts:?}");
    assert!(matches!(events.last(), Some(Record::RunFinished(_))), "{:?}", events.last());
}

#[test]
fn attempts_of_one_worker_do_not_overlap() {
    let events = events("tags", &["-n3", "free", "redis"]);
    let mut free_at: BTreeMap<u32, u64> = BTreeMap::new();
    for finished in records::attempts(&events) {
        let (worker, start) = (finished.attempt.worker, finished.at_ns);
        assert!(free_at.get(&worker).is_none_or(|&free_at| free_at <= start), "{finished:?}");
        free_at.insert(worker, start + finished.took.took_ns);
    }
}

#[test]
fn events_records_look_like_this() {
    let fixture = fixture("mixed");
    let path = fixture.file("events");
    let args = ["-n1", "--seed", "3", "--exact", "panics_with_two_lines", "is_ignored_with_a_reason", "--events"];
    fixture.args(&args).args(&[path.as_str()]).run();
    let text = path.text();
    let scrubbed = text.lines().map(|line| {
        let mut record: Value = serde_json::from_str(line).expect("a record");
        let object = record.as_object_mut().expect("an object");
        for (key, value) in object.iter_mut() {
            match &mut *value {
                Value::Number(_) if key.ends_with("_ns") => *value = "TIME".into(),
                Value::String(text) if key == "output" => *text = scrub(text),
                Value::String(text) if key == "run" => *text = "RUN".to_owned(),
                _ => {}
            }
        }
        format!("{record}\n")
    });
    expect![[r#"
        {"again":"cargo test -p swimlanes-tests --example mixed -- --seed 3 --exact","captured":true,"event":"run_started","filtered_out":19,"iterations":1,"planned":2,"run":"RUN","seed":3,"shuffled":false,"suite":"swimlanes-tests::example/mixed","version":1,"workers":1}
        {"at_ns":"TIME","attempt":1,"case":0,"event":"attempt_started","iteration":1,"name":"panics_with_two_lines","worker":0}
        {"at_ns":"TIME","attempt":1,"case":0,"event":"attempt_finished","iteration":1,"kind":"panic","location":"tests/examples/mixed.rs:24:5","message":"the message\nand more","name":"panics_with_two_lines","outcome":"failed","output":"\nthread 'panics_with_two_lines' (ID) panicked at tests/examples/mixed.rs:24:5:\nthe message\nand more\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n","took_ns":"TIME","worker":0}
        {"attempts":1,"case":0,"event":"case_finished","iteration":1,"kind":"panic","location":"tests/examples/mixed.rs:24:5","message":"the message\nand more","name":"panics_with_two_lines","queued_ns":"TIME","should_panic":false,"took_ns":"TIME","verdict":"fail","worker":0}
        {"attempts":0,"case":1,"event":"case_finished","iteration":1,"name":"is_ignored_with_a_reason","queued_ns":"TIME","reason":"takes a week","should_panic":false,"took_ns":"TIME","verdict":"skip","worker":null}
        {"event":"run_finished","stopped":null,"took_ns":"TIME"}
    "#]].assert_eq(&scrubbed.collect::<String>());
}

/// libtest's JSON, without the note about RUST_BACKTRACE.
#[track_caller]
fn check_json(fixture: Fixture, args: &[&str], expected: Expect) {
    let answer = fixture.args(&["-n1", "--format", "json"]).args(args).run();
    let record = |line: &str| {
        let mut record: Value = serde_json::from_str(line).expect("each line is a record");
        let object = record.as_object_mut().expect("each record is an object");
        object.remove("exec_time");
        if let Some(Value::String(text)) = object.get_mut("stdout") {
            *text = scrub(text).lines().filter(|line| !line.starts_with("note: run with")).collect();
        }
        format!("{record}\n")
    };
    let records: String = answer.stdout.lines().map(record).collect();
    expected.assert_eq(&format!("{records}{}", answer.stderr));
}

#[test]
fn format_json_reports_flaky_tests() {
    let settles = || flaky(&[("settles", 2)]);
    check_json(
        settles(),
        &["--retries", "2", "--exact", "settles"],
        expect![[r#"
        {"event":"started","test_count":1,"type":"suite"}
        {"event":"started","name":"settles","type":"test"}
        {"event":"ok","message":"flaky: passed on attempt 3","name":"settles","type":"test"}
        {"event":"ok","failed":0,"filtered_out":3,"ignored":0,"measured":0,"passed":1,"type":"suite"}
    "#]],
    );
    check_json(
        settles(),
        &["--retries", "2", "--flaky", "fail", "--exact", "settles"],
        expect![[r#"
        {"event":"started","test_count":1,"type":"suite"}
        {"event":"started","name":"settles","type":"test"}
        {"event":"failed","message":"flaky: passed on attempt 3","name":"settles","stdout":"2 to gothread 'settles' (ID) panicked at tests/examples/flaky.rs:12:9:not yet1 to gothread 'settles' (ID) panicked at tests/examples/flaky.rs:12:9:not yet","type":"test"}
        {"event":"failed","failed":1,"filtered_out":3,"ignored":0,"measured":0,"passed":0,"type":"suite"}
    "#]],
    );
}

#[test]
fn format_json_does_not_report_tests_that_did_not_run_as_ignored() {
    check_json(
        fixture("mixed"),
        &["-x", "--exact", "panics_with_two_lines", "r#match"],
        expect![[r#"
        {"event":"started","test_count":2,"type":"suite"}
        {"event":"started","name":"panics_with_two_lines","type":"test"}
        {"event":"failed","name":"panics_with_two_lines","stdout":"thread 'panics_with_two_lines' (ID) panicked at tests/examples/mixed.rs:24:5:the messageand more","type":"test"}
        {"event":"failed","failed":1,"filtered_out":19,"ignored":0,"measured":0,"passed":0,"type":"suite"}
        swimlanes: 1 test did not run: as many failed as --max-fail allows
    "#]],
    );
}
