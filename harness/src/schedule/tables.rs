//! The scheduler in words: which test each worker gets.

use std::num::NonZeroU32;
use std::time::Duration;

use expect_test::{Expect, expect};

use crate::model::config::Dist;
use crate::model::event::CaseIx;
use crate::model::tags::{Access, Constraint, LockClaim, LockNamespace};
use crate::model::worker::Slot;
use crate::schedule::ask::{JobSpec, Next, Preference};
use crate::schedule::{RetryRequest, Scheduler};

/// Runs a suite in steps of one second. `suite` has a word for each test: `name[:tag]*[=seconds]`, with the tags `s`
/// (serial), `n` (no_parallel), `x` and a name (a resource), `r` and a name (shared), `2` and a name (two units of
/// three), `g` and a name (group). Each line of the result is a second; it shows what each worker runs.
#[track_caller]
fn check_with(suite: &'static str, workers: usize, preference: Preference, dist: Dist, expected: Expect) {
    let cases: Vec<(&str, Vec<Constraint>, Option<&str>, u64)> = suite.split(' ').map(parse).collect();
    let asks: Vec<JobSpec<'_>> = cases
        .iter()
        .map(|(_, needs, group, weight)| JobSpec { needs, group: *group, weight: Duration::from_secs(*weight) })
        .collect();
    let mut scheduler = Scheduler::new(&asks, workers, preference, dist, &|_| Some(3));
    let mut lanes: Vec<Option<(CaseIx, u64)>> = vec![None; workers];
    let mut lines = Vec::new();
    for second in 0.. {
        for lane in &mut lanes {
            match lane {
                Some((case, 1)) => {
                    scheduler.finished(*case);
                    *lane = None;
                }
                Some((_, left)) => *left -= 1,
                None => {}
            }
        }
        for (worker, lane) in lanes.iter_mut().enumerate().filter(|(_, lane)| lane.is_none()) {
            if let Next::Start { case, .. } = scheduler.next(Slot(worker as u32), Duration::from_secs(second)) {
                *lane = Some((case, cases[case.ix()].3));
            }
        }
        if lanes.iter().all(Option::is_none) {
            break;
        }
        let names = lanes.iter().map(|lane| lane.map_or("-", |(case, _)| cases[case.ix()].0));
        lines.push(names.collect::<Vec<_>>().join(" "));
    }
    expected.assert_eq(&lines.join("\n"));
}

#[track_caller]
fn check(suite: &'static str, workers: usize, expected: Expect) {
    check_with(suite, workers, Preference::LongestChain, Dist::Load, expected);
}

fn parse(word: &'static str) -> (&'static str, Vec<Constraint>, Option<&'static str>, u64) {
    let (word, weight) = word.split_once('=').map_or((word, 1), |(word, n)| (word, n.parse().expect("seconds")));
    let mut parts = word.split(':');
    let name = parts.next().expect("a name");
    let mut group = None;
    let mut needs = Vec::new();
    for tag in parts {
        let access = match tag.split_at(1) {
            ("s", "") => {
                needs.push(Constraint::Serial);
                continue;
            }
            ("n", "") => {
                needs.push(Constraint::NoParallel);
                continue;
            }
            ("g", name) => {
                group = Some(name);
                continue;
            }
            ("x", _) => Access::Exclusive,
            ("r", _) => Access::Shared,
            (n, _) => Access::Units(n.parse::<NonZeroU32>().expect("a number of units")),
        };
        needs.push(Constraint::Lock(LockClaim { domain: LockNamespace::Resource, name: &tag[1..], access }));
    }
    (name, needs, group, weight)
}

