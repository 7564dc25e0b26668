//! The scenarios in which the holder stalls for too long or crashes.

use fastrand::Rng;

use crate::lock::config::ScenarioConfig;
use crate::lock::driver::{MARGIN, ScenarioDriver};
use crate::lock::report::ScenarioReport;
use crate::lock::scenario::Scenario;
use crate::lock::scenarios::late_release::{Loss, late_release};
use crate::lock::under_test::LockUnderTest;
use crate::lock::violation::LockViolation;

/// The holder stalls in its work until its time-to-live is over. The next owner gets the lock and writes. Then the old holder resumes and
/// attempts to write and to release the lock, which must both be refused. A third owner must not get the lock.
///
/// Then the holder stalls in its release, in a [`Race`](crate::race::Race) with one round for each request. Actor 0 advances the time and
/// acquires the lock for the next owner, which must still hold it at the end. The other actors send the release of the old holder, as if it
/// was repeated without a response. This detects a lock that compares the token first and deletes later, if there is a point in between.
///
/// The injected fault is the [pause](ScenarioConfig::pause). If it is shorter than the time-to-live, the holder must keep the lock, and there is
/// no race. With a [clock skew](ScenarioConfig::clock_skew), the clock of the next owner may be ahead, which must have no effect.
///
/// Possible violations: [`HeldTwice`](LockViolation::HeldTwice), [`NeverExpires`](LockViolation::NeverExpires), [`NotFreed`](LockViolation::NotFreed),
/// [`StaleWrite`](LockViolation::StaleWrite), [`StaleRelease`](LockViolation::StaleRelease), [`HolderRefused`](LockViolation::HolderRefused),
/// [`ViewsDisagree`](LockViolation::ViewsDisagree).
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
/// use std::time::Duration;
/// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, expiry_during_work};
///
/// let config = ScenarioConfig::new(7).ttl(Duration::from_secs(5)).pause(Duration::from_secs(6));
/// let report = expiry_during_work(&MemoryLock::new(), &config)?;
/// report.expect_sound();
/// assert_eq!(report.acquisitions(), 40); // by two owners in the work and two in the release, in each of 10 rounds
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn expiry_during_work<L: LockUnderTest>(lock: &L, config: &ScenarioConfig) -> Result<ScenarioReport, L::Error> {
    let driver = ScenarioDriver::new(lock, config);
    let interleaving = if config.pause.is_some_and(|pause| pause < config.ttl) {
        run_steps(&driver, |random, owners| stall_within_ttl(&driver, random, owners))?;
        None
    } else {
        late_release(&driver, Loss::Expired, |random, owners| stall_beyond_ttl(&driver, random, owners))?
    };
    Ok(driver.close(Scenario::ExpiryDuringWork, interleaving))
}

fn stall_within_ttl<L: LockUnderTest>(
    driver: &ScenarioDriver<'_, L>,
    random: &mut Rng,
    [holder, next, _]: [usize; 3],
) -> Result<(), L::Error> {
    let Some(token) = driver.expect_free(holder)? else { return Ok(()) };
    driver.enter();
    driver.expect_contended(next, LockViolation::HeldTwice)?;
    driver.advance(driver.pause(random))?;
    driver.expect_contended(next, LockViolation::HeldTwice)?;
    driver.expect_done(driver.lock.write(holder, &token)?);
    driver.leave();
    driver.expect_done(driver.lock.release(holder, &token)?);
    driver.expect_views_agree()
}

fn stall_beyond_ttl<L: LockUnderTest>(
    driver: &ScenarioDriver<'_, L>,
    random: &mut Rng,
    [holder, next, third]: [usize; 3],
) -> Result<(), L::Error> {
    let Some(old) = driver.expect_free(holder)? else { return Ok(()) };
    driver.enter();
    driver.expect_contended(next, LockViolation::HeldTwice)?;
    // From here on the holder is wrong if it relies on the lock.
    driver.leave();
    let Some(young) = driver.ask_after(next, driver.pause(random))? else {
        return driver.end_round(LockViolation::NeverExpires);
    };
    expect_old_token_refused(driver, (holder, &old), (next, &young), third)
}

