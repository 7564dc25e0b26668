//! Races whose outcome is known, with threads and with futures.

mod hostile;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

use expect_test::{Expect, expect};

use crate::point;
use crate::race::{Explore, Race, Replays, Report};

/// The message for a poisoned lock.
const NOT_POISONED: &str = "no actor panics while it holds the lock";

/// A table with a primary key: an insert of an existing key fails.
#[derive(Default)]
struct Table(Mutex<BTreeMap<usize, usize>>);

impl Table {
    fn has(&self, key: usize) -> bool {
        self.0.lock().expect(NOT_POISONED).contains_key(&key)
    }

    fn insert(&self, key: usize, value: usize) -> Result<(), String> {
        let before = self.0.lock().expect(NOT_POISONED).insert(key, value);
        before.map_or(Ok(()), |_| Err(format!("duplicate key \"session_id: s{key}\"")))
    }
}

fn check_then_insert(race: Race<'_>) -> Report {
    let table = Table::default();
    race.run(|actor| {
        if !table.has(actor.round()) {
            point!("after select");
            table.insert(actor.round(), actor.number())?;
        }
        Ok::<(), String>(())
    })
}

fn check_then_insert_async(race: Race<'_>) -> Report {
    let table = Table::default();
    pollster::block_on(race.run_async(async |actor| {
        if !table.has(actor.round()) {
            point!(async "after select");
            table.insert(actor.round(), actor.number())?;
        }
        Ok::<(), String>(())
    }))
}

#[test]
fn check_then_insert_is_found_with_20_of_20_seeds() {
    for play in [check_then_insert, check_then_insert_async] {
        let explores = [
            (Explore::Random, 20),
            (Explore::All, 20),
            (Explore::Preemptions { max: 1 }, 20),
            // Only one of about ten steps is the right one for a preemption.
            (Explore::Pct { depth: 2 }, 200),
        ];
        for (explore, rounds) in explores {
            for seed in 0..20 {
                let report = play(Race::new(8).rounds(rounds).seed(seed).explore(explore).until_race());
                report.expect_race("duplicate key");
                assert_eq!(report.replays(), Replays { same: 10, total: 10 }, "{explore:?}: {report}");
            }
        }
    }
}

#[test]
fn exhaustive_search_begins_with_few_preemptions() {
    // In seven rounds another actor starts first; then the first one is preempted.
    let report = check_then_insert(Race::new(8).explore(Explore::All).until_race());
    assert_eq!(report.first_failed_round(), Some(8), "{report}");
}

#[test]
fn report_shows_the_first_failure_and_its_replay() {
    let expected = expect![[r#"
        a race in 4 of 6 rounds: 2 actors, one interleaving after the other, and all of them were run
             4 x  1 of 2 actors: duplicate key "session_id: s#"

        first failure, in round 2:
               actor 0        actor 1
            1  after select   │
            2  │              after select
            3  │              end
            4  end: fails     │
          actor 0: duplicate key "session_id: s2"

        replay: Race::new(2).replay("0-1-1-0")  failed in the same way 10 of 10 times
    "#]];
    // Futures give the same report.
    for play in [check_then_insert, check_then_insert_async] {
        expected.assert_eq(&play(Race::new(2).explore(Explore::All).rounds(100)).to_string());
    }
    check_then_insert(Race::new(2).replay("0-1-1-0")).expect_race("duplicate key");
    check_then_insert(Race::new(2).replay("0-0-1")).expect_clean();
}

#[test]
fn after_hook_finds_a_race_without_errors() {
    let count = AtomicUsize::new(0);
    let race = Race::new(3).before(|_| count.store(0, Ordering::SeqCst));
    let report = race.after(|_| assert_eq!(count.load(Ordering::SeqCst), 3, "updates are lost")).run(|_| {
        let n = count.load(Ordering::SeqCst);
        point!("after read");
        count.store(n + 1, Ordering::SeqCst);
    });
    report.expect_race("updates are lost");
    assert!(report.failures()[0].max_actors().is_none());
}

#[test]
fn panic_is_an_error_of_its_actor() {
    let report = Race::new(2).rounds(1).run(|actor| assert!(actor.number() == 0, "no seat for {}", actor.number()));
    report.expect_race("panicked: no seat for 1");
    let report =
        pollster::block_on(Race::new(2).rounds(1).run_async(async |actor| assert!(actor.number() == 0, "no seat")));
    report.expect_race("panicked: no seat");
}

/// A lock that counts its waiters.
#[derive(Default)]
struct Gate {
    /// Whether it is locked, and the number of waiters.
    state: Mutex<(bool, usize)>,
    free: Condvar,
}

impl Gate {
    fn lock(&self) -> impl Drop + '_ {
        struct GateGuard<'g>(&'g Gate);
        impl Drop for GateGuard<'_> {
            fn drop(&mut self) {
                self.0.state.lock().expect(NOT_POISONED).0 = false;
                self.0.free.notify_one();
            }
        }
        let mut state = self.state.lock().expect(NOT_POISONED);
        state.1 += 1;
        let mut state = self.free.wait_while(state, |(is_held, _)| *is_held).expect(NOT_POISONED);
        *state = (true, state.1 - 1);
        GateGuard(self)
    }

    fn n_waiters(&self) -> usize {
        self.state.lock().expect(NOT_POISONED).1
    }
}

