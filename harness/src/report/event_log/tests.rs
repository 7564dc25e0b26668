//! Compares the records of all kinds of events byte by byte, since other programs read them.

use std::time::Duration;

use expect_test::{Expect, expect};

use super::*;
use crate::model::config::{Isolation, Leak};
use crate::model::event::{AttemptFinished, CancelReason, CaseFinished, CaseIx, RunFinished, RunStarted, Severity};
use crate::model::event::{Slow, TestId};
use crate::model::leaks::{LeakNames, Leaks};
use crate::model::outcome::{Failure, FailureKind, Outcome};
use crate::model::rerun::RerunCommand;
use crate::model::seed::Seed;
use crate::model::timing::Timing;
use crate::model::verdict::{NotRunReason, Verdict};
use crate::model::worker::Slot;

#[track_caller]
fn check(events: impl IntoIterator<Item = Event>, expected: Expect) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("events");
    let mut log = EventLog::create(&path).expect("a file");
    events.into_iter().for_each(|event| log.handle(&event).expect("it is written"));
    log.flush().expect("it is written");
    expected.assert_eq(&std::fs::read_to_string(path).expect("text"));
}

const TEST: TestId = TestId { case: CaseIx(3), name: "db::reads", iteration: 2 };

const LEAKS: Leaks = Leaks {
    threads: 1,
    processes: 0,
    descriptors: 2,
    files: 0,
    names: LeakNames { threads: Vec::new(), processes: Vec::new(), descriptors: Vec::new() },
};

fn ns(n: u64) -> Duration {
    Duration::from_nanos(n)
}

fn failure(kind: FailureKind, location: Option<&str>) -> Failure {
    Failure { kind, message: "a \"b\"\nc".to_owned(), location: location.map(str::to_owned) }
}

