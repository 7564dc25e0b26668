//! Reads the events that a suite of swimlanes writes with `--events`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use swimlanes_core::events::{
    AttemptOfTest, CaseFinished, CaseVerdict, FailureRecord, Record, Severity, TestOfIteration, VERSION, Versioned,
};

use crate::stability::model::Failure;
use crate::stability::parse::{ParsedRun, ReportedResult};

/// Reads all records. A crash can leave a last line without an end, which is ignored.
pub(in crate::stability) fn read(text: &str) -> ParsedRun {
    let mut reader = EventReader { iterations: 1, ..EventReader::default() };
    for (ix, line) in text.split_inclusive('\n').enumerate() {
        let Some(line) = line.strip_suffix('\n') else { break };
        if ix == 0
            && let Ok(Versioned { version }) = serde_json::from_str(line)
            && version != VERSION
        {
            reader.remarks.push(format!("its events have version {version}; version {VERSION} is supported"));
            break;
        }
        match serde_json::from_str(line) {
            Ok(record) => reader.read(record),
            Err(cause) => reader.remarks.push(format!("line {} of its events cannot be read: {cause}", ix + 1)),
        }
    }
    reader.finish()
}

#[derive(Debug, Default)]
struct EventReader {
    iterations: u32,
    open: BTreeSet<(String, u32)>,
    /// All results of each test, one for each iteration.
    reported: BTreeMap<String, Vec<ReportedResult>>,
    remarks: Vec<String>,
}

impl EventReader {
    fn read(&mut self, record: Record<'_>) {
        match record {
            Record::RunStarted(started) => self.iterations = started.iterations,
            Record::AttemptStarted(started) => {
                self.open.insert(attempted(started.attempt));
            }
            Record::AttemptFinished(finished) => {
                self.open.remove(&attempted(finished.attempt));
            }
            Record::CaseFinished(CaseFinished { test, verdict, .. }) => {
                self.reported.entry(test.name.into_owned()).or_default().push(reported(verdict));
            }
            Record::Diagnostic(diagnostic) => match diagnostic.severity {
                Severity::Note => {}
                Severity::Failure | Severity::Fault => {
                    self.remarks.push(format!("outside of any test: {}", diagnostic.message));
                }
            },
            Record::Kept(_) | Record::Slow(_) | Record::LateOutput(_) | Record::RunFinished(_) | Record::Unknown => {}
        }
    }

    fn finish(self) -> ParsedRun {
        let iterations = self.iterations as usize;
        let reported = self
            .reported
            .into_iter()
            .filter_map(|(name, reported)| Some((name, over_iterations(reported, iterations)?)));
        let open: BTreeSet<String> = self.open.into_iter().map(|(name, _)| name).collect();
        ParsedRun { reported: reported.collect(), open: open.into_iter().collect(), remarks: self.remarks }
    }
}

fn attempted(attempt: AttemptOfTest<'_>) -> (String, u32) {
    let TestOfIteration { name, iteration, .. } = attempt.test;
    (name.into_owned(), iteration)
}

fn reported(verdict: CaseVerdict<'_>) -> ReportedResult {
    let failure = |failure: FailureRecord<'_>, passed_later| {
        let location = failure.location.map(Cow::into_owned);
        ReportedResult::Failed(Failure { message: failure.message.into_owned(), location, passed_later })
    };
    match verdict {
        CaseVerdict::Pass => ReportedResult::Passed,
        CaseVerdict::Flaky { first } => failure(first, true),
        CaseVerdict::Fail(last) => failure(last, false),
        CaseVerdict::Skip { .. } => ReportedResult::Skipped,
        CaseVerdict::NotRun { .. } => ReportedResult::NotRun,
    }
}

