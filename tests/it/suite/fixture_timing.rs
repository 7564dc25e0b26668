//! Time in fixtures is told apart from time in bodies.

use std::time::Duration;

use serde_json::Value;

use crate::suite::events::events;
use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

/// What each of those took at least.
const STEP: Duration = Duration::from_millis(50);

/// The records of this kind and test: how long all took, and the fixtures, as often as it ran.
fn times(events: &[Value], kind: &str, name: &str) -> Vec<(Duration, Option<Duration>)> {
    let is_it = |event: &&Value| event["event"] == kind && event["name"] == name;
    let time = |event: &Value, key: &str| event[key].as_u64().map(Duration::from_nanos);
    let both = |event: &Value| (time(event, "took_ns").expect("it took some time"), time(event, "in_fixtures_ns"));
    events.iter().filter(is_it).map(both).collect()
}

/// Of one that took `n_fixtures` times 50 ms in fixtures at least, and `n_body` times in the body.
#[track_caller]
fn check(events: &[Value], name: &str, n_fixtures: u32, n_body: u32) {
    for kind in ["attempt_finished", "case_finished"] {
        let [(took, in_fixtures)] = times(events, kind, name)[..] else { panic!("{name} ran once: {events:?}") };
        let in_fixtures = in_fixtures.unwrap_or_default();
        assert!(in_fixtures >= STEP * n_fixtures, "{name}: {in_fixtures:?} of {took:?}");
        assert!(took - in_fixtures >= STEP * n_body, "{name}: {in_fixtures:?} of {took:?}");
    }
}

#[test]
fn fixtures_and_bodies_are_told_apart() {
    for isolation in ISOLATIONS {
        let events = events("fixture_timing", &["--isolation", isolation, "--skip", "nobody_is_left"]);
        check(&events, "body_alone", 0, 1);
        check(&events, "body_with_a_fixture_that_costs_nothing", 0, 1);
        check(&events, "fixture_alone", 2, 0);
        check(&events, "both", 2, 1);
        check(&events, "neither", 1, 0);
        let [(_, alone)] = times(&events, "attempt_finished", "body_alone")[..] else { panic!("it ran once") };
        assert_eq!(alone, None, "it takes none");
    }
}

#[test]
fn what_nobody_knows_is_not_told() {
    let events = events("fixture_timing", &["--isolation", "test", "both_and_nobody_is_left_to_tell"]);
    let [(_, in_fixtures)] = times(&events, "attempt_finished", "both_and_nobody_is_left_to_tell")[..] else {
        panic!("it ran once: {events:?}")
    };
    assert_eq!(in_fixtures, None);
}

#[test]
fn attempts_are_added_up() {
    let events = events("fixture_timing", &["--retries", "1", "neither"]);
    let attempts = times(&events, "attempt_finished", "neither");
    let sum = |of: fn(&(Duration, Option<Duration>)) -> Duration| attempts.iter().map(of).sum::<Duration>();
    let added = (sum(|time| time.0), Some(sum(|time| time.1.expect("it is known"))));
    assert_eq!(attempts.len(), 2);
    assert_eq!(times(&events, "case_finished", "neither"), [added]);
}

/// The seconds that stand behind these words.
fn after(line: &str, words: &str) -> Option<f64> {
    line.split_once(words)?.1.split_once('s')?.0.parse().ok()
}

#[test]
fn durations_and_failures_show_time_in_fixtures() {
    let answer = fixture("fixture_timing").args(&["--durations", "9", "--skip", "nobody_is_left"]).run();
    let line = |name: &str| answer.stdout.lines().find(|line| line.contains("s ") && line.contains(name));
    let told = |name: &str| line(name).and_then(|line| after(line, "(in fixtures "));
    assert!(told(" both") >= Some(0.1) && told(" fixture_alone") >= Some(0.1), "{}", answer.text());
    assert_eq!(told(" body_alone"), None, "{}", answer.text());
    let facts = answer.stdout.lines().find(|line| line.contains("= worker")).expect("one failed");
    assert!(after(facts, ", in fixtures ") >= Some(0.05), "{facts}");
}
