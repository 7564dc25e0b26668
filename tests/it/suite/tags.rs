//! The guarantees of the tags, in one process with several workers.

use std::collections::BTreeSet;

use crate::support::records;
use crate::support::suite_runner::fixture;
use crate::support::trace::Trace;
use crate::test;

#[track_caller]
fn check(args: &[&str]) -> Trace {
    let fixture = fixture("tags").args(args);
    let (trace, events) = (fixture.file("trace"), fixture.file("events"));
    let events_arg = events.as_str();
    let answer = fixture.env("TRACE", &trace).args(&["--events", events_arg]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    let trace = Trace::read(&trace.text());
    trace.check(26, true);
    let records = records::records(&events);
    let attempts = records::attempts(&records).into_iter().map(|finished| &finished.attempt);
    let of_group = attempts.filter(|attempt| attempt.test.name.starts_with("group_a_"));
    let workers_of_group: BTreeSet<u32> = of_group.map(|attempt| attempt.worker).collect();
    assert_eq!(workers_of_group.len(), 1, "a group stays on one worker: {workers_of_group:?}");
    trace
}

#[test]
fn tags_hold_with_any_number_of_workers() {
    for workers in ["1", "2", "3", "8"] {
        check(&["--workers", workers]);
    }
}

#[test]
fn tags_hold_with_shuffle_and_reverse() {
    for seed in ["1", "2", "3", "4", "5"] {
        check(&["--workers", "8", "--shuffle-seed", seed]);
    }
    check(&["--workers", "8", "--reverse"]);
}

#[test]
fn tags_hold_with_every_dist() {
    for dist in ["load", "loadgroup", "worksteal"] {
        check(&["--workers", "4", "--dist", dist]);
    }
}

#[test]
fn tags_allow_other_tests_to_overlap() {
    // Sixteen runs in different orders: if not one pair of free tests or of readers overlapped, that would be no coincidence.
    let overlaps: BTreeSet<(String, String)> =
        (0..16).flat_map(|seed| check(&["--workers", "8", "--shuffle-seed", &seed.to_string()]).overlaps).collect();
    let meets = |part: &str| overlaps.iter().any(|(a, b)| a.starts_with(part) && b.starts_with(part));
    assert!(meets("free_"), "{overlaps:?}");
    assert!(meets("redis_read_"), "{overlaps:?}");
}

#[test]
fn many_keys_leave_no_lock_file() {
    for isolation in ["thread", "process"] {
        let answer = fixture("many_keys").args(&["-n4", "--isolation", isolation]).run();
        assert!(answer.stdout.contains("test result: ok. 400 passed"), "{isolation}: {}", answer.text());
        assert!(answer.left.is_empty(), "{isolation}: {:?}", answer.left);
    }
}
