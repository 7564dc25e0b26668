//! The seven scenarios, on each form.

use std::time::Duration;

use run_locks::Form;
use swimlanes::kit::lock::{LockViolation, Scenario, ScenarioConfig};
use swimlanes::prelude::*;

use crate::fixtures::{Place, TestResult};

#[swimlanes::test(
    cases(
        thundering_herd = Scenario::ThunderingHerd,
        rapid_sequential = Scenario::RapidSequential,
        expiry_during_work = Scenario::ExpiryDuringWork,
        token_mismatch_after_crash = Scenario::TokenMismatchAfterCrash,
        orphaned_lock = Scenario::OrphanedLock,
        clear_all_during_operations = Scenario::ClearAllDuringOperations,
        two_singletons = Scenario::TwoSingletons,
    ),
    tags("mended", "integration")
)]
fn the_mended_lock_is_sound(#[case] scenario: Scenario, place: Place, worker: Worker) -> TestResult {
    let report = scenario.run(&place.cluster(Form::Mended)?, &ScenarioConfig::new(worker.seed()))?;
    println!("{report}");
    report.expect_sound();
    Ok(())
}

const SEEDS: u64 = 20;

/// A request that waits longer than this for a lock that no process keeps times out: 50 attempts.
const DEADLINE: Duration = Duration::from_secs(5);

#[swimlanes::test(
    cases(
        hash_is_taken_by_two_of_a_herd = (Form::Hash, Scenario::ThunderingHerd, LockViolation::HeldTwice),
        hash_is_unlocked_too_late = (Form::Hash, Scenario::RapidSequential, LockViolation::TimedOut),
        hash_is_orphaned_for_ever = (Form::Hash, Scenario::OrphanedLock, LockViolation::NeverExpires),
        hash_never_expires = (Form::Hash, Scenario::ExpiryDuringWork, LockViolation::NeverExpires),
        hash_is_unlocked_from_a_former_life = (Form::Hash, Scenario::TokenMismatchAfterCrash, LockViolation::StaleRelease),
        hash_lets_a_former_life_write = (Form::Hash, Scenario::TokenMismatchAfterCrash, LockViolation::StaleWrite),
        hash_knows_nothing_of_clear_all = (Form::Hash, Scenario::ClearAllDuringOperations, LockViolation::ViewsDisagree),
        hash_has_two_singletons = (Form::Hash, Scenario::TwoSingletons, LockViolation::SeveralInstances),
        expiring_is_taken_by_two_of_a_herd = (Form::Expiring, Scenario::ThunderingHerd, LockViolation::HeldTwice),
        expiring_is_unlocked_by_who_has_lost_it = (Form::Expiring, Scenario::ExpiryDuringWork, LockViolation::StaleRelease),
        expiring_lets_two_in_after_that = (Form::Expiring, Scenario::ExpiryDuringWork, LockViolation::HeldTwice),
        expiring_lets_who_has_lost_it_write = (Form::Expiring, Scenario::ExpiryDuringWork, LockViolation::StaleWrite),
        expiring_is_unlocked_from_a_former_life = (Form::Expiring, Scenario::TokenMismatchAfterCrash, LockViolation::StaleRelease),
        expiring_lets_a_former_life_write = (Form::Expiring, Scenario::TokenMismatchAfterCrash, LockViolation::StaleWrite),
        expiring_knows_nothing_of_clear_all = (Form::Expiring, Scenario::ClearAllDuringOperations, LockViolation::ViewsDisagree),
        expiring_has_two_singletons = (Form::Expiring, Scenario::TwoSingletons, LockViolation::SeveralInstances),
    ),
    tags("broken", "slow", "integration")
)]
fn older_form_violates_a_rule(
    #[case] form: Form,
    #[case] scenario: Scenario,
    #[case] violation: LockViolation,
    place: Place,
) -> TestResult {
    let cluster = place.cluster(form)?;
    for seed in 0..SEEDS {
        let report = scenario.run(&cluster, &ScenarioConfig::new(seed).deadline(DEADLINE))?;
        if seed == 0 {
            println!("{report}");
        }
        report.expect_violation(violation);
    }
    println!("{violation}: in {SEEDS} of {SEEDS} runs with other seeds");
    Ok(())
}

/// The second form fixes one of the faults: the key expires, so it is no longer orphaned.
#[swimlanes::test(tags("mended", "integration"))]
fn second_form_has_no_orphaned_locks(place: Place, worker: Worker) -> TestResult {
    Scenario::OrphanedLock.run(&place.cluster(Form::Expiring)?, &ScenarioConfig::new(worker.seed()))?.expect_sound();
    Scenario::RapidSequential.run(&place.cluster(Form::Expiring)?, &ScenarioConfig::new(worker.seed()))?.expect_sound();
    Ok(())
}
