//! Records can be read again, and conform to `events.schema.json`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

const SCHEMA: &str = include_str!("../../events.schema.json");

const TEST: TestOfIteration<'static> = TestOfIteration { case: 3, name: Cow::Borrowed("db::reads"), iteration: 2 };

const ATTEMPT: AttemptOfTest<'static> = AttemptOfTest { test: TEST, attempt: 1, worker: 5 };

/// One without fixtures and leaks, and one with both.
fn extras(ix: usize) -> (Timing, Option<LeakCounts>) {
    if ix.is_multiple_of(2) {
        return (Timing { took_ns: 8, in_fixtures_ns: 0 }, None);
    }
    let names = |name: &str| vec![name.to_owned()];
    let (thread_names, commands, targets) = (names("reader"), names("sleep 5"), names("/dev/null"));
    let leaks = LeakCounts { threads: 1, processes: 1, descriptors: 2, files: 0, thread_names, commands, targets };
    (Timing { took_ns: u64::MAX, in_fixtures_ns: 5 }, Some(leaks))
}

const KINDS: [FailureKind; 9] = [
    FailureKind::Panic,
    FailureKind::Error,
    FailureKind::ExitCode,
    FailureKind::ShouldPanic,
    FailureKind::Fixture,
    FailureKind::TimedOut,
    FailureKind::Crash,
    FailureKind::Exit,
    FailureKind::Leak,
];

/// All kinds of records, with all fields and words that they can contain.
fn samples() -> Vec<Record<'static>> {
    let started = RunStarted {
        version: VERSION,
        run: "7-a".into(),
        suite: Some("shop::api".into()),
        seed: u64::MAX,
        shuffled: true,
        workers: 4,
        planned: 20,
        iterations: 2,
        filtered_out: 3,
        captured: false,
        again: "cargo test -- --exact".into(),
    };
    let slow = Slow { attempt: ATTEMPT, after_ns: 9, process: 77, thread: "swim 5".into() };
    let mut samples = vec![
        Record::RunStarted(started),
        Record::AttemptStarted(AttemptStarted { attempt: ATTEMPT, at_ns: 6 }),
        Record::Kept(Kept { test: TEST, path: "/tmp/a b".into() }),
        Record::Slow(slow),
    ];
    for attempt in [None, Some(2)] {
        samples.push(Record::LateOutput(LateOutput { test: TEST, attempt, output: "late\n".into() }));
    }
    for severity in [Severity::Note, Severity::Failure, Severity::Fault] {
        samples.push(Record::Diagnostic(Diagnostic { message: "a fixture".into(), severity }));
    }
    let reasons = [StopReason::TooManyFailures, StopReason::Interrupted, StopReason::OutOfTime, StopReason::Broken];
    for stopped in [None].into_iter().chain(reasons.map(Some)) {
        samples.push(Record::RunFinished(RunFinished { took_ns: 10, stopped }));
    }
    for (ix, outcome) in outcomes().into_iter().enumerate() {
        let (took, leaks) = extras(ix);
        let (attempt, at_ns, output) = (ATTEMPT, 7, "a\"b\n".into());
        samples.push(Record::AttemptFinished(AttemptFinished { attempt, at_ns, took, outcome, leaks, output }));
    }
    for (ix, verdict) in verdicts().into_iter().enumerate() {
        let (took, leaks) = extras(ix);
        let (test, worker, attempts, queued_ns, should_panic) = (TEST, leaks.as_ref().map(|_| 5), 2, 9, false);
        let finished = CaseFinished { test, verdict, worker, attempts, queued_ns, took, should_panic, leaks };
        samples.push(Record::CaseFinished(finished));
    }
    samples
}

