//! The reader returns the events that were written, and nothing else.

use super::*;
use crate::model::event::{RunFinished, Severity};
use crate::model::outcome::{Failure, FailureKind};

fn id_of(case: u32) -> TestId {
    TestId { case: CaseIx(case), name: ["a", "b"][case as usize], iteration: 2 }
}

fn attempt(outcome: Outcome, output: &[u8]) -> Event {
    let (at, took) = (Duration::from_nanos(5), Timing::of(Duration::from_secs(7)));
    let (test_id, output) = (id_of(1), output.to_vec());
    Event::AttemptFinished(AttemptFinished {
        test_id,
        attempt: 3,
        worker: Slot(9),
        at,
        took,
        outcome,
        leaks: Leaks::default(),
        output,
    })
}

fn over(verdict: Verdict) -> Event {
    Event::CaseFinished(CaseFinished {
        test_id: id_of(0),
        verdict,
        worker: Some(Slot(1)),
        attempts: 1,
        queued: Duration::from_millis(3),
        took: Timing::of(Duration::from_millis(4)),
        should_panic: true,
        leaks: Leaks::default(),
    })
}

/// The event arrives unchanged, even byte by byte.
#[track_caller]
fn check(event: Event) {
    let expected = [format!("{event:?}")];
    let mut bytes = Vec::new();
    encode(MARK, event, &mut bytes);
    check_events(&bytes, &expected);
}

/// The same, for an attempt and the end of its case. Returns the length of the frames.
#[track_caller]
fn check_both(attempt: Event, case: Event) -> usize {
    let expected = [format!("{attempt:?}"), format!("{case:?}")];
    let (Event::AttemptFinished(attempt), Event::CaseFinished(case)) = (attempt, case) else { panic!("not these") };
    let mut bytes = Vec::new();
    encode_both(MARK, attempt, case, &mut bytes);
    check_events(&bytes, &expected);
    bytes.len()
}

#[track_caller]
fn check_events(bytes: &[u8], expected: &[String]) {
    for step in [1, 7, bytes.len()] {
        let mut reader = EventReader::new(MARK);
        let mut events = Vec::new();
        for mut part in bytes.chunks(step) {
            reader.fill(&mut part).expect("read");
            let name = |case: CaseIx| ["a", "b"].get(case.ix()).copied();
            while let Some(event) = reader.next(&name) {
                events.push(format!("{event:?}"));
            }
        }
        assert_eq!(events, expected);
        assert!(!reader.take_noise());
    }
}

#[test]
fn events_round_trip() {
    let failure = Failure { kind: FailureKind::Panic, message: "bo\0om".to_owned(), location: None };
    check(attempt(Outcome::Passed, b""));
    check(attempt(Outcome::Passed, b"\xff\0 text"));
    check(attempt(Outcome::Failed(failure.clone()), b"x"));
    check(attempt(Outcome::Skipped { reason: "no network".to_owned() }, b""));
    check(over(Verdict::Pass));
    check(over(Verdict::Fail(failure.clone())));
    check(over(Verdict::Flaky { first: failure }));
    check(over(Verdict::Skip { reason: None }));
    check(Event::AttemptStarted { test_id: id_of(1), attempt: 1, worker: Slot(2), at: Duration::from_nanos(8) });
    check(Event::LateOutput { test_id: id_of(0), attempt: Some(2), output: b"\xfflate".to_vec() });
    check(Event::Kept { test_id: id_of(0), path: "/x/y".into() });
    check(Event::Diagnostic { message: "m".to_owned(), severity: Severity::Failure });
    check(Event::RunFinished(RunFinished { took: Duration::from_secs(1), stopped: None }));
}

