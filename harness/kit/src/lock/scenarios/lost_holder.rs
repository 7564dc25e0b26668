//! Holders that stand still for too long, or die.

use fastrand::Rng;

use crate::lock::config::Pressure;
use crate::lock::driver::{MARGIN, Stage};
use crate::lock::report::Contention;
use crate::lock::scenario::Scenario;
use crate::lock::scenarios::late_release::{Loss, late_release};
use crate::lock::under_test::LockUnderTest;
use crate::lock::violation::Wrong;

/// The holder stands still in its work until its time is over. The next one gets the lock and writes; then the first one wakes up, writes
/// and gives the lock back, of which it must be able to do neither, while a third one asks in vain.
///
/// Then the holder stands still in its release, as a [`Race`](crate::race::Race): one round for each request. Actor 0 lets the time pass,
/// and takes the lock for the next one, who must have it still when all are through. The other actors are the holder's release, sent again
/// as no answer came. So a lock is found out that compares the token first and deletes then, if there is a point between.
///
/// The fault is the [pause](Pressure::pause). If that is shorter than the time-to-live, the holder must keep the lock, and nothing is
/// raced. With a [clock skew](Pressure::clock_skew) the next one's clock may be ahead, and nothing may follow from that.
///
/// Wrong may be: [`HeldTwice`](Wrong::HeldTwice), [`NeverExpires`](Wrong::NeverExpires), [`NotFreed`](Wrong::NotFreed),
/// [`StaleWrite`](Wrong::StaleWrite), [`StaleRelease`](Wrong::StaleRelease), [`HolderRefused`](Wrong::HolderRefused),
/// [`SidesDiffer`](Wrong::SidesDiffer).
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
/// use std::time::Duration;
/// use swimlanes_kit::lock::{MemoryLock, Pressure, expiry_during_work};
///
/// let pressure = Pressure::new(7).ttl(Duration::from_secs(5)).pause(Duration::from_secs(6));
/// let contention = expiry_during_work(&MemoryLock::new(), &pressure)?;
/// contention.expect_sound();
/// assert_eq!(contention.acquired(), 40); // by two in the work and two in the release, in each of 10 rounds
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn expiry_during_work<L: LockUnderTest>(lock: &L, pressure: &Pressure) -> Result<Contention, L::Error> {
    let stage = Stage::new(lock, pressure);
    let interleaving = if pressure.pause.is_some_and(|pause| pause < pressure.ttl) {
        tell(&stage, |random, owners| stand_still_for_a_while(&stage, random, owners))?;
        None
    } else {
        late_release(&stage, Loss::Expired, |random, owners| stand_still_too_long(&stage, random, owners))?
    };
    Ok(stage.close(Scenario::ExpiryDuringWork, interleaving))
}

fn stand_still_for_a_while<L: LockUnderTest>(
    stage: &Stage<'_, L>,
    random: &mut Rng,
    [holder, next, _]: [usize; 3],
) -> Result<(), L::Error> {
    let Some(token) = stage.expect_free(holder)? else { return Ok(()) };
    stage.enter();
    stage.expect_contended(next, Wrong::HeldTwice)?;
    stage.pass(stage.pause(random))?;
    stage.expect_contended(next, Wrong::HeldTwice)?;
    stage.expect_done(stage.lock.write(holder, &token)?);
    stage.leave();
    stage.expect_done(stage.lock.release(holder, &token)?);
    stage.expect_sides_agree()
}

fn stand_still_too_long<L: LockUnderTest>(
    stage: &Stage<'_, L>,
    random: &mut Rng,
    [holder, next, third]: [usize; 3],
) -> Result<(), L::Error> {
    let Some(old) = stage.expect_free(holder)? else { return Ok(()) };
    stage.enter();
    stage.expect_contended(next, Wrong::HeldTwice)?;
    // From here on it only believes that it holds the lock.
    stage.leave();
    let Some(young) = stage.ask_after(next, stage.pause(random))? else {
        return stage.break_off(Wrong::NeverExpires);
    };
    expect_old_is_worthless(stage, (holder, &old), (next, &young), third)
}

