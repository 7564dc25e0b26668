//! The scenario in which an operator clears all locks during operations.

use std::sync::{Mutex, PoisonError};

use crate::lock::config::ScenarioConfig;
use crate::lock::driver::ScenarioDriver;
use crate::lock::race_driver::race_rounds;
use crate::lock::report::ScenarioReport;
use crate::lock::scenario::Scenario;
use crate::lock::under_test::LockUnderTest;
use crate::lock::violation::LockViolation;

/// All actors ask for the lock at once and keep it, while an operator clears all locks. A [`Race`](crate::race::Race) with one round for
/// each request.
///
/// Afterwards the views of the service and the owners must agree, at most one token may be valid, and tokens that were cleared must be
/// refused, even if the lock has restarted its token numbers.
///
/// Possible violations: [`ViewsDisagree`](LockViolation::ViewsDisagree), [`HeldTwice`](LockViolation::HeldTwice), [`NotFreed`](LockViolation::NotFreed),
/// [`StaleWrite`](LockViolation::StaleWrite), [`StaleRelease`](LockViolation::StaleRelease), [`HolderRefused`](LockViolation::HolderRefused).
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
/// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, clear_all_during_operations};
///
/// clear_all_during_operations(&MemoryLock::new(), &ScenarioConfig::new(7))?.expect_sound();
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn clear_all_during_operations<L: LockUnderTest>(
    lock: &L,
    config: &ScenarioConfig,
) -> Result<ScenarioReport, L::Error> {
    let driver = ScenarioDriver::new(lock, config);
    let operator = config.actors;
    let grants = Mutex::new(Vec::new());
    let grants = || grants.lock().unwrap_or_else(PoisonError::into_inner);
    let actor = |actor| {
        if actor == operator {
            return lock.clear_all();
        }
        if let Some(token) = driver.ask_in_race(actor)? {
            grants().push((actor, token));
        }
        Ok(())
    };
    let after = || {
        let grants = std::mem::take(&mut *grants());
        check_after_race(&driver, grants)
    };
    let interleaving = race_rounds(&driver, config.actors + 1, |_| Ok(()), actor, after)?;
    Ok(driver.close(Scenario::ClearAllDuringOperations, interleaving))
}

/// Checks the state after the race. `grants` has all tokens; none was released.
fn check_after_race<L: LockUnderTest>(
    driver: &ScenarioDriver<'_, L>,
    grants: Vec<(usize, L::Token)>,
) -> Result<(), L::Error> {
    let view = driver.lock.inspect()?;
    if !view.is_consistent() {
        driver.record(LockViolation::ViewsDisagree);
    }
    let (mut valid, old): (Vec<_>, Vec<_>) =
        grants.into_iter().partition(|(_, token)| view.service.as_ref() == Some(token));
    driver.record_holders(valid.len());
    let (holder, young) = match valid.pop() {
        Some(valid) => valid,
        // It was cleared after all requests, so it is free.
        None => match driver.lock.acquire(0, driver.config.ttl)? {
            Some(token) => (0, token),
            None => return driver.end_round(LockViolation::NotFreed),
        },
    };
    driver.enter();
    driver.expect_done(driver.lock.write(holder, &young)?);
    for (owner, token) in &old {
        driver.expect_refused(driver.lock.write(*owner, token)?, LockViolation::StaleWrite);
        driver.expect_refused(driver.lock.release(*owner, token)?, LockViolation::StaleRelease);
    }
    driver.leave();
    driver.expect_done(driver.lock.release(holder, &young)?);
    driver.expect_views_agree()
}
