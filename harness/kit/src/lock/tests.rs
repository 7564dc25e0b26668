//! The scenarios, on a right lock and on wrong ones.

mod faulty_lock;

use expect_test::expect;

use self::faulty_lock::{Mistake, Planted};
use super::*;
use crate::race::Explore;

const SEEDS: std::ops::Range<u64> = 0..20;

/// The scenario finds it, whatever the seed.
#[track_caller]
fn check(mistake: Mistake, scenario: Scenario, wrong: Wrong) {
    for seed in SEEDS {
        let contention = scenario.run(&Planted::new(Some(mistake)), &Pressure::new(seed)).expect("it is infallible");
        assert!(contention.has(wrong), "{mistake:?} was not found with seed {seed}\n{contention}");
    }
}

#[test]
fn a_right_lock_goes_through_everything() {
    for (scenario, seed) in Scenario::ALL.into_iter().flat_map(|scenario| SEEDS.map(move |seed| (scenario, seed))) {
        scenario.run(&MemoryLock::new(), &Pressure::new(seed)).expect("it is infallible").expect_sound();
        scenario.run(&Planted::new(None), &Pressure::new(seed)).expect("it is infallible").expect_sound();
    }
}

#[test]
fn a_herd_finds_a_lock_that_asks_first_and_takes_then() {
    check(Mistake::CheckThenSet, Scenario::ThunderingHerd, Wrong::HeldTwice);
}

#[test]
fn a_sequence_finds_a_release_that_the_service_never_hears_of() {
    check(Mistake::ReleaseIsLocal, Scenario::RapidSequential, Wrong::TimedOut);
    check(Mistake::ReleaseIsLocal, Scenario::RapidSequential, Wrong::HolderRefused);
}

#[test]
fn expiry_finds_what_trusts_its_holder() {
    check(Mistake::NoTimeToLive, Scenario::ExpiryDuringWork, Wrong::NeverExpires);
    check(Mistake::NoTokenCheck, Scenario::ExpiryDuringWork, Wrong::StaleRelease);
    check(Mistake::NoTokenCheck, Scenario::ExpiryDuringWork, Wrong::HeldTwice);
    check(Mistake::NoFence, Scenario::ExpiryDuringWork, Wrong::StaleWrite);
    check(Mistake::KeepsOldToken, Scenario::ExpiryDuringWork, Wrong::SidesDiffer);
}

#[test]
fn a_crash_finds_locks_that_go_by_the_name_of_their_holder() {
    check(Mistake::NameIsToken, Scenario::TokenMismatchAfterCrash, Wrong::StaleRelease);
    check(Mistake::Reentrant, Scenario::TokenMismatchAfterCrash, Wrong::TakenTooEarly);
    check(Mistake::NoForce, Scenario::TokenMismatchAfterCrash, Wrong::NotFreed);
}

#[test]
fn a_release_that_compares_first_and_deletes_then_is_found_when_the_lock_changes_hands_between() {
    check(Mistake::ReleaseInTwoSteps, Scenario::ExpiryDuringWork, Wrong::HeldTwice);
    check(Mistake::ReleaseInTwoSteps, Scenario::TokenMismatchAfterCrash, Wrong::HeldTwice);
}

#[test]
fn an_orphan_finds_a_lock_for_ever() {
    check(Mistake::NoTimeToLive, Scenario::OrphanedLock, Wrong::NeverExpires);
    check(Mistake::NoForce, Scenario::OrphanedLock, Wrong::NotFreed);
    check(Mistake::TooShort, Scenario::OrphanedLock, Wrong::TakenTooEarly);
}

#[test]
fn clear_all_finds_what_is_left_behind() {
    check(Mistake::ClearForgetsLocal, Scenario::ClearAllDuringOperations, Wrong::SidesDiffer);
    check(Mistake::ClearInTwoSteps, Scenario::ClearAllDuringOperations, Wrong::SidesDiffer);
    check(Mistake::ClearRestartsNumbers, Scenario::ClearAllDuringOperations, Wrong::StaleWrite);
}

#[test]
fn singletons_find_a_registry_that_asks_first_and_adds_then() {
    check(Mistake::ManyInstances, Scenario::TwoSingletons, Wrong::SeveralInstances);
}

#[test]
fn a_clock_that_is_ahead_takes_a_lock_that_goes_by_it() {
    let pressure = |seed| Pressure::new(seed).clock_skew(std::time::Duration::from_secs(3600));
    for seed in SEEDS {
        let wrong = expiry_during_work(&Planted::new(Some(Mistake::ClientsClock)), &pressure(seed));
        wrong.expect("it is infallible").expect_wrong(Wrong::HeldTwice);
        let even = expiry_during_work(&Planted::new(Some(Mistake::ClientsClock)), &Pressure::new(seed));
        even.expect("it is infallible").expect_sound();
        let right = expiry_during_work(&Planted::new(None), &pressure(seed));
        right.expect("it is infallible").expect_sound();
    }
}

