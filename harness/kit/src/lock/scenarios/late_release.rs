//! The race of a late release: it is in progress while the holder loses the lock to another owner.

use std::sync::{Mutex, MutexGuard, PoisonError};

use fastrand::Rng;

use crate::lock::driver::ScenarioDriver;
use crate::lock::race_driver::race_rounds;
use crate::lock::under_test::LockUnderTest;
use crate::lock::violation::LockViolation;
use crate::race::Interleaving;

/// How the holder loses the lock.
#[derive(Debug, Clone, Copy)]
pub(super) enum Loss {
    /// Its time-to-live is over, and another owner gets the lock.
    Expired,
    /// It has crashed, an operator frees the lock, and the restarted holder gets it again.
    Freed,
}

/// The owners of a round and their roles.
#[derive(Debug, Clone)]
struct Roles<T> {
    random: Rng,
    holder: usize,
    next: usize,
    third: usize,
    /// The token that the holder loses.
    old: T,
}

/// Runs a round for each request: first a fixed sequence of steps, and then a race. In the race, actor 0 makes the holder lose the lock and
/// acquires it for the next owner. All other actors send the release of the holder, as if it was repeated without a response. In every
/// order, the next owner must get the lock and still hold it at the end.
pub(super) fn late_release<L: LockUnderTest>(
    driver: &ScenarioDriver<'_, L>,
    loss: Loss,
    steps: impl Fn(&mut Rng, [usize; 3]) -> Result<(), L::Error>,
) -> Result<Option<Interleaving>, L::Error> {
    let (roles, young) = (Mutex::new(None), Mutex::new(None));
    let before = |round| {
        let (mut random, owners) = driver.owners(round);
        steps(&mut random, owners)?;
        driver.reset()?;
        *lock(&roles) = assign_roles(driver, loss, random, owners)?;
        Ok(())
    };
    let actor = |actor| {
        let Some(roles) = lock(&roles).clone() else { return Ok(()) };
        if actor == 0 {
            let token = lose_and_reacquire(driver, loss, roles)?;
            *lock(&young) = token;
        } else {
            // Done before the loss and refused after it: only the holder at the end counts.
            let _ = driver.lock.release(roles.holder, &roles.old)?;
        }
        Ok(())
    };
    let after = || match (lock(&roles).take(), lock(&young).take()) {
        (Some(roles), Some(young)) => expect_still_held(driver, &roles, &young),
        (Some(_), None) => driver.end_round(match loss {
            Loss::Expired => LockViolation::NeverExpires,
            Loss::Freed => LockViolation::NotFreed,
        }),
        (None, _) => Ok(()),
    };
    race_rounds(driver, driver.config.actors, before, actor, after)
}

/// The holder acquires the lock. `None` if it does not get it.
fn assign_roles<L: LockUnderTest>(
    driver: &ScenarioDriver<'_, L>,
    loss: Loss,
    random: Rng,
    [holder, other, third]: [usize; 3],
) -> Result<Option<Roles<L::Token>>, L::Error> {
    let Some(old) = driver.expect_free(holder)? else { return Ok(None) };
    let next = match loss {
        Loss::Expired => other,
        Loss::Freed => {
            driver.lock.crash(holder);
            holder
        }
    };
    Ok(Some(Roles { random, holder, next, third, old }))
}

/// The holder loses the lock, and the next owner asks for it.
fn lose_and_reacquire<L: LockUnderTest>(
    driver: &ScenarioDriver<'_, L>,
    loss: Loss,
    mut roles: Roles<L::Token>,
) -> Result<Option<L::Token>, L::Error> {
    match loss {
        Loss::Expired => driver.advance(driver.pause(&mut roles.random))?,
        Loss::Freed if roles.random.bool() => driver.lock.clear_all()?,
        Loss::Freed => {
            // Refused if a release came first.
            let _ = driver.lock.force_release()?;
        }
    }
    driver.ask(roles.next)
}

/// Checks that the next owner still holds the lock.
fn expect_still_held<L: LockUnderTest>(
    driver: &ScenarioDriver<'_, L>,
    roles: &Roles<L::Token>,
    young: &L::Token,
) -> Result<(), L::Error> {
    driver.enter();
    driver.expect_done(driver.lock.write(roles.next, young)?);
    driver.expect_contended(roles.third, LockViolation::HeldTwice)?;
    driver.leave();
    driver.expect_done(driver.lock.release(roles.next, young)?);
    driver.expect_views_agree()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
