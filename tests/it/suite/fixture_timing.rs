//! Time in fixtures is measured separately from time in bodies.

use std::time::Duration;

use swimlanes_core::events::{Record, Timing};

use crate::suite::events::events;
use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

/// The minimum time of each fixture and body.
const STEP: Duration = Duration::from_millis(50);

/// The records that are checked.
#[derive(Debug, Clone, Copy)]
enum RecordKind {
    Attempt,
    Result,
}

/// The records of this kind and test: the whole duration and that of its fixtures, for each run of the test.
fn times(events: &[Record<'static>], kind: RecordKind, name: &str) -> Vec<(Duration, Duration)> {
    let took = |event: &Record<'_>| match (kind, event) {
        (RecordKind::Attempt, Record::AttemptFinished(it)) if it.attempt.test.name == name => Some(it.took),
        (RecordKind::Result, Record::CaseFinished(it)) if it.test.name == name => Some(it.took),
        _ => None,
    };
    let both = |took: Timing| (Duration::from_nanos(took.took_ns), Duration::from_nanos(took.in_fixtures_ns));
    events.iter().filter_map(took).map(both).collect()
}

/// Checks a test that took at least `n_fixtures` times 50 ms in fixtures, and `n_body` times in the body.
#[track_caller]
fn check(events: &[Record<'static>], name: &str, n_fixtures: u32, n_body: u32) {
    for kind in [RecordKind::Attempt, RecordKind::Result] {
        let [(took, in_fixtures)] = times(events, kind, name)[..] else { panic!("{name} ran once: {events:?}") };
        assert!(in_fixtures >= STEP * n_fixtures, "{name}: {in_fixtures:?} of {took:?}");
        assert!(took - in_fixtures >= STEP * n_body, "{name}: {in_fixtures:?} of {took:?}");
    }
}

#[test]
fn time_in_fixtures_and_bodies_is_separate() {
    for isolation in ISOLATIONS {
        let events = events("fixture_timing", &["--isolation", isolation, "--skip", "both_and_exits"]);
        check(&events, "body_alone", 0, 1);
        check(&events, "body_with_a_fixture_that_costs_nothing", 0, 1);
        check(&events, "fixture_alone", 2, 0);
        check(&events, "both", 2, 1);
        check(&events, "neither", 1, 0);
        let [(_, alone)] = times(&events, RecordKind::Attempt, "body_alone")[..] else { panic!("it ran once") };
        assert_eq!(alone, Duration::ZERO, "it takes none");
    }
}

#[test]
fn unknown_time_in_fixtures_is_omitted() {
    let events = events("fixture_timing", &["--isolation", "test", "both_and_exits"]);
    let [(_, in_fixtures)] = times(&events, RecordKind::Attempt, "both_and_exits")[..] else {
        panic!("it ran once: {events:?}")
    };
    assert_eq!(in_fixtures, Duration::ZERO);
}

#[test]
fn times_of_all_attempts_are_added() {
    let events = events("fixture_timing", &["--retries", "1", "neither"]);
    let attempts = times(&events, RecordKind::Attempt, "neither");
    let sum = |of: fn(&(Duration, Duration)) -> Duration| attempts.iter().map(of).sum::<Duration>();
    let added = (sum(|time| time.0), sum(|time| time.1));
    assert_eq!(attempts.len(), 2);
    assert_eq!(times(&events, RecordKind::Result, "neither"), [added]);
}

/// The seconds after these words.
fn after(line: &str, words: &str) -> Option<f64> {
    line.split_once(words)?.1.split_once('s')?.0.parse().ok()
}

#[test]
fn durations_and_failures_show_time_in_fixtures() {
    let answer = fixture("fixture_timing").args(&["--durations", "9", "--skip", "both_and_exits"]).run();
    let line = |name: &str| answer.stdout.lines().find(|line| line.contains("s ") && line.contains(name));
    let shown = |name: &str| line(name).and_then(|line| after(line, "(in fixtures "));
    assert!(shown(" both") >= Some(0.1) && shown(" fixture_alone") >= Some(0.1), "{}", answer.text());
    assert_eq!(shown(" body_alone"), None, "{}", answer.text());
    let facts = answer.stdout.lines().find(|line| line.contains("= worker")).expect("one failed");
    assert!(after(facts, ", in fixtures ") >= Some(0.05), "{facts}");
}