/// Code under a lock has no race, and an actor that is blocked by the lock does not delay the others.
#[track_caller]
fn check_gate(race: impl Fn(&Gate) -> Race<'_>) {
    let (gate, table) = (Gate::default(), Table::default());
    let report = race(&gate).run(|actor| {
        let _guard = gate.lock();
        point!("locked");
        if !table.has(actor.round()) {
            point!("after select");
            table.insert(actor.round(), actor.number())?;
        }
        Ok::<(), String>(())
    });
    report.expect_clean();
    assert!(report.rounds() >= 5);
}

#[test]
fn blocked_actors_are_passed_over() {
    check_gate(|gate| Race::new(4).rounds(5).blocked_actors(|| gate.n_waiters()));
    check_gate(|_| Race::new(4).rounds(5));
}

#[test]
fn exhaustive_search_covers_a_lock() {
    let gate = Gate::default();
    let report = Race::new(2).rounds(1000).explore(Explore::All).blocked_actors(|| gate.n_waiters()).run(|_| {
        let _guard = gate.lock();
        point!("locked");
    });
    report.expect_clean();
    // One actor ends before the other one starts (two ways), or the other one is blocked while the first holds the lock (two ways).
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.rounds(), 4, "{report}");
}

#[test]
fn free_exploration_stops_no_actor() {
    let report = check_then_insert(Race::new(4).explore(Explore::Free));
    assert_eq!((report.rounds(), report.interleaving()), (20, None));
    let report = check_then_insert_async(Race::new(4).explore(Explore::Free));
    // A future without awaits runs to its end.
    report.expect_clean();
}

#[test]
fn sync_points_in_futures_are_reported() {
    let report = pollster::block_on(Race::new(2).rounds(3).run_async(async |_| point!("half way")));
    assert!(report.to_string().contains("6 points without `async` were passed"), "{report}");
}

#[test]
fn panic_of_blocked_actors_ends_the_race() {
    let gate = Gate::default();
    let race = Race::new(3).rounds(1).blocked_actors(|| panic!("the server is gone"));
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        race.run(|_| {
            let _guard = gate.lock();
            point!("locked");
        })
    }));
    assert!(outcome.is_err());
}

#[track_caller]
fn check_refused(report: impl FnOnce() + std::panic::UnwindSafe, expected: Expect) {
    let panic = std::panic::catch_unwind(report).expect_err("it is refused");
    expected.assert_eq(panic.downcast_ref::<String>().map_or("", String::as_str));
}

#[test]
fn failed_expectations_panic_with_the_report() {
    check_refused(
        || _ = Race::new(1).rounds(1).run(|_| ()).expect_race("duplicate key"),
        expect![[r#"
            expected a race with `duplicate key`, but there was none
            no race in 1 round: 1 actor, random interleavings, seed 0
        "#]],
    );
    check_refused(
        || _ = Race::new(1).rounds(1).run(|_| Err::<(), _>("no seat")).expect_clean(),
        expect![[r#"
            expected no race
            a race in 1 of 1 round: 1 actor, random interleavings, seed 0
                 1 x  1 of 1 actors: no seat

            first failure, in round 0:
                   actor 0
                1  end: fails
              actor 0: no seat

            replay: Race::new(1).replay("0")  failed in the same way 10 of 10 times
        "#]],
    );
    check_refused(
        || drop(Race::new(1).before(|_| Err::<(), _>("no table")).run(|_| ())),
        expect!["cannot prepare round 0 of the race: no table"],
    );
}