/// Without `_`: a new kind of record stops the build here. It then needs samples.
fn kind(record: &Record<'_>) -> &'static str {
    match record {
        Record::RunStarted(_) => "run_started",
        Record::AttemptStarted(_) => "attempt_started",
        Record::AttemptFinished(_) => "attempt_finished",
        Record::CaseFinished(_) => "case_finished",
        Record::Kept(_) => "kept",
        Record::Slow(_) => "slow",
        Record::LateOutput(_) => "late_output",
        Record::Diagnostic(_) => "diagnostic",
        Record::RunFinished(_) => "run_finished",
        Record::Unknown => "unknown",
    }
}

fn failure(kind: FailureKind, location: Option<&'static str>) -> FailureRecord<'static> {
    FailureRecord { kind, message: "down".into(), location: location.map(Cow::Borrowed) }
}

fn outcomes() -> Vec<AttemptOutcome<'static>> {
    let mut outcomes = vec![AttemptOutcome::Passed, AttemptOutcome::Skipped { reason: "why".into() }];
    for location in [None, Some("t.rs:1:2")] {
        outcomes.extend(KINDS.map(|kind| AttemptOutcome::Failed(failure(kind, location))));
    }
    outcomes
}

fn verdicts() -> Vec<CaseVerdict<'static>> {
    let not_run = [
        NotRunReason::TooManyFailures,
        NotRunReason::Interrupted,
        NotRunReason::OutOfTime,
        NotRunReason::Broken,
        NotRunReason::Held,
    ];
    let mut verdicts =
        vec![CaseVerdict::Pass, CaseVerdict::Skip { reason: None }, CaseVerdict::Skip { reason: Some("why".into()) }];
    verdicts.extend(not_run.map(|because| CaseVerdict::NotRun { because }));
    for location in [None, Some("t.rs:1:2")] {
        verdicts.extend(KINDS.map(|kind| CaseVerdict::Fail(failure(kind, location))));
        verdicts.extend(KINDS.map(|kind| CaseVerdict::Flaky { first: failure(kind, location) }));
    }
    verdicts
}

#[test]
fn each_record_is_read_as_it_was_written() {
    for record in samples() {
        let line = serde_json::to_string(&record).expect("a record");
        assert_eq!(serde_json::from_str::<Record<'_>>(&line).expect("a record"), record, "{line}");
    }
}

#[track_caller]
fn check_read(line: &Value, expected: &Record<'_>) {
    assert_eq!(&serde_json::from_value::<Record<'_>>(line.clone()).expect("a record"), expected);
}

#[test]
fn unknown_fields_and_words_are_ignored() {
    check_read(&json!({"event": "something_new", "value": [1]}), &Record::Unknown);
    check_read(
        &json!({"event": "run_finished", "took_ns": 1, "stopped": "bored", "more": {"a": 1}}),
        &Record::RunFinished(RunFinished { took_ns: 1, stopped: Some(StopReason::Unknown) }),
    );
    for (field, known, other) in [("kind", "panic", "melted"), ("because", "held", "melted")] {
        let known_and_other = samples().into_iter().map(|record| {
            let mut line = serde_json::to_value(record).expect("a record");
            if line[field] == known {
                line[field] = other.into();
            }
            serde_json::from_value::<Record<'_>>(line)
        });
        assert!(known_and_other.into_iter().all(|read| read.is_ok()), "{field}");
    }
}

/// Whether the value conforms to the schema. Supports the keywords that our schema uses.
fn is_valid(value: &Value, schema: &Value, root: &Value) -> bool {
    let is_type = |name: &Value| match name.as_str().expect("a type") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not supported"),
    };
    schema.as_object().expect("a schema").iter().all(|(keyword, rule)| match (keyword.as_str(), rule) {
        ("$ref", Value::String(path)) => is_valid(value, root.pointer(&path[1..]).expect("a definition"), root),
        ("const", constant) => value == constant,
        ("enum", Value::Array(words)) => words.contains(value),
        ("type", Value::Array(types)) => types.iter().any(is_type),
        ("type", name) => is_type(name),
        ("minimum", minimum) => value.as_u64() >= minimum.as_u64() || value.is_null(),
        ("required", Value::Array(names)) => names.iter().all(|name| value.get(name.as_str().unwrap_or("")).is_some()),
        ("properties", Value::Object(properties)) => {
            properties.iter().all(|(name, schema)| value.get(name).is_none_or(|value| is_valid(value, schema, root)))
        }
        ("items", schema) => value.as_array().is_none_or(|items| items.iter().all(|item| is_valid(item, schema, root))),
        ("oneOf", Value::Array(schemas)) => schemas.iter().filter(|schema| is_valid(value, schema, root)).count() == 1,
        ("$schema" | "$defs" | "title" | "description", _) => true,
        (other, _) => panic!("the keyword {other} is not supported"),
    })
}

#[test]
fn each_record_is_valid() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    for record in samples() {
        let line = serde_json::to_value(&record).expect("a record");
        assert!(is_valid(&line, &schema, &schema), "{line}");
    }
    for line in [
        json!({"event": "run_finished", "took_ns": 1}),
        json!({"event": "run_finished", "took_ns": -1, "stopped": null}),
        json!({"event": "diagnostic", "message": "m", "severity": "melted"}),
        json!({"event": "other"}),
    ] {
        assert!(!is_valid(&line, &schema, &schema), "{line}");
    }
}

