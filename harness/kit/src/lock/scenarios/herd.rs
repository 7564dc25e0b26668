//! The scenarios in which many actors ask for the lock at once.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::lock::config::ScenarioConfig;
use crate::lock::driver::ScenarioDriver;
use crate::lock::race_driver::race_rounds;
use crate::lock::report::ScenarioReport;
use crate::lock::scenario::Scenario;
use crate::lock::under_test::LockUnderTest;
use crate::lock::violation::LockViolation;

/// All actors ask for the lock at once. An actor that gets it writes and releases it; an actor that does not asks again, until its attempts
/// are used up.
///
/// A [`Race`](crate::race::Race) with one round for each request. At points between the steps of the lock the seed chooses which actor
/// continues, so a lock that checks first and acquires later is detected.
///
/// Possible violations: [`HeldTwice`](LockViolation::HeldTwice), [`HolderRefused`](LockViolation::HolderRefused), and after the round
/// [`ViewsDisagree`](LockViolation::ViewsDisagree) and [`NotFreed`](LockViolation::NotFreed).
///
/// # Errors
///
/// The first error of the lock.
///
/// # Panics
///
/// If a method of the lock panics.
///
/// ```
/// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, thundering_herd};
///
/// let report = thundering_herd(&MemoryLock::new(), &ScenarioConfig::new(7).actors(8).requests(5))?;
/// report.expect_sound();
/// assert_eq!(report.max_holders(), 1);
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn thundering_herd<L: LockUnderTest>(lock: &L, config: &ScenarioConfig) -> Result<ScenarioReport, L::Error> {
    let driver = ScenarioDriver::new(lock, config);
    let interleaving = race_rounds(
        &driver,
        config.actors,
        |_| Ok(()),
        |owner| acquire_and_hold(&driver, owner),
        || check_released(&driver),
    )?;
    Ok(driver.close(Scenario::ThunderingHerd, interleaving))
}

/// All actors of one process ask at once for [the singleton](LockUnderTest::instance) that acquires locks, and then use it to acquire the
/// lock.
///
/// Possible violations [`SeveralInstances`](LockViolation::SeveralInstances), and those of [`thundering_herd`].
///
/// # Errors
///
/// The first error of the lock.
///
/// # Panics
///
/// If a method of the lock panics.
///
/// ```
/// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, two_singletons};
///
/// two_singletons(&MemoryLock::new(), &ScenarioConfig::new(7))?.expect_sound();
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn two_singletons<L: LockUnderTest>(lock: &L, config: &ScenarioConfig) -> Result<ScenarioReport, L::Error> {
    let driver = ScenarioDriver::new(lock, config);
    let instances = Mutex::new(BTreeSet::new());
    let all_instances = || instances.lock().unwrap_or_else(PoisonError::into_inner);
    let actor = |actor| {
        let owner = lock.instance(actor)?;
        all_instances().insert(owner);
        acquire_and_hold(&driver, owner)
    };
    let after = || {
        if std::mem::take(&mut *all_instances()).len() > 1 {
            driver.record(LockViolation::SeveralInstances);
        }
        check_released(&driver)
    };
    let interleaving = race_rounds(&driver, config.actors, |_| Ok(()), actor, after)?;
    Ok(driver.close(Scenario::TwoSingletons, interleaving))
}

fn acquire_and_hold<L: LockUnderTest>(driver: &ScenarioDriver<'_, L>, owner: usize) -> Result<(), L::Error> {
    let token = driver.ask_in_race(owner)?;
    token.map_or(Ok(()), |token| driver.hold(owner, &token))
}

fn check_released<L: LockUnderTest>(driver: &ScenarioDriver<'_, L>) -> Result<(), L::Error> {
    driver.expect_views_agree()?;
    match driver.lock.acquire(0, driver.config.ttl)? {
        Some(token) => driver.hold(0, &token),
        None => driver.end_round(LockViolation::NotFreed),
    }
}