/// The result of a test that ran several times, with `--repeat`: the worst one. `None` if iterations are missing.
fn over_iterations(reported: Vec<ReportedResult>, iterations: usize) -> Option<ReportedResult> {
    let rank = |reported: &ReportedResult| match reported {
        ReportedResult::Failed(Failure { passed_later: false, .. }) => 4,
        ReportedResult::Failed(_) => 3,
        ReportedResult::NotRun => 2,
        ReportedResult::Passed => 1,
        ReportedResult::Skipped => 0,
    };
    let is_complete = reported.len() >= iterations;
    // Among equal results the first, which is the most likely cause of the others.
    let worst = reported.into_iter().rev().max_by_key(rank)?;
    (is_complete || matches!(worst, ReportedResult::Failed(_))).then_some(worst)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    const STARTED: &str = r#"{"event":"run_started","version":1,"run":"1-a","seed":7,"shuffled":true,"workers":2,"planned":2,"iterations":1,"filtered_out":0,"captured":true,"again":"cargo test -- --exact"}"#;

    fn finished(name: &str, verdict: &str) -> String {
        let failure = r#""kind":"panic","message":"down""#;
        format!(
            r#"{{"event":"case_finished","case":0,"name":"{name}","iteration":1,"verdict":"{verdict}",{failure},"worker":0,"attempts":1,"queued_ns":0,"took_ns":4,"should_panic":false}}"#
        )
    }

    #[track_caller]
    fn check(lines: &[&str], expected: Expect) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        expected.assert_eq(&format!("{:#?}", read(&text)));
    }

    #[test]
    fn each_verdict_is_read() {
        check(
            &[
                STARTED,
                r#"{"event":"attempt_started","case":0,"name":"a","iteration":1,"attempt":1,"worker":0,"at_ns":5}"#,
                r#"{"event":"attempt_finished","case":0,"name":"a","iteration":1,"attempt":1,"worker":0,"at_ns":9,"took_ns":4,"outcome":"passed","output":""}"#,
                r#"{"event":"case_finished","case":0,"name":"a","iteration":1,"verdict":"pass","worker":0,"attempts":1,"queued_ns":0,"took_ns":4,"should_panic":false}"#,
                r#"{"event":"case_finished","case":1,"name":"b","iteration":1,"verdict":"fail","kind":"panic","message":"down","location":"t.rs:1:2","worker":0,"attempts":1,"queued_ns":0,"took_ns":4,"should_panic":false}"#,
                r#"{"event":"case_finished","case":2,"name":"c","iteration":1,"verdict":"flaky","first":{"kind":"error","message":"once"},"worker":0,"attempts":2,"queued_ns":0,"took_ns":4,"should_panic":false}"#,
                r#"{"event":"case_finished","case":3,"name":"d","iteration":1,"verdict":"skip","reason":"why","worker":0,"attempts":1,"queued_ns":0,"took_ns":4,"should_panic":false}"#,
                r#"{"event":"case_finished","case":4,"name":"e","iteration":1,"verdict":"not_run","because":"held","worker":null,"attempts":0,"queued_ns":0,"took_ns":0,"should_panic":false}"#,
                r#"{"event":"late_output","case":0,"name":"a","iteration":1,"output":"late"}"#,
                r#"{"event":"something_new","value":1}"#,
                r#"{"event":"diagnostic","message":"a directory stays","severity":"note"}"#,
                r#"{"event":"diagnostic","message":"a fixture panicked","severity":"failure"}"#,
                r#"{"event":"run_finished","took_ns":9,"stopped":null}"#,
            ],
            expect![[r#"
                ParsedRun {
                    reported: {
                        "a": Passed,
                        "b": Failed(
                            Failure {
                                message: "down",
                                location: Some(
                                    "t.rs:1:2",
                                ),
                                passed_later: false,
                            },
                        ),
                        "c": Failed(
                            Failure {
                                message: "once",
                                location: None,
                                passed_later: true,
                            },
                        ),
                        "d": Skipped,
                        "e": NotRun,
                    },
                    open: [],
                    remarks: [
                        "outside of any test: a fixture panicked",
                    ],
                }"#]],
        );
    }

    #[test]
    fn a_test_that_began_and_did_not_end_is_open() {
        let start = |name: &str| {
            format!(
                r#"{{"event":"attempt_started","case":0,"name":"{name}","iteration":1,"attempt":1,"worker":0,"at_ns":5}}"#
            )
        };
        check(
            &[STARTED, &start("a"), &start("b")],
            expect![[r#"
                ParsedRun {
                    reported: {},
                    open: [
                        "a",
                        "b",
                    ],
                    remarks: [],
                }"#]],
        );
        let broken_off = format!("{STARTED}\n{}\n{}", start("a"), &start("b")[..40]);
        assert_eq!(read(&broken_off).open, ["a"]);
        assert_eq!(read(&broken_off).remarks, [""; 0]);
    }

    #[test]
    fn records_of_another_version_are_ignored() {
        let started = r#"{"event":"run_started","version":2,"other":"fields"}"#;
        check(
            &[started, &finished("a", "pass")],
            expect![[r#"
                ParsedRun {
                    reported: {},
                    open: [],
                    remarks: [
                        "its events have version 2; version 1 is supported",
                    ],
                }"#]],
        );
    }

    #[test]
    fn a_recorded_file_of_version_1_can_be_read() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../harness/core/src/events/recorded/version-1-mixed.jsonl");
        let parsed = read(&std::fs::read_to_string(file).expect("a recorded file"));
        let count = |is: fn(&ReportedResult) -> bool| parsed.reported.values().filter(|reported| is(reported)).count();
        let passed = count(|reported| *reported == ReportedResult::Passed);
        let failed = count(|reported| matches!(reported, ReportedResult::Failed(_)));
        assert_eq!((parsed.reported.len(), passed, failed), (21, 9, 10));
        assert_eq!((parsed.open, parsed.remarks), (Vec::new(), Vec::new()));
    }

    #[test]
    fn an_invalid_line_is_reported() {
        check(
            &[STARTED, "hello"],
            expect![[r#"
                ParsedRun {
                    reported: {},
                    open: [],
                    remarks: [
                        "line 2 of its events cannot be read: expected value at line 1 column 1",
                    ],
                }"#]],
        );
    }

    #[test]
    fn a_test_of_several_iterations_has_passed_if_it_passed_in_all() {
        let started = STARTED.replace("\"iterations\":1", "\"iterations\":2");
        let lines = [("a", "pass"), ("a", "pass"), ("b", "pass"), ("b", "fail"), ("c", "pass"), ("d", "fail")];
        let lines = lines.map(|(name, verdict)| finished(name, verdict) + "\n").concat();
        let parsed = read(&format!("{started}\n{lines}"));
        let reported = |name: &str| parsed.reported.get(name);
        assert_eq!(reported("a"), Some(&ReportedResult::Passed));
        assert!(matches!(reported("b"), Some(ReportedResult::Failed(_))));
        assert_eq!(reported("c"), None);
        assert!(matches!(reported("d"), Some(ReportedResult::Failed(_))));
    }

    proptest! {
        #[test]
        fn garbage_does_not_panic(text in "(\\PC|\n|\\{\"event\":|\"name\"|,|\\}|\"verdict\":\"pass\"){0,200}") {
            read(&text);
        }

        #[test]
        fn truncated_events_give_a_subset_of_the_results(end in 0_usize..2_000) {
            let text = format!("{STARTED}\n{}\n{}\n", finished("a", "pass"), finished("b", "pass"));
            let whole = read(&text);
            let part = read(&text[..end.min(text.len())]);
            prop_assert!(part.reported.iter().all(|(name, reported)| whole.reported.get(name) == Some(reported)));
            prop_assert!(part.remarks.is_empty());
        }
    }
}
