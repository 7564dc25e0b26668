//! Reads the events that a suite of swimlanes writes with `--events`.
//!
//! Knows only the fields it needs, so that suites of a later swimlanes can be read as long as their version is ours.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::stability::list::SCHEMA;
use crate::stability::model::Failure;
use crate::stability::parse::{Observed, Said};

#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    RunStarted {
        version: u32,
        rounds: u32,
    },
    AttemptStarted {
        name: String,
        round: u32,
    },
    AttemptFinished {
        name: String,
        round: u32,
    },
    CaseFinished {
        name: String,
        #[serde(flatten)]
        verdict: Verdict,
    },
    Trouble {
        message: String,
        gravity: Gravity,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
enum Verdict {
    Pass,
    Flaky { first: Reason },
    Fail(Reason),
    Skip,
    NotRun,
}

#[derive(Debug, Deserialize)]
struct Reason {
    message: String,
    location: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Gravity {
    Note,
    Failure,
    Fault,
}

/// Reads all there is. A last line without an end is what a crash leaves behind, and is passed over.
pub(in crate::stability) fn read(text: &str) -> Observed {
    let mut reader = Reader { rounds: 1, ..Reader::default() };
    for (ix, line) in text.split_inclusive('\n').enumerate() {
        let Some(line) = line.strip_suffix('\n') else { break };
        match serde_json::from_str(line) {
            Ok(event) => reader.read(event),
            Err(cause) => reader.remarks.push(format!("line {} of its events cannot be read: {cause}", ix + 1)),
        }
        if reader.is_foreign {
            break;
        }
    }
    reader.observed()
}

#[derive(Debug, Default)]
struct Reader {
    rounds: u32,
    is_foreign: bool,
    open: BTreeSet<(String, u32)>,
    /// Of each test, all its rounds.
    said: BTreeMap<String, Vec<Said>>,
    remarks: Vec<String>,
}

impl Reader {
    fn read(&mut self, event: Event) {
        match event {
            Event::RunStarted { version, rounds } => {
                self.rounds = rounds;
                self.is_foreign = version != SCHEMA;
                if self.is_foreign {
                    self.remarks.push(format!("its events are of version {version}, and we know {SCHEMA}"));
                }
            }
            Event::AttemptStarted { name, round } => {
                self.open.insert((name, round));
            }
            Event::AttemptFinished { name, round } => {
                self.open.remove(&(name, round));
            }
            Event::CaseFinished { name, verdict } => self.said.entry(name).or_default().push(said(verdict)),
            Event::Trouble { message, gravity: Gravity::Failure | Gravity::Fault } => {
                self.remarks.push(format!("outside of any test: {message}"));
            }
            Event::Trouble { gravity: Gravity::Note, .. } | Event::Other => {}
        }
    }

    fn observed(self) -> Observed {
        let rounds = self.rounds as usize;
        let said = self.said.into_iter().filter_map(|(name, said)| Some((name, over_rounds(said, rounds)?)));
        let open: BTreeSet<String> = self.open.into_iter().map(|(name, _)| name).collect();
        Observed { said: said.collect(), open: open.into_iter().collect(), remarks: self.remarks }
    }
}

fn said(verdict: Verdict) -> Said {
    let failure = |reason: Reason, passed_later| {
        Said::Failed(Failure { message: reason.message, location: reason.location, passed_later })
    };
    match verdict {
        Verdict::Pass => Said::Passed,
        Verdict::Flaky { first } => failure(first, true),
        Verdict::Fail(reason) => failure(reason, false),
        Verdict::Skip => Said::Skipped,
        Verdict::NotRun => Said::NotRun,
    }
}

/// What a run says of a test that it ran several times, with `--repeat`: the worst of it. `None` if rounds are missing.
fn over_rounds(said: Vec<Said>, rounds: usize) -> Option<Said> {
    let gravity = |said: &Said| match said {
        Said::Failed(Failure { passed_later: false, .. }) => 4,
        Said::Failed(_) => 3,
        Said::NotRun => 2,
        Said::Passed => 1,
        Said::Skipped => 0,
    };
    let is_complete = said.len() >= rounds;
    // Of equal ones the first, which is the one that was there before others followed from it.
    let worst = said.into_iter().rev().max_by_key(gravity)?;
    (is_complete || matches!(worst, Said::Failed(_))).then_some(worst)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    const STARTED: &str = r#"{"event":"run_started","version":1,"run":"1-a","seed":7,"shuffled":true,"workers":2,"planned":2,"rounds":1,"filtered_out":0,"again":"cargo test -- --exact"}"#;

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
                r#"{"event":"attempt_started","case":0,"name":"a","round":1,"attempt":1,"worker":0,"at_ns":5}"#,
                r#"{"event":"attempt_finished","case":0,"name":"a","round":1,"attempt":1,"worker":0,"at_ns":9,"took_ns":4,"outcome":"passed","output":""}"#,
                r#"{"event":"case_finished","case":0,"name":"a","round":1,"verdict":"pass","worker":0,"attempts":1,"queued_ns":0,"took_ns":4,"should_panic":false}"#,
                r#"{"event":"case_finished","case":1,"name":"b","round":1,"verdict":"fail","kind":"panic","message":"down","location":"t.rs:1:2","worker":0,"attempts":1,"queued_ns":0,"took_ns":4,"should_panic":false}"#,
                r#"{"event":"case_finished","case":2,"name":"c","round":1,"verdict":"flaky","first":{"kind":"error","message":"once"},"worker":0,"attempts":2,"queued_ns":0,"took_ns":4,"should_panic":false}"#,
                r#"{"event":"case_finished","case":3,"name":"d","round":1,"verdict":"skip","reason":"why","worker":0,"attempts":1,"queued_ns":0,"took_ns":4,"should_panic":false}"#,
                r#"{"event":"case_finished","case":4,"name":"e","round":1,"verdict":"not_run","worker":null,"attempts":0,"queued_ns":0,"took_ns":0,"should_panic":false}"#,
                r#"{"event":"late_output","case":0,"name":"a","round":1,"output":"late"}"#,
                r#"{"event":"something_new","value":1}"#,
                r#"{"event":"trouble","message":"a directory stays","gravity":"note"}"#,
                r#"{"event":"trouble","message":"a fixture panicked","gravity":"failure"}"#,
                r#"{"event":"run_finished","took_ns":9,"stopped":null}"#,
            ],
            expect![[r#"
                Observed {
                    said: {
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
                r#"{{"event":"attempt_started","case":0,"name":"{name}","round":1,"attempt":1,"worker":0,"at_ns":5}}"#
            )
        };
        check(
            &[STARTED, &start("a"), &start("b")],
            expect![[r#"
            Observed {
                said: {},
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
    fn records_of_another_version_say_nothing() {
        let finished = r#"{"event":"case_finished","name":"a","round":1,"verdict":"pass"}"#;
        check(
            &[&STARTED.replace("\"version\":1", "\"version\":2"), finished],
            expect![[r#"
            Observed {
                said: {},
                open: [],
                remarks: [
                    "its events are of version 2, and we know 1",
                ],
            }"#]],
        );
    }

    #[test]
    fn a_line_that_makes_no_sense_is_told() {
        check(
            &[STARTED, "hello"],
            expect![[r#"
            Observed {
                said: {},
                open: [],
                remarks: [
                    "line 2 of its events cannot be read: expected value at line 1 column 1",
                ],
            }"#]],
        );
    }

    #[test]
    fn a_test_of_several_rounds_has_passed_if_it_passed_in_all() {
        let started = STARTED.replace("\"rounds\":1", "\"rounds\":2");
        let finished = |name: &str, verdict: &str| {
            format!(r#"{{"event":"case_finished","name":"{name}","round":1,"verdict":"{verdict}","message":"down"}}"#)
        };
        let lines = [("a", "pass"), ("a", "pass"), ("b", "pass"), ("b", "fail"), ("c", "pass"), ("d", "fail")];
        let lines = lines.map(|(name, verdict)| finished(name, verdict) + "\n").concat();
        let observed = read(&format!("{started}\n{lines}"));
        let said = |name: &str| observed.said.get(name);
        assert_eq!(said("a"), Some(&Said::Passed));
        assert!(matches!(said("b"), Some(Said::Failed(_))));
        assert_eq!(said("c"), None);
        assert!(matches!(said("d"), Some(Said::Failed(_))));
    }

    proptest! {
        #[test]
        fn garbage_is_survived(text in "(\\PC|\n|\\{\"event\":|\"name\"|,|\\}|\"verdict\":\"pass\"){0,200}") {
            read(&text);
        }

        #[test]
        fn what_is_cut_off_says_less_and_nothing_else(end in 0_usize..2_000) {
            let finished = r#"{"event":"case_finished","name":"a","round":1,"verdict":"pass"}"#;
            let text = format!("{STARTED}\n{finished}\n{}\n", finished.replace("\"a\"", "\"b\""));
            let whole = read(&text);
            let part = read(&text[..end.min(text.len())]);
            prop_assert!(part.said.iter().all(|(name, said)| whole.said.get(name) == Some(said)));
            prop_assert!(part.remarks.is_empty());
        }
    }
}
