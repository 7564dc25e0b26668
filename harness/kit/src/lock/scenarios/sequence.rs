//! The scenario in which owners acquire the lock one after the other.

use std::time::Duration;

use crate::lock::config::ScenarioConfig;
use crate::lock::driver::ScenarioDriver;
use crate::lock::report::ScenarioReport;
use crate::lock::scenario::Scenario;
use crate::lock::under_test::LockUnderTest;
use crate::lock::violation::LockViolation;

/// The delay between two attempts of a request, in the time of the service.
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// Owners acquire and release the lock one after the other, without pauses and never concurrently. So each must get it before its
/// [deadline](ScenarioConfig::deadline). A refused request is repeated every 100 ms in the time of the service.
///
/// Possible violations: [`TimedOut`](LockViolation::TimedOut) if the lock is freed late or never,
/// [`HolderRefused`](LockViolation::HolderRefused), [`ViewsDisagree`](LockViolation::ViewsDisagree).
///
/// # Errors
///
/// The first error of the lock.
///
/// ```
/// use swimlanes_kit::lock::{MemoryLock, ScenarioConfig, rapid_sequential};
///
/// let report = rapid_sequential(&MemoryLock::new(), &ScenarioConfig::new(7).actors(3).requests(100))?;
/// report.expect_sound();
/// assert_eq!((report.acquisitions(), report.refusals()), (300, 0));
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn rapid_sequential<L: LockUnderTest>(lock: &L, config: &ScenarioConfig) -> Result<ScenarioReport, L::Error> {
    let driver = ScenarioDriver::new(lock, config);
    driver.reset()?;
    for round in 0..config.requests {
        let mut owners: Vec<usize> = (0..config.actors).collect();
        driver.random(round).shuffle(&mut owners);
        for owner in owners {
            let attempts = config.deadline.as_millis() / RETRY_DELAY.as_millis();
            let rest = |n: usize| driver.advance(RETRY_DELAY).map(|()| n as u128 > attempts);
            match driver.ask_until(owner, rest)? {
                Some(token) => driver.hold(owner, &token)?,
                None => driver.record(LockViolation::TimedOut),
            }
        }
        driver.expect_views_agree()?;
        driver.count_round();
    }
    Ok(driver.close(Scenario::RapidSequential, None))
}