/// The holder dies and is started anew, and something of its former life gives the lock back later: a request that was under way, a queue.
/// The owner's name is the same, the token is not.
///
/// It must not get the lock back for its name's sake, as what is left of its former life may still be at work. When an operator has freed
/// the lock, it gets it with a new token, and the old one is worth nothing.
///
/// Then the former life is in the middle of its release, as a [`Race`](crate::race::Race): one round for each request. Actor 0 is the
/// operator, who frees this lock or clears all of them, and then the holder in its new life, who takes the lock and must have it still when
/// all are through. The other actors are the release, sent again as no answer came.
///
/// Wrong may be: [`TakenTooEarly`](Wrong::TakenTooEarly), [`NotFreed`](Wrong::NotFreed), [`StaleWrite`](Wrong::StaleWrite),
/// [`StaleRelease`](Wrong::StaleRelease), [`HeldTwice`](Wrong::HeldTwice), [`HolderRefused`](Wrong::HolderRefused),
/// [`SidesDiffer`](Wrong::SidesDiffer).
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
/// use swimlanes_kit::lock::{MemoryLock, Pressure, token_mismatch_after_crash};
///
/// token_mismatch_after_crash(&MemoryLock::new(), &Pressure::new(7))?.expect_sound();
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn token_mismatch_after_crash<L: LockUnderTest>(lock: &L, pressure: &Pressure) -> Result<Contention, L::Error> {
    let stage = Stage::new(lock, pressure);
    let interleaving = late_release(&stage, Loss::Freed, |_, [owner, other, _]| {
        let Some(old) = stage.expect_free(owner)? else { return Ok(()) };
        lock.crash(owner);
        stage.expect_contended(owner, Wrong::TakenTooEarly)?;
        // Whether there was something to free is seen by what comes next.
        let _ = lock.force_release()?;
        let Some(young) = stage.ask(owner)? else { return stage.break_off(Wrong::NotFreed) };
        expect_old_is_worthless(&stage, (owner, &old), (owner, &young), other)
    })?;
    Ok(stage.close(Scenario::TokenMismatchAfterCrash, interleaving))
}

/// The one with the young token has the lock, whatever is tried with the old one.
fn expect_old_is_worthless<L: LockUnderTest>(
    stage: &Stage<'_, L>,
    (holder, old): (usize, &L::Token),
    (next, young): (usize, &L::Token),
    third: usize,
) -> Result<(), L::Error> {
    stage.enter();
    stage.expect_done(stage.lock.write(next, young)?);
    stage.expect_refused(stage.lock.write(holder, old)?, Wrong::StaleWrite);
    stage.expect_refused(stage.lock.release(holder, old)?, Wrong::StaleRelease);
    stage.expect_contended(third, Wrong::HeldTwice)?;
    stage.leave();
    stage.expect_done(stage.lock.release(next, young)?);
    stage.expect_sides_agree()
}

/// The holder dies for good. Nobody may get its lock before its time is over, and after that somebody must. Then the same again, and an
/// operator frees the lock at once.
///
/// Wrong may be: [`TakenTooEarly`](Wrong::TakenTooEarly), [`NeverExpires`](Wrong::NeverExpires), [`NotFreed`](Wrong::NotFreed),
/// [`HolderRefused`](Wrong::HolderRefused), [`SidesDiffer`](Wrong::SidesDiffer).
///
/// # Errors
///
/// The first one of the lock's.
///
/// ```
/// use swimlanes_kit::lock::{MemoryLock, Pressure, orphaned_lock};
///
/// orphaned_lock(&MemoryLock::new(), &Pressure::new(7))?.expect_sound();
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn orphaned_lock<L: LockUnderTest>(lock: &L, pressure: &Pressure) -> Result<Contention, L::Error> {
    let stage = Stage::new(lock, pressure);
    tell(&stage, |random, [holder, next, third]| {
        let Some(_) = stage.expect_free(holder)? else { return Ok(()) };
        lock.crash(holder);
        let part = pressure.ttl.mul_f64(0.9 * random.f64());
        stage.pass(part)?;
        stage.expect_contended(next, Wrong::TakenTooEarly)?;
        let Some(token) = stage.ask_after(next, pressure.ttl - part + MARGIN)? else {
            return stage.break_off(Wrong::NeverExpires);
        };
        stage.hold(next, &token)?;
        stage.expect_sides_agree()?;

        let Some(_) = stage.expect_free(holder)? else { return Ok(()) };
        lock.crash(holder);
        let _ = lock.force_release()?;
        let Some(token) = stage.ask(third)? else { return stage.break_off(Wrong::NotFreed) };
        stage.hold(third, &token)?;
        stage.expect_sides_agree()
    })?;
    Ok(stage.close(Scenario::OrphanedLock, None))
}

/// Tells the story for each request, with three owners who are chosen anew each time.
fn tell<L: LockUnderTest>(
    stage: &Stage<'_, L>,
    story: impl Fn(&mut Rng, [usize; 3]) -> Result<(), L::Error>,
) -> Result<(), L::Error> {
    for round in 0..stage.pressure.requests {
        stage.reset()?;
        let (mut random, owners) = stage.owners(round);
        story(&mut random, owners)?;
        stage.round_ended();
    }
    Ok(())
}