#[test]
fn a_pause_shorter_than_the_time_to_live_costs_nobody_anything() {
    let pressure = Pressure::new(3).ttl(std::time::Duration::from_secs(5)).pause(std::time::Duration::from_secs(4));
    let contention = expiry_during_work(&MemoryLock::new(), &pressure).expect("it is infallible");
    contention.expect_sound();
    assert_eq!((contention.acquired(), contention.contended()), (10, 20));
}

#[test]
fn the_first_interleaving_in_which_something_was_wrong_is_told_and_can_be_repeated() {
    let lock = Planted::new(Some(Mistake::CheckThenSet));
    let contention = thundering_herd(&lock, &Pressure::new(7)).expect("it is infallible");
    let interleaving = contention.interleaving().expect("it was a race").to_string();
    assert!(contention.to_string().ends_with(&interleaving), "{contention}");

    let again = thundering_herd(&lock, &Pressure::new(8).replay(&interleaving)).expect("it is infallible");
    assert!(again.wrong().iter().any(|(wrong, times)| (*wrong, *times >= 10) == (Wrong::HeldTwice, true)), "{again}");
}

#[test]
fn what_takes_no_race_is_not_the_fault_of_an_interleaving() {
    let contention = expiry_during_work(&Planted::new(Some(Mistake::NoFence)), &Pressure::new(7));
    let contention = contention.expect("it is infallible");
    contention.expect_wrong(Wrong::StaleWrite);
    assert_eq!(contention.interleaving(), None, "{contention}");
}

#[test]
fn a_late_release_is_told_by_its_interleaving_and_can_be_repeated() {
    // One release has compared, the lock changes hands, the release deletes, and another one comes too late for anything.
    let pressure = Pressure::new(7).actors(3).replay("1-0-1-2");
    for scenario in [Scenario::ExpiryDuringWork, Scenario::TokenMismatchAfterCrash] {
        let lock = Planted::new(Some(Mistake::ReleaseInTwoSteps));
        let contention = scenario.run(&lock, &pressure).expect("it is infallible");
        assert_eq!(contention.wrong(), [(Wrong::HeldTwice, 10), (Wrong::HolderRefused, 10)]);
        assert_eq!(contention.interleaving().map(ToString::to_string).as_deref(), Some("1-0-1-2"));
    }
}

#[test]
fn a_herd_on_threads_that_nobody_stops_is_recorded_as_well() {
    let pressure = Pressure::new(7).actors(8).tries(usize::MAX).explore(Explore::Free);
    let contention = thundering_herd(&MemoryLock::new(), &pressure).expect("it is infallible");
    contention.expect_sound();
    assert_eq!((contention.acquired(), contention.timed_out(), contention.most_holders()), (80, 0, 1));
}

#[test]
fn the_error_of_a_lock_ends_the_scenario_whichever_call_fails() {
    for scenario in Scenario::ALL {
        let run = |calls| scenario.run(&faulty_lock::Unreachable::after(calls), &Pressure::new(7).requests(1));
        let n_calls =
            (0..200).take_while(|calls| run(*calls).is_err_and(|it| it == "the lock service is gone")).count();
        assert!((10..200).contains(&n_calls), "{scenario} goes on without {n_calls} calls");
        run(n_calls).expect("as many calls are enough").expect_sound();
    }
}

#[test]
fn the_table_tells_everything() {
    let lock = Planted::new(Some(Mistake::NoTimeToLive));
    let contention = orphaned_lock(&lock, &Pressure::new(7).requests(3)).expect("it is infallible");
    let expected = expect![[r#"
        orphaned-lock · 4 actors · 3 requests each · seed 7
          acquired           3
          contended          6
          timed out          3
          most at once       0
          waited        -
          both sides    agree
          wrong         nobody could get it when the holder's time was over (3 ×)"#]];
    expected.assert_eq(&contention.to_string());
}

#[test]
fn who_waits_for_a_lock_to_expire_waits_in_the_time_of_the_service() {
    let hour = std::time::Duration::from_secs(3600);
    let contention = expiry_during_work(&MemoryLock::new(), &Pressure::new(7).ttl(hour).pause(hour));
    let waits = contention.expect("it is infallible").waits();
    assert_eq!(waits.n, 10);
    // Three digits are kept.
    assert!(waits.p50 >= hour.mul_f64(0.999), "{waits}");
}

#[test]
#[should_panic(expected = "it was not seen that two had it at the same time\nrapid-sequential · 4 actors")]
fn what_is_expected_and_not_seen_panics_with_the_table() {
    let contention = rapid_sequential(&MemoryLock::new(), &Pressure::new(7)).expect("it is infallible");
    contention.expect_wrong(Wrong::HeldTwice);
}
