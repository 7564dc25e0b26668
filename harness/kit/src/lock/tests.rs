//! The scenarios, on correct and on faulty locks.

mod faulty_lock;

use expect_test::expect;

use self::faulty_lock::{FaultyLock, Mistake};
use super::*;
use crate::race::Explore;

const SEEDS: std::ops::Range<u64> = 0..20;

/// The scenario finds the violation with every seed.
#[track_caller]
fn check(mistake: Mistake, scenario: Scenario, violation: LockViolation) {
    for seed in SEEDS {
        let report =
            scenario.run(&FaultyLock::new(Some(mistake)), &ScenarioConfig::new(seed)).expect("it is infallible");
        assert!(report.has(violation), "{mistake:?} was not found with seed {seed}\n{report}");
    }
}

#[test]
fn correct_lock_passes_all_scenarios() {
    for (scenario, seed) in Scenario::ALL.into_iter().flat_map(|scenario| SEEDS.map(move |seed| (scenario, seed))) {
        scenario.run(&MemoryLock::new(), &ScenarioConfig::new(seed)).expect("it is infallible").expect_sound();
        scenario.run(&FaultyLock::new(None), &ScenarioConfig::new(seed)).expect("it is infallible").expect_sound();
    }
}

#[test]
fn thundering_herd_finds_check_then_set() {
    check(Mistake::CheckThenSet, Scenario::ThunderingHerd, LockViolation::HeldTwice);
}

#[test]
fn rapid_sequential_finds_a_release_that_never_reaches_the_service() {
    check(Mistake::ReleaseIsLocal, Scenario::RapidSequential, LockViolation::TimedOut);
    check(Mistake::ReleaseIsLocal, Scenario::RapidSequential, LockViolation::HolderRefused);
}

#[test]
fn expiry_during_work_finds_missing_expiry_token_and_fencing_checks() {
    check(Mistake::NoTimeToLive, Scenario::ExpiryDuringWork, LockViolation::NeverExpires);
    check(Mistake::NoTokenCheck, Scenario::ExpiryDuringWork, LockViolation::StaleRelease);
    check(Mistake::NoTokenCheck, Scenario::ExpiryDuringWork, LockViolation::HeldTwice);
    check(Mistake::NoFence, Scenario::ExpiryDuringWork, LockViolation::StaleWrite);
    check(Mistake::KeepsOldToken, Scenario::ExpiryDuringWork, LockViolation::ViewsDisagree);
}

#[test]
fn token_mismatch_finds_locks_that_trust_the_name_of_the_owner() {
    check(Mistake::NameIsToken, Scenario::TokenMismatchAfterCrash, LockViolation::StaleRelease);
    check(Mistake::Reentrant, Scenario::TokenMismatchAfterCrash, LockViolation::TakenTooEarly);
    check(Mistake::NoForce, Scenario::TokenMismatchAfterCrash, LockViolation::NotFreed);
}

#[test]
fn late_release_finds_a_release_in_two_steps() {
    check(Mistake::ReleaseInTwoSteps, Scenario::ExpiryDuringWork, LockViolation::HeldTwice);
    check(Mistake::ReleaseInTwoSteps, Scenario::TokenMismatchAfterCrash, LockViolation::HeldTwice);
}

#[test]
fn orphaned_lock_finds_wrong_expiry() {
    check(Mistake::NoTimeToLive, Scenario::OrphanedLock, LockViolation::NeverExpires);
    check(Mistake::NoForce, Scenario::OrphanedLock, LockViolation::NotFreed);
    check(Mistake::TooShort, Scenario::OrphanedLock, LockViolation::TakenTooEarly);
}

#[test]
fn clear_all_finds_stale_state() {
    check(Mistake::ClearForgetsLocal, Scenario::ClearAllDuringOperations, LockViolation::ViewsDisagree);
    check(Mistake::ClearInTwoSteps, Scenario::ClearAllDuringOperations, LockViolation::ViewsDisagree);
    check(Mistake::ClearRestartsNumbers, Scenario::ClearAllDuringOperations, LockViolation::StaleWrite);
}

#[test]
fn two_singletons_finds_several_instances() {
    check(Mistake::ManyInstances, Scenario::TwoSingletons, LockViolation::SeveralInstances);
}

#[test]
fn clock_skew_finds_a_lock_that_uses_the_clock_of_its_client() {
    let config = |seed| ScenarioConfig::new(seed).clock_skew(std::time::Duration::from_secs(3600));
    for seed in SEEDS {
        let wrong = expiry_during_work(&FaultyLock::new(Some(Mistake::ClientsClock)), &config(seed));
        wrong.expect("it is infallible").expect_violation(LockViolation::HeldTwice);
        let even = expiry_during_work(&FaultyLock::new(Some(Mistake::ClientsClock)), &ScenarioConfig::new(seed));
        even.expect("it is infallible").expect_sound();
        let right = expiry_during_work(&FaultyLock::new(None), &config(seed));
        right.expect("it is infallible").expect_sound();
    }
}

