//! The records that `--events` writes.

use std::collections::BTreeMap;

use expect_test::expect;
use serde_json::Value;

use crate::suite::fixture::fixture;
use crate::suite::scrub::scrub;
use crate::test;

fn events(name: &str, args: &[&str]) -> Vec<Value> {
    let fixture = fixture(name);
    let path = fixture.file("events");
    fixture.args(args).args(&["--events", path.as_str()]).run();
    let text = path.text();
    text.lines().map(|line| serde_json::from_str(line).expect("each line is a record")).collect()
}

#[test]
fn each_planned_case_is_told_once_for_each_round() {
    let events = events("mixed", &["-n4", "--repeat", "3"]);
    assert_eq!(events[0]["event"], "run_started");
    assert_eq!(events[0]["version"], 1);
    assert_eq!(events[0]["planned"], 63);
    let mut told: BTreeMap<(String, u64), u32> = BTreeMap::new();
    for event in events.iter().filter(|event| event["event"] == "case_finished") {
        let name = event["name"].as_str().expect("a name").to_owned();
        *told.entry((name, event["round"].as_u64().expect("a number"))).or_default() += 1;
    }
    assert_eq!(told.len(), 63);
    assert!(told.values().all(|&times| times == 1), "{told:?}");
    assert_eq!(events.last().expect("an event")["event"], "run_finished");
}

#[test]
fn attempts_of_one_worker_do_not_overlap() {
    let events = events("tags", &["-n3", "free", "redis"]);
    let mut free_at: BTreeMap<u64, u64> = BTreeMap::new();
    let number = |event: &Value, field: &str| event[field].as_u64().expect("a number");
    for event in events.iter().filter(|event| event["event"] == "attempt_finished") {
        let (worker, start) = (number(event, "worker"), number(event, "at_ns"));
        assert!(free_at.get(&worker).is_none_or(|&free_at| free_at <= start), "{event}");
        free_at.insert(worker, start + number(event, "took_ns"));
    }
}

#[test]
fn records_look_like_this() {
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
        {"again":"cargo test -p swimlanes-tests --bin fixture_mixed -- --seed 3 --exact","captured":true,"event":"run_started","filtered_out":19,"planned":2,"rounds":1,"run":"RUN","seed":3,"shuffled":false,"version":1,"workers":1}
        {"at_ns":"TIME","attempt":1,"case":0,"event":"attempt_started","name":"panics_with_two_lines","round":1,"worker":0}
        {"at_ns":"TIME","attempt":1,"case":0,"event":"attempt_finished","kind":"panic","location":"tests/fixtures/mixed.rs:24:5","message":"the message\nand more","name":"panics_with_two_lines","outcome":"failed","output":"\nthread 'panics_with_two_lines' (ID) panicked at tests/fixtures/mixed.rs:24:5:\nthe message\nand more\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n","round":1,"took_ns":"TIME","worker":0}
        {"attempts":1,"case":0,"event":"case_finished","kind":"panic","location":"tests/fixtures/mixed.rs:24:5","message":"the message\nand more","name":"panics_with_two_lines","queued_ns":"TIME","round":1,"should_panic":false,"took_ns":"TIME","verdict":"fail","worker":0}
        {"attempts":0,"case":1,"event":"case_finished","name":"is_ignored_with_a_reason","queued_ns":"TIME","reason":"takes a week","round":1,"should_panic":false,"took_ns":"TIME","verdict":"skip","worker":null}
        {"event":"run_finished","stopped":null,"took_ns":"TIME"}
    "#]].assert_eq(&scrubbed.collect::<String>());
}
