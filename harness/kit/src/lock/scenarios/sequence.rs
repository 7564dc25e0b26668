//! One request after the other, as fast as they come.

use std::time::Duration;

use crate::lock::config::Pressure;
use crate::lock::driver::Stage;
use crate::lock::report::Contention;
use crate::lock::scenario::Scenario;
use crate::lock::under_test::LockUnderTest;
use crate::lock::violation::Wrong;

/// How long a request rests between two tries, in the time of the service.
const REST: Duration = Duration::from_millis(100);

/// Owners take the lock one after the other, with no pause between, and never two at once: so each must get it, at the latest when its
/// [deadline](Pressure::deadline) is there. Who is told that somebody has it asks again every 100 ms of the service's time.
///
/// Wrong may be: [`TimedOut`](Wrong::TimedOut), as a lock does that frees late or not at all,
/// [`HolderRefused`](Wrong::HolderRefused), [`SidesDiffer`](Wrong::SidesDiffer).
///
/// # Errors
///
/// The first one of the lock's.
///
/// ```
/// use swimlanes_kit::lock::{MemoryLock, Pressure, rapid_sequential};
///
/// let contention = rapid_sequential(&MemoryLock::new(), &Pressure::new(7).actors(3).requests(100))?;
/// contention.expect_sound();
/// assert_eq!((contention.acquired(), contention.contended()), (300, 0));
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn rapid_sequential<L: LockUnderTest>(lock: &L, pressure: &Pressure) -> Result<Contention, L::Error> {
    let stage = Stage::new(lock, pressure);
    stage.reset()?;
    for round in 0..pressure.requests {
        let mut owners: Vec<usize> = (0..pressure.actors).collect();
        stage.random(round).shuffle(&mut owners);
        for owner in owners {
            let tries = pressure.deadline.as_millis() / REST.as_millis();
            let rest = |n: usize| stage.pass(REST).map(|()| n as u128 > tries);
            match stage.ask_until(owner, rest)? {
                Some(token) => stage.hold(owner, &token)?,
                None => stage.found(Wrong::TimedOut),
            }
        }
        stage.expect_sides_agree()?;
        stage.round_ended();
    }
    Ok(stage.close(Scenario::RapidSequential, None))
}