/// The holder crashes and is restarted, and a late request from before the crash releases the lock. The name of the owner is the same, but
/// the token is not.
///
/// The restarted holder must not get the lock because of its name, as requests from before the crash may still be in flight. After an
/// operator has freed the lock, the holder gets it with a new token, and the old token must be refused.
///
/// Then the late release races with the operator, in a [`Race`](crate::race::Race) with one round for each request. Actor 0 frees this lock
/// or clears all locks, and then acquires the lock for the restarted holder, which must still hold it at the end. The other actors send the
/// old release, as if it was repeated without a response.
///
/// Possible violations: [`TakenTooEarly`](LockViolation::TakenTooEarly), [`NotFreed`](LockViolation::NotFreed), [`StaleWrite`](LockViolation::StaleWrite),
/// [`StaleRelease`](LockViolation::StaleRelease), [`HeldTwice`](LockViolation::HeldTwice), [`HolderRefused`](LockViolation::HolderRefused),
/// [`ViewsDisagree`](LockViolation::ViewsDisagree).
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
/// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, token_mismatch_after_crash};
///
/// token_mismatch_after_crash(&MemoryLock::new(), &ScenarioConfig::new(7))?.expect_sound();
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn token_mismatch_after_crash<L: LockUnderTest>(
    lock: &L,
    config: &ScenarioConfig,
) -> Result<ScenarioReport, L::Error> {
    let driver = ScenarioDriver::new(lock, config);
    let interleaving = late_release(&driver, Loss::Freed, |_, [owner, other, _]| {
        let Some(old) = driver.expect_free(owner)? else { return Ok(()) };
        lock.crash(owner);
        driver.expect_contended(owner, LockViolation::TakenTooEarly)?;
        // The next step shows whether it was freed.
        let _ = lock.force_release()?;
        let Some(young) = driver.ask(owner)? else { return driver.end_round(LockViolation::NotFreed) };
        expect_old_token_refused(&driver, (owner, &old), (owner, &young), other)
    })?;
    Ok(driver.close(Scenario::TokenMismatchAfterCrash, interleaving))
}

/// Checks that the owner of the young token holds the lock, and that the old token is refused.
fn expect_old_token_refused<L: LockUnderTest>(
    driver: &ScenarioDriver<'_, L>,
    (holder, old): (usize, &L::Token),
    (next, young): (usize, &L::Token),
    third: usize,
) -> Result<(), L::Error> {
    driver.enter();
    driver.expect_done(driver.lock.write(next, young)?);
    driver.expect_refused(driver.lock.write(holder, old)?, LockViolation::StaleWrite);
    driver.expect_refused(driver.lock.release(holder, old)?, LockViolation::StaleRelease);
    driver.expect_contended(third, LockViolation::HeldTwice)?;
    driver.leave();
    driver.expect_done(driver.lock.release(next, young)?);
    driver.expect_views_agree()
}

/// The holder crashes and does not return. No owner may get the lock before its time-to-live is over, and afterwards the next one must. Then
/// the same again, but an operator frees the lock at once.
///
/// Possible violations: [`TakenTooEarly`](LockViolation::TakenTooEarly), [`NeverExpires`](LockViolation::NeverExpires), [`NotFreed`](LockViolation::NotFreed),
/// [`HolderRefused`](LockViolation::HolderRefused), [`ViewsDisagree`](LockViolation::ViewsDisagree).
///
/// # Errors
///
/// The first error of the lock.
///
/// ```
/// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, orphaned_lock};
///
/// orphaned_lock(&MemoryLock::new(), &ScenarioConfig::new(7))?.expect_sound();
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn orphaned_lock<L: LockUnderTest>(lock: &L, config: &ScenarioConfig) -> Result<ScenarioReport, L::Error> {
    let driver = ScenarioDriver::new(lock, config);
    run_steps(&driver, |random, [holder, next, third]| {
        let Some(_) = driver.expect_free(holder)? else { return Ok(()) };
        lock.crash(holder);
        let part = config.ttl.mul_f64(0.9 * random.f64());
        driver.advance(part)?;
        driver.expect_contended(next, LockViolation::TakenTooEarly)?;
        let Some(token) = driver.ask_after(next, config.ttl - part + MARGIN)? else {
            return driver.end_round(LockViolation::NeverExpires);
        };
        driver.hold(next, &token)?;
        driver.expect_views_agree()?;

        let Some(_) = driver.expect_free(holder)? else { return Ok(()) };
        lock.crash(holder);
        let _ = lock.force_release()?;
        let Some(token) = driver.ask(third)? else { return driver.end_round(LockViolation::NotFreed) };
        driver.hold(third, &token)?;
        driver.expect_views_agree()
    })?;
    Ok(driver.close(Scenario::OrphanedLock, None))
}

/// Runs the steps for each request, with three owners that are chosen for each round.
fn run_steps<L: LockUnderTest>(
    driver: &ScenarioDriver<'_, L>,
    steps: impl Fn(&mut Rng, [usize; 3]) -> Result<(), L::Error>,
) -> Result<(), L::Error> {
    for round in 0..driver.config.requests {
        driver.reset()?;
        let (mut random, owners) = driver.owners(round);
        steps(&mut random, owners)?;
        driver.count_round();
    }
    Ok(())
}