#[test]
fn free_cases_run_side_by_side() {
    check(
        "a b c d e",
        2,
        expect![["
        a b
        c d
        e -"]],
    );
}

#[test]
fn serial_waits_until_nothing_runs() {
    check(
        "a b=2 s:s c",
        2,
        expect![["
        b a
        b c
        s -"]],
    );
}

#[test]
fn no_parallel_cases_come_last_one_by_one() {
    check(
        "n:n m:n a b",
        3,
        expect![["
        a b -
        n - -
        m - -"]],
    );
}

#[test]
fn the_longest_chain_goes_first() {
    check(
        "a b c p:xr q:xr r:xr s:xr",
        2,
        expect![["
        p a
        q b
        r c
        s -"]],
    );
}

#[test]
fn tests_of_a_group_keep_their_order_whatever_they_take() {
    check(
        "p:ga q:ga=3 r:ga=2 a b=2",
        2,
        expect![["
        p b
        q b
        q a
        q -
        r -
        r -"]],
    );
}

#[test]
fn a_worker_does_not_wait_for_a_resource() {
    check(
        "p:xr=3 q:xr a b c",
        2,
        expect![["
        p a
        p b
        p c
        q -"]],
    );
}

#[test]
fn readers_share_and_a_writer_does_not() {
    check(
        "p:rr q:rr w:xr=2",
        3,
        expect![[r#"
        p q -
        w - -
        w - -"#]],
    );
}

#[test]
fn units_are_taken_all_or_nothing() {
    check(
        "p:2c q:2c r:1c",
        3,
        expect![["
        p r -
        q - -"]],
    );
}

#[test]
fn two_resources_are_taken_at_once() {
    check(
        "p:xr:xs q:xr r:xs t:xr:xs",
        3,
        expect![[r#"
        p - -
        q r -
        t - -"#]],
    );
}

#[test]
fn a_group_stays_on_one_worker() {
    check(
        "p:gk q:gk r:gk a b c",
        2,
        expect![["
        p a
        q b
        r c"]],
    );
}

#[test]
fn the_longest_case_starts_first() {
    check(
        "a b c d long=3",
        2,
        expect![["
        long a
        long b
        long c
        d -"]],
    );
}

#[test]
fn worker_keeps_its_lock_unless_a_chain_is_urgent() {
    // All chains have the same length.
    check(
        "a:xp b:xq c:xr d:xs e:xt f:xu a:xp b:xq c:xr d:xs e:xt f:xu",
        2,
        expect![[r#"
            a b
            a b
            c d
            e f
            e c
            d f"#]],
    );
    // The chain of `p` takes as long as all the rest.
    check(
        "a:xp b:xq c:xr b:xq c:xr a:xp a:xp a:xp",
        2,
        expect![[r#"
            a b
            a c
            a b
            c a"#]],
    );
}

#[test]
fn listed_keeps_the_order_of_the_list() {
    check_with(
        "a s:s b long=2 n:n c",
        1,
        Preference::Listed,
        Dist::Load,
        expect![["
        a
        s
        b
        long
        long
        n
        c"]],
    );
}

#[test]
fn worksteal_takes_the_last_case_of_the_longest_queue() {
    check_with(
        "a=3 b c d e f",
        2,
        Preference::Listed,
        Dist::Worksteal,
        expect![["
        a d
        a e
        a f
        b c"]],
    );
}

#[test]
fn retry_goes_to_another_worker_if_one_is_free() {
    let mut asks = [JobSpec { needs: &[], group: None, weight: Duration::from_secs(1) }; 4];
    asks[1].weight = Duration::from_secs(9);
    let mut scheduler = Scheduler::new(&asks, 2, Preference::LongestChain, Dist::Load, &|_| None);
    let now = Duration::ZERO;
    let next = |scheduler: &mut Scheduler, worker| match scheduler.next(Slot(worker), now) {
        Next::Start { case, .. } => Some(case.0),
        Next::Wait | Next::Done => None,
    };
    let failed = |worker| RetryRequest { not_before: now, alone: false, avoid_worker: Some(Slot(worker)) };
    assert_eq!(next(&mut scheduler, 0), Some(1));
    scheduler.again(CaseIx(1), failed(0));
    // By its weight, test 1 would come first.
    assert_eq!(next(&mut scheduler, 0), Some(0));
    assert_eq!(next(&mut scheduler, 1), Some(1));
    scheduler.again(CaseIx(1), failed(1));
    scheduler.finished(CaseIx(0));
    assert_eq!([1, 0].map(|worker| next(&mut scheduler, worker)), [Some(2), Some(1)]);
    // Test 1 is the last one, so worker 0 does not wait for another worker to take it.
    scheduler.again(CaseIx(1), failed(0));
    assert_eq!([0, 0].map(|worker| next(&mut scheduler, worker)), [Some(3), Some(1)]);
}

#[test]
fn locks_of_an_abandoned_case_stay_held() {
    let needs = [Constraint::Lock(LockClaim { domain: LockNamespace::Resource, name: "r", access: Access::Exclusive })];
    let ask = JobSpec { needs: &needs, group: None, weight: Duration::from_secs(1) };
    let mut scheduler = Scheduler::new(&[ask, ask], 2, Preference::LongestChain, Dist::Load, &|_| None);
    let now = Duration::ZERO;
    assert_eq!(scheduler.next(Slot(0), now), Next::Start { case: CaseIx(0), queued: Duration::ZERO });
    assert_eq!(scheduler.next(Slot(1), now), Next::Wait);
    scheduler.abandoned();
    assert_eq!(scheduler.next(Slot(0), now), Next::Done);
    assert_eq!(scheduler.not_started(), [CaseIx(1)]);
    scheduler.ended_late(CaseIx(0));
    let queued = Duration::from_secs(2);
    assert_eq!(scheduler.next(Slot(0), queued), Next::Start { case: CaseIx(1), queued });
}