#[test]
fn pause_within_the_time_to_live_keeps_the_lock() {
    let config = ScenarioConfig::new(3).ttl(std::time::Duration::from_secs(5)).pause(std::time::Duration::from_secs(4));
    let report = expiry_during_work(&MemoryLock::new(), &config).expect("it is infallible");
    report.expect_sound();
    assert_eq!((report.acquisitions(), report.refusals()), (10, 20));
}

#[test]
fn report_has_the_first_interleaving_with_a_violation() {
    let lock = FaultyLock::new(Some(Mistake::CheckThenSet));
    let report = thundering_herd(&lock, &ScenarioConfig::new(7)).expect("it is infallible");
    let interleaving = report.interleaving().expect("it was a race").to_string();
    assert!(report.to_string().ends_with(&interleaving), "{report}");

    let again = thundering_herd(&lock, &ScenarioConfig::new(8).replay(&interleaving)).expect("it is infallible");
    assert!(
        again
            .violations()
            .iter()
            .any(|(violation, times)| (*violation, *times >= 10) == (LockViolation::HeldTwice, true)),
        "{again}"
    );
}

#[test]
fn violation_without_a_race_has_no_interleaving() {
    let report = expiry_during_work(&FaultyLock::new(Some(Mistake::NoFence)), &ScenarioConfig::new(7));
    let report = report.expect("it is infallible");
    report.expect_violation(LockViolation::StaleWrite);
    assert_eq!(report.interleaving(), None, "{report}");
}

#[test]
fn replay_repeats_a_late_release() {
    // One release compares, the lock changes hands, the release deletes, and another one comes too late.
    let config = ScenarioConfig::new(7).actors(3).replay("1-0-1-2");
    for scenario in [Scenario::ExpiryDuringWork, Scenario::TokenMismatchAfterCrash] {
        let lock = FaultyLock::new(Some(Mistake::ReleaseInTwoSteps));
        let report = scenario.run(&lock, &config).expect("it is infallible");
        assert_eq!(report.violations(), [(LockViolation::HeldTwice, 10), (LockViolation::HolderRefused, 10)]);
        assert_eq!(report.interleaving().map(ToString::to_string).as_deref(), Some("1-0-1-2"));
    }
}

#[test]
fn free_running_herd_is_recorded() {
    let config = ScenarioConfig::new(7).actors(8).max_attempts(usize::MAX).explore(Explore::Free);
    let report = thundering_herd(&MemoryLock::new(), &config).expect("it is infallible");
    report.expect_sound();
    assert_eq!((report.acquisitions(), report.timeouts(), report.max_holders()), (80, 0, 1));
}

#[test]
fn error_of_any_call_ends_the_scenario() {
    for scenario in Scenario::ALL {
        let run =
            |calls| scenario.run(&faulty_lock::UnreachableLock::after(calls), &ScenarioConfig::new(7).requests(1));
        let n_calls =
            (0..200).take_while(|calls| run(*calls).is_err_and(|it| it == "the lock service is gone")).count();
        assert!((10..200).contains(&n_calls), "{scenario} needs more than {n_calls} calls");
        run(n_calls).expect("as many calls are enough").expect_sound();
    }
}

#[test]
fn report_table_shows_all_counts() {
    let lock = FaultyLock::new(Some(Mistake::NoTimeToLive));
    let report = orphaned_lock(&lock, &ScenarioConfig::new(7).requests(3)).expect("it is infallible");
    let expected = expect![[r#"
        orphaned-lock · 4 actors · 3 requests each · seed 7
          acquired           3
          refused            6
          timed out          3
          most at once       0
          waited        -
          views         agree
          violation     no owner could get the lock after the time-to-live of the holder was over (3 ×)"#]];
    expected.assert_eq(&report.to_string());
}

#[test]
fn waiting_times_include_the_time_of_the_service() {
    let hour = std::time::Duration::from_secs(3600);
    let report = expiry_during_work(&MemoryLock::new(), &ScenarioConfig::new(7).ttl(hour).pause(hour));
    let waits = report.expect("it is infallible").waits();
    assert_eq!(waits.n, 10);
    // The histogram has a precision of three digits.
    assert!(waits.p50 >= hour.mul_f64(0.999), "{waits}");
}

#[test]
#[should_panic(
    expected = "expected the violation `two owners held the lock at the same time`, but there was none\nrapid-sequential · 4 actors"
)]
fn expect_violation_panics_with_the_table() {
    let report = rapid_sequential(&MemoryLock::new(), &ScenarioConfig::new(7)).expect("it is infallible");
    report.expect_violation(LockViolation::HeldTwice);
}
