//! Many at once: who gets the lock, and whether it is one.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::lock::config::Pressure;
use crate::lock::driver::Stage;
use crate::lock::race_driver::raced;
use crate::lock::report::Contention;
use crate::lock::scenario::Scenario;
use crate::lock::under_test::LockUnderTest;
use crate::lock::violation::Wrong;

/// All actors want the lock at once. Who gets it writes and gives it back; who does not asks again, until its tries are used up.
///
/// One round for each request, as a [`Race`](crate::race::Race): points between the steps of the lock are where the seed chooses who goes on,
/// so a lock that asks first and takes then is found out.
///
/// Wrong may be: [`HeldTwice`](Wrong::HeldTwice), [`HolderRefused`](Wrong::HolderRefused), [`SidesDiffer`](Wrong::SidesDiffer) when all
/// are through, and [`NotFreed`](Wrong::NotFreed) if nobody can get it then.
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
/// use swimlanes_kit::lock::{MemoryLock, Pressure, thundering_herd};
///
/// let contention = thundering_herd(&MemoryLock::new(), &Pressure::new(7).actors(8).requests(5))?;
/// contention.expect_sound();
/// assert_eq!(contention.most_holders(), 1);
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn thundering_herd<L: LockUnderTest>(lock: &L, pressure: &Pressure) -> Result<Contention, L::Error> {
    let stage = Stage::new(lock, pressure);
    let interleaving =
        raced(&stage, pressure.actors, |_| Ok(()), |owner| want(&stage, owner), || all_are_through(&stage))?;
    Ok(stage.close(Scenario::ThunderingHerd, interleaving))
}

/// All actors of one process ask at once for [the only instance](LockUnderTest::instance) of what takes locks, and then through that for
/// the lock.
///
/// Wrong may be [`SeveralInstances`](Wrong::SeveralInstances), and what a [`thundering_herd`] finds.
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
/// use swimlanes_kit::lock::{MemoryLock, Pressure, two_singletons};
///
/// two_singletons(&MemoryLock::new(), &Pressure::new(7))?.expect_sound();
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn two_singletons<L: LockUnderTest>(lock: &L, pressure: &Pressure) -> Result<Contention, L::Error> {
    let stage = Stage::new(lock, pressure);
    let instances = Mutex::new(BTreeSet::new());
    let of_all = || instances.lock().unwrap_or_else(PoisonError::into_inner);
    let actor = |actor| {
        let owner = lock.instance(actor)?;
        of_all().insert(owner);
        want(&stage, owner)
    };
    let after = || {
        if std::mem::take(&mut *of_all()).len() > 1 {
            stage.found(Wrong::SeveralInstances);
        }
        all_are_through(&stage)
    };
    let interleaving = raced(&stage, pressure.actors, |_| Ok(()), actor, after)?;
    Ok(stage.close(Scenario::TwoSingletons, interleaving))
}

fn want<L: LockUnderTest>(stage: &Stage<'_, L>, owner: usize) -> Result<(), L::Error> {
    let token = stage.ask_in_race(owner)?;
    token.map_or(Ok(()), |token| stage.hold(owner, &token))
}

fn all_are_through<L: LockUnderTest>(stage: &Stage<'_, L>) -> Result<(), L::Error> {
    stage.expect_sides_agree()?;
    match stage.lock.acquire(0, stage.pressure.ttl)? {
        Some(token) => stage.hold(0, &token),
        None => stage.break_off(Wrong::NotFreed),
    }
}
