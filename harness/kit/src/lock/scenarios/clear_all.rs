//! An operator who frees everything while others are at work.

use std::sync::{Mutex, PoisonError};

use crate::lock::config::Pressure;
use crate::lock::driver::Stage;
use crate::lock::race_driver::raced;
use crate::lock::report::Contention;
use crate::lock::scenario::Scenario;
use crate::lock::under_test::LockUnderTest;
use crate::lock::violation::Wrong;

/// All actors want the lock at once and keep it if they get it, and an operator clears all locks meanwhile. As a
/// [`Race`](crate::race::Race): one round for each request.
///
/// Then both sides must say the same, at most one token may be worth something, and those that were cleared away nothing, even if
/// numbers began anew.
///
/// Wrong may be: [`SidesDiffer`](Wrong::SidesDiffer), [`HeldTwice`](Wrong::HeldTwice), [`NotFreed`](Wrong::NotFreed),
/// [`StaleWrite`](Wrong::StaleWrite), [`StaleRelease`](Wrong::StaleRelease), [`HolderRefused`](Wrong::HolderRefused).
///
/// # Errors
///
/// The first one of the lock's.
///
/// # Panics
///
/// If the lock does.
///
/// ```
/// use swimlanes_kit::lock::{MemoryLock, Pressure, clear_all_during_operations};
///
/// clear_all_during_operations(&MemoryLock::new(), &Pressure::new(7))?.expect_sound();
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn clear_all_during_operations<L: LockUnderTest>(lock: &L, pressure: &Pressure) -> Result<Contention, L::Error> {
    let stage = Stage::new(lock, pressure);
    let operator = pressure.actors;
    let granted = Mutex::new(Vec::new());
    let granted = || granted.lock().unwrap_or_else(PoisonError::into_inner);
    let actor = |actor| {
        if actor == operator {
            return lock.clear_all();
        }
        if let Some(token) = stage.ask_in_race(actor)? {
            granted().push((actor, token));
        }
        Ok(())
    };
    let after = || {
        let granted = std::mem::take(&mut *granted());
        look_around(&stage, granted)
    };
    let interleaving = raced(&stage, pressure.actors + 1, |_| Ok(()), actor, after)?;
    Ok(stage.close(Scenario::ClearAllDuringOperations, interleaving))
}

/// What is left of it. All tokens that were granted are there, and none was given back.
fn look_around<L: LockUnderTest>(stage: &Stage<'_, L>, granted: Vec<(usize, L::Token)>) -> Result<(), L::Error> {
    let sides = stage.lock.inspect()?;
    if !sides.agree() {
        stage.found(Wrong::SidesDiffer);
    }
    let (mut valid, old): (Vec<_>, Vec<_>) =
        granted.into_iter().partition(|(_, token)| sides.service.as_ref() == Some(token));
    stage.held_by(valid.len());
    let (holder, young) = match valid.pop() {
        Some(valid) => valid,
        // It was cleared after everybody had asked, so it is free.
        None => match stage.lock.acquire(0, stage.pressure.ttl)? {
            Some(token) => (0, token),
            None => return stage.break_off(Wrong::NotFreed),
        },
    };
    stage.enter();
    stage.expect_done(stage.lock.write(holder, &young)?);
    for (owner, token) in &old {
        stage.expect_refused(stage.lock.write(*owner, token)?, Wrong::StaleWrite);
        stage.expect_refused(stage.lock.release(*owner, token)?, Wrong::StaleRelease);
    }
    stage.leave();
    stage.expect_done(stage.lock.release(holder, &young)?);
    stage.expect_sides_agree()
}