/// Each field as `event.field`, and each word of a field as `event.field=word`.
fn insert_facts(event: &str, value: &Value, facts: &mut BTreeSet<String>) {
    for (field, value) in value.as_object().expect("an object") {
        let path = format!("{event}.{field}");
        match value {
            Value::Object(_) => insert_facts(&path, value, facts),
            Value::String(word)
                if ["outcome", "verdict", "kind", "because", "severity", "stopped"].contains(&&**field) =>
            {
                facts.insert(format!("{path}={word}"));
            }
            _ => {}
        }
        facts.insert(path);
    }
}

/// The fields and words of a schema, in the same form.
fn insert_schema_facts(event: &str, schema: &Value, root: &Value, facts: &mut BTreeSet<String>) {
    let target = schema["$ref"].as_str().map(|path| root.pointer(&path[1..]).expect("a definition"));
    let schema = target.unwrap_or(schema);
    for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{event}.{field}");
        insert_schema_facts(&path, schema, root, facts);
        facts.insert(path);
    }
    let words = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    facts.extend(words.map(|word| format!("{event}={word}")));
}

#[test]
fn the_schema_has_exactly_the_fields_and_words_of_the_samples() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let (mut written, mut described) = (BTreeSet::new(), BTreeSet::new());
    for record in samples() {
        let line = serde_json::to_value(&record).expect("a record");
        assert_eq!(line["event"], kind(&record));
        insert_facts(kind(&record), &line, &mut written);
    }
    for record in schema["oneOf"].as_array().expect("all kinds") {
        let path = record["$ref"].as_str().expect("a definition");
        insert_schema_facts(path.rsplit('/').next().expect("a name"), record, &schema, &mut described);
    }
    assert_eq!(written, described);
    assert_eq!(schema["$defs"]["run_started"]["properties"]["version"]["const"], VERSION);
}

/// Files that earlier versions have written. They are never written anew.
const RECORDED: [(&str, &str, usize); 2] = [
    ("version-1-leaks.jsonl", include_str!("recorded/version-1-leaks.jsonl"), 26),
    ("version-1-mixed.jsonl", include_str!("recorded/version-1-mixed.jsonl"), 42),
];

#[test]
fn recorded_files_can_be_read() {
    for (file, text, results) in RECORDED {
        let first: Versioned = serde_json::from_str(text.lines().next().expect("a first record")).expect("a version");
        assert_eq!(first.version, VERSION, "{file}");
        let mut finished = 0;
        for line in text.lines() {
            let record: Record<'_> =
                serde_json::from_str(line).unwrap_or_else(|cause| panic!("{file}: {cause}: {line}"));
            assert_ne!(record, Record::Unknown, "{file}: {line}");
            finished += usize::from(matches!(record, Record::CaseFinished(_)));
            let (old, new): (Value, Value) =
                (serde_json::from_str(line).expect("JSON"), serde_json::to_value(&record).expect("a record"));
            // A later version may add fields, and none may lose its value.
            for (field, value) in old.as_object().expect("an object") {
                assert_eq!(Some(value), new.get(field), "{file}: {field}: {line}");
            }
        }
        assert_eq!(finished, results, "{file}");
    }
}