#[test]
fn attempt_and_case_share_a_frame_only_without_loss() {
    let passed = |output: &[u8], change: fn(&mut AttemptFinished)| {
        let Event::AttemptFinished(mut attempt) = attempt(Outcome::Passed, output) else { panic!("not this") };
        (attempt.test_id.case, attempt.attempt) = (CaseIx(0), 1);
        (attempt.worker, attempt.took) = (Slot(1), Timing::of(Duration::from_millis(4)));
        attempt.test_id.name = "a";
        change(&mut attempt);
        Event::AttemptFinished(attempt)
    };
    assert_eq!(check_both(passed(b"", |_| ()), over(Verdict::Pass)), FIXED);
    assert!(check_both(passed(b"x", |_| ()), over(Verdict::Pass)) > FIXED);
    assert!(check_both(passed(b"", |_| ()), over(Verdict::Skip { reason: None })) > FIXED);
    assert!(check_both(passed(b"", |attempt| attempt.attempt = 2), over(Verdict::Pass)) > FIXED);
    assert!(check_both(passed(b"", |attempt| attempt.worker = Slot(2)), over(Verdict::Pass)) > FIXED);
    assert!(check_both(passed(b"", |attempt| attempt.leaks.threads = 1), over(Verdict::Pass)) > FIXED);
    assert!(check_both(passed(b"", |attempt| attempt.took.all *= 2), over(Verdict::Pass)) > FIXED);
    const IN_FIXTURES: Timing = Timing { all: Duration::from_millis(4), in_fixtures: Duration::from_nanos(1) };
    let Event::CaseFinished(mut case) = over(Verdict::Pass) else { panic!("not this") };
    case.took = IN_FIXTURES;
    assert!(check_both(passed(b"", |attempt| attempt.took = IN_FIXTURES), Event::CaseFinished(case)) > FIXED);
}

const MARK: Magic = Magic(0x0012_3456_789a_bcde);

/// Other bytes in the pipe are skipped, whatever they are and however they arrive.
#[track_caller]
fn check_noise(noise: &[u8]) {
    let started = |case: u32| Event::AttemptStarted {
        test_id: TestId { name: ["a", "b"][case as usize], ..id_of(case) },
        attempt: 1,
        worker: Slot(0),
        at: Duration::ZERO,
    };
    let late = || Event::LateOutput { test_id: id_of(1), attempt: None, output: b"late".to_vec() };
    let expected = [started(0), late(), started(1)].map(|event| format!("{event:?}"));
    let mut bytes = noise.to_vec();
    encode(MARK, started(0), &mut bytes);
    bytes.extend_from_slice(noise);
    encode(MARK, late(), &mut bytes);
    bytes.extend_from_slice(noise);
    encode(MARK, started(1), &mut bytes);
    bytes.extend_from_slice(noise);
    for step in [1, 7, bytes.len()] {
        let (mut reader, mut events) = (EventReader::new(MARK), Vec::new());
        for mut part in bytes.chunks(step) {
            reader.fill(&mut part).expect("read");
            events.extend(std::iter::from_fn(|| reader.next(&|case| ["a", "b"].get(case.ix()).copied())));
        }
        let events: Vec<String> = events.iter().map(|event| format!("{event:?}")).collect();
        assert_eq!(events, expected);
        assert!(reader.take_noise());
    }
}

#[test]
fn garbage_is_skipped() {
    check_noise(&[0xa5; 300]);
    check_noise(&[0; 64]);
    check_noise(&MARK.with(200).to_le_bytes());
    check_noise(&[MARK.with(ANY).to_le_bytes(), [0xff; 8], [0xff; 8]].concat());
    // An unknown case.
    let mut unknown = Vec::new();
    let test_id = TestId { case: CaseIx(7), name: "", iteration: 1 };
    let (attempt, worker, at) = (1, Slot(0), Duration::ZERO);
    encode(MARK, Event::AttemptStarted { test_id, attempt, worker, at }, &mut unknown);
    check_noise(&unknown);
    // The mark of another run.
    let mut other = Vec::new();
    encode(Magic(5), over(Verdict::Pass), &mut other);
    check_noise(&other);
}