#[test]
fn run_records_contain_settings_and_stop_reason() {
    let again = RerunCommand {
        target: None,
        program: None,
        package: Some("p".into()),
        is_of_nextest: false,
        seed: Seed::new(7),
        isolation: Isolation::default(),
        leak: Leak::default(),
        timeout: None,
        ensures_time: false,
        with_ignored: false,
        words_of_caller: Vec::new,
    };
    let started = RunStarted {
        version: 1,
        run: "7-a".into(),
        suite: Some("shop::api".into()),
        seed: Seed::new(u64::MAX),
        shuffled: true,
        workers: 4,
        planned: 20,
        iterations: 2,
        filtered_out: 3,
        captured: false,
        again,
    };
    let reasons = [
        None,
        Some(CancelReason::TooManyFailures),
        Some(CancelReason::Interrupted),
        Some(CancelReason::OutOfTime),
        Some(CancelReason::HarnessError),
    ];
    let ends = reasons.map(|stopped| Event::RunFinished(RunFinished { took: Duration::MAX, stopped }));
    check(
        [Event::RunStarted(started)].into_iter().chain(ends),
        expect![[r#"
            {"event":"run_started","version":1,"run":"7-a","suite":"shop::api","seed":18446744073709551615,"shuffled":true,"workers":4,"planned":20,"iterations":2,"filtered_out":3,"captured":false,"again":"cargo test -p p -- --seed 7 --exact"}
            {"event":"run_finished","took_ns":18446744073709551615,"stopped":null}
            {"event":"run_finished","took_ns":18446744073709551615,"stopped":"too_many_failures"}
            {"event":"run_finished","took_ns":18446744073709551615,"stopped":"interrupted"}
            {"event":"run_finished","took_ns":18446744073709551615,"stopped":"out_of_time"}
            {"event":"run_finished","took_ns":18446744073709551615,"stopped":"broken"}
        "#]],
    );
}

#[test]
fn attempt_records_contain_outcome_and_output() {
    let started = Event::AttemptStarted { test_id: TEST, attempt: 1, worker: Slot(5), at: ns(6) };
    let outcomes = [
        (Outcome::Passed, Timing::of(ns(8)), Leaks::default()),
        (Outcome::Failed(failure(FailureKind::Panic, Some("t.rs:1:2"))), Timing::of(ns(8)), LEAKS),
        (Outcome::Failed(failure(FailureKind::Error, None)), Timing { all: ns(8), in_fixtures: ns(5) }, LEAKS),
        (Outcome::Skipped { reason: "no network".to_owned() }, Timing::of(ns(8)), Leaks::default()),
    ];
    let finished = outcomes.map(|(outcome, took, leaks)| {
        let output = b"tab\t quote\" slash/ back\\ \x00\x08\x0c\x1b[1m \xff \xc3\xa4\r\n".to_vec();
        let (test_id, worker) = (TEST, Slot(5));
        Event::AttemptFinished(AttemptFinished { test_id, attempt: 1, worker, at: ns(7), took, outcome, leaks, output })
    });
    check(
        [started].into_iter().chain(finished),
        expect![[r#"
        {"event":"attempt_started","case":3,"name":"db::reads","iteration":2,"attempt":1,"worker":5,"at_ns":6}
        {"event":"attempt_finished","case":3,"name":"db::reads","iteration":2,"attempt":1,"worker":5,"at_ns":7,"took_ns":8,"outcome":"passed","output":"tab\t quote\" slash/ back\\ \u0000\b\f\u001b[1m � ä\r\n"}
        {"event":"attempt_finished","case":3,"name":"db::reads","iteration":2,"attempt":1,"worker":5,"at_ns":7,"took_ns":8,"outcome":"failed","kind":"panic","message":"a \"b\"\nc","location":"t.rs:1:2","leaks":{"threads":1,"processes":0,"descriptors":2,"files":0},"output":"tab\t quote\" slash/ back\\ \u0000\b\f\u001b[1m � ä\r\n"}
        {"event":"attempt_finished","case":3,"name":"db::reads","iteration":2,"attempt":1,"worker":5,"at_ns":7,"took_ns":8,"in_fixtures_ns":5,"outcome":"failed","kind":"error","message":"a \"b\"\nc","leaks":{"threads":1,"processes":0,"descriptors":2,"files":0},"output":"tab\t quote\" slash/ back\\ \u0000\b\f\u001b[1m � ä\r\n"}
        {"event":"attempt_finished","case":3,"name":"db::reads","iteration":2,"attempt":1,"worker":5,"at_ns":7,"took_ns":8,"outcome":"skipped","reason":"no network","output":"tab\t quote\" slash/ back\\ \u0000\b\f\u001b[1m � ä\r\n"}
    "#]],
    );
}

/// The end of a test after one attempt on worker 0; all other fields are empty.
fn ended(verdict: Verdict) -> CaseFinished {
    CaseFinished {
        test_id: TEST,
        verdict,
        worker: Some(Slot(0)),
        attempts: 1,
        queued: ns(0),
        took: Timing::of(ns(8)),
        should_panic: false,
        leaks: Leaks::default(),
    }
}

#[test]
fn case_records_contain_the_verdict() {
    let not_run = [
        NotRunReason::TooManyFailures,
        NotRunReason::Interrupted,
        NotRunReason::OutOfTime,
        NotRunReason::HarnessError,
        NotRunReason::Held,
    ];
    let verdicts = [
        Verdict::Pass,
        Verdict::Flaky { first: failure(FailureKind::Panic, Some("t.rs:1:2")) },
        Verdict::Flaky { first: failure(FailureKind::Panic, None) },
        Verdict::Skip { reason: None },
        Verdict::Skip { reason: Some("takes a week".to_owned()) },
    ];
    let verdicts = verdicts.into_iter().chain(not_run.map(|because| Verdict::NotRun { because }));
    let mut leaks = [LEAKS].into_iter();
    let mut workers = [Slot(5), Slot(0)].into_iter();
    let finished = verdicts.map(|verdict| {
        let (leaks, worker) = (leaks.next().unwrap_or_default(), workers.next());
        let took = Timing { all: ns(8), in_fixtures: ns(u64::from(worker.is_some())) };
        let should_panic = leaks.is_none();
        Event::CaseFinished(CaseFinished {
            worker,
            attempts: 2,
            queued: ns(9),
            took,
            should_panic,
            leaks,
            ..ended(verdict)
        })
    });
    check(
        finished,
        expect![[r#"
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"pass","worker":5,"attempts":2,"queued_ns":9,"took_ns":8,"in_fixtures_ns":1,"should_panic":false,"leaks":{"threads":1,"processes":0,"descriptors":2,"files":0}}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"flaky","first":{"kind":"panic","message":"a \"b\"\nc","location":"t.rs:1:2"},"worker":0,"attempts":2,"queued_ns":9,"took_ns":8,"in_fixtures_ns":1,"should_panic":true}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"flaky","first":{"kind":"panic","message":"a \"b\"\nc"},"worker":null,"attempts":2,"queued_ns":9,"took_ns":8,"should_panic":true}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"skip","worker":null,"attempts":2,"queued_ns":9,"took_ns":8,"should_panic":true}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"skip","reason":"takes a week","worker":null,"attempts":2,"queued_ns":9,"took_ns":8,"should_panic":true}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"not_run","because":"too_many_failures","worker":null,"attempts":2,"queued_ns":9,"took_ns":8,"should_panic":true}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"not_run","because":"interrupted","worker":null,"attempts":2,"queued_ns":9,"took_ns":8,"should_panic":true}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"not_run","because":"out_of_time","worker":null,"attempts":2,"queued_ns":9,"took_ns":8,"should_panic":true}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"not_run","because":"broken","worker":null,"attempts":2,"queued_ns":9,"took_ns":8,"should_panic":true}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"not_run","because":"held","worker":null,"attempts":2,"queued_ns":9,"took_ns":8,"should_panic":true}
    "#]],
    );
}

#[test]
fn each_failure_kind_has_its_own_word() {
    let kinds = [
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
    let finished = kinds.map(|kind| Event::CaseFinished(ended(Verdict::Fail(failure(kind, None)))));
    check(
        finished,
        expect![[r#"
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"fail","kind":"panic","message":"a \"b\"\nc","worker":0,"attempts":1,"queued_ns":0,"took_ns":8,"should_panic":false}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"fail","kind":"error","message":"a \"b\"\nc","worker":0,"attempts":1,"queued_ns":0,"took_ns":8,"should_panic":false}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"fail","kind":"exit_code","message":"a \"b\"\nc","worker":0,"attempts":1,"queued_ns":0,"took_ns":8,"should_panic":false}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"fail","kind":"should_panic","message":"a \"b\"\nc","worker":0,"attempts":1,"queued_ns":0,"took_ns":8,"should_panic":false}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"fail","kind":"fixture","message":"a \"b\"\nc","worker":0,"attempts":1,"queued_ns":0,"took_ns":8,"should_panic":false}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"fail","kind":"timed_out","message":"a \"b\"\nc","worker":0,"attempts":1,"queued_ns":0,"took_ns":8,"should_panic":false}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"fail","kind":"crash","message":"a \"b\"\nc","worker":0,"attempts":1,"queued_ns":0,"took_ns":8,"should_panic":false}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"fail","kind":"exit","message":"a \"b\"\nc","worker":0,"attempts":1,"queued_ns":0,"took_ns":8,"should_panic":false}
        {"event":"case_finished","case":3,"name":"db::reads","iteration":2,"verdict":"fail","kind":"leak","message":"a \"b\"\nc","worker":0,"attempts":1,"queued_ns":0,"took_ns":8,"should_panic":false}
    "#]],
    );
}

#[test]
fn other_events_have_records() {
    let slow = Slow {
        test_id: TEST,
        attempt: 1,
        worker: Slot(5),
        after: ns(60_000_000_000),
        process: 77,
        thread: "swim 5".to_owned(),
    };
    let late = [None, Some(2)].map(|attempt| Event::LateOutput { test_id: TEST, attempt, output: b"late\n".to_vec() });
    let diagnostics = [Severity::Note, Severity::Failure, Severity::Fault]
        .map(|severity| Event::Diagnostic { message: "a fixture".to_owned(), severity });
    let others = [Event::Slow(slow), Event::Kept { test_id: TEST, path: "/tmp/a b".into() }];
    check(
        others.into_iter().chain(late).chain(diagnostics),
        expect![[r#"
        {"event":"slow","case":3,"name":"db::reads","iteration":2,"attempt":1,"worker":5,"after_ns":60000000000,"process":77,"thread":"swim 5"}
        {"event":"kept","case":3,"name":"db::reads","iteration":2,"path":"/tmp/a b"}
        {"event":"late_output","case":3,"name":"db::reads","iteration":2,"output":"late\n"}
        {"event":"late_output","case":3,"name":"db::reads","iteration":2,"attempt":2,"output":"late\n"}
        {"event":"diagnostic","message":"a fixture","severity":"note"}
        {"event":"diagnostic","message":"a fixture","severity":"failure"}
        {"event":"diagnostic","message":"a fixture","severity":"fault"}
    "#]],
    );
}
