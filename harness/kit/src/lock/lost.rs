//! Holders that stand still for too long, or die.

use std::time::Duration;

use fastrand::Rng;

use super::stage::Stage;
use super::{Contention, LockUnderTest, Pressure, Scenario, Wrong};

/// What a time-to-live may be longer in truth than was asked for.
const MARGIN: Duration = Duration::from_millis(1);

/// The holder stands still in its work until its time is over. The next one gets the lock and writes; then the first one wakes up, writes
/// and gives the lock back, of which it must be able to do neither, while a third one asks in vain.
///
/// The fault is the [pause](Pressure::pause). If that is shorter than the time-to-live, the holder must keep the lock. With a
/// [clock skew](Pressure::clock_skew) the next one's clock may be ahead, and nothing may follow from that.
///
/// Wrong may be: [`HeldTwice`](Wrong::HeldTwice), [`NeverExpires`](Wrong::NeverExpires), [`StaleWrite`](Wrong::StaleWrite),
/// [`StaleRelease`](Wrong::StaleRelease), [`HolderRefused`](Wrong::HolderRefused), [`SidesDiffer`](Wrong::SidesDiffer).
///
/// # Errors
///
/// The first one of the lock's.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_kit::lock::{MemoryLock, Pressure, expiry_during_work};
///
/// let pressure = Pressure::new(7).ttl(Duration::from_secs(5)).pause(Duration::from_secs(6));
/// let contention = expiry_during_work(&MemoryLock::new(), &pressure)?;
/// contention.expect_sound();
/// assert_eq!(contention.acquired(), 20); // by two in each of 10 rounds
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn expiry_during_work<L: LockUnderTest>(lock: &L, pressure: &Pressure) -> Result<Contention, L::Error> {
    tell(Scenario::ExpiryDuringWork, lock, pressure, |stage, random, [holder, next, third]| {
        let Some(old) = stage.expect_free(holder)? else { return Ok(()) };
        stage.enter();
        stage.expect_contended(next, Wrong::HeldTwice)?;
        let pause = pressure.pause.unwrap_or_else(|| pressure.ttl.mul_f64(1.0 + 2.0 * random.f64()) + MARGIN);
        if pause < pressure.ttl {
            stage.pass(pause)?;
            stage.expect_contended(next, Wrong::HeldTwice)?;
            stage.expect_done(lock.write(holder, &old)?);
            stage.leave();
            stage.expect_done(lock.release(holder, &old)?);
            return stage.expect_sides_agree();
        }
        // From here on it only believes that it holds the lock.
        stage.leave();
        let Some(young) = stage.ask_after(next, pause)? else { return stage.break_off(Wrong::NeverExpires) };
        stage.enter();
        stage.expect_done(lock.write(next, &young)?);
        stage.expect_refused(lock.write(holder, &old)?, Wrong::StaleWrite);
        stage.expect_refused(lock.release(holder, &old)?, Wrong::StaleRelease);
        stage.expect_contended(third, Wrong::HeldTwice)?;
        stage.leave();
        stage.expect_done(lock.release(next, &young)?);
        stage.expect_sides_agree()
    })
}

/// The holder dies and is started anew, and something of its former life gives the lock back later: a request that was under way, a queue.
/// The owner's name is the same, the token is not.
///
/// It must not get the lock back for its name's sake, as what is left of its former life may still be at work. When an operator has freed
/// the lock, it gets it with a new token, and the old one is worth nothing.
///
/// Wrong may be: [`TakenTooEarly`](Wrong::TakenTooEarly), [`NotFreed`](Wrong::NotFreed), [`StaleWrite`](Wrong::StaleWrite),
/// [`StaleRelease`](Wrong::StaleRelease), [`HeldTwice`](Wrong::HeldTwice), [`HolderRefused`](Wrong::HolderRefused),
/// [`SidesDiffer`](Wrong::SidesDiffer).
///
/// # Errors
///
/// The first one of the lock's.
///
/// ```
/// use swimlanes_kit::lock::{MemoryLock, Pressure, token_mismatch_after_crash};
///
/// token_mismatch_after_crash(&MemoryLock::new(), &Pressure::new(7))?.expect_sound();
/// # Ok::<(), std::convert::Infallible>(())
/// ```
pub fn token_mismatch_after_crash<L: LockUnderTest>(lock: &L, pressure: &Pressure) -> Result<Contention, L::Error> {
    tell(Scenario::TokenMismatchAfterCrash, lock, pressure, |stage, _, [owner, other, _]| {
        let Some(old) = stage.expect_free(owner)? else { return Ok(()) };
        lock.crash(owner);
        stage.expect_contended(owner, Wrong::TakenTooEarly)?;
        // Whether there was something to free is seen by what comes next.
        let _ = lock.force_release()?;
        let Some(young) = stage.ask(owner)? else { return stage.break_off(Wrong::NotFreed) };
        stage.enter();
        stage.expect_done(lock.write(owner, &young)?);
        stage.expect_refused(lock.write(owner, &old)?, Wrong::StaleWrite);
        stage.expect_refused(lock.release(owner, &old)?, Wrong::StaleRelease);
        stage.expect_contended(other, Wrong::HeldTwice)?;
        stage.leave();
        stage.expect_done(lock.release(owner, &young)?);
        stage.expect_sides_agree()
    })
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
    tell(Scenario::OrphanedLock, lock, pressure, |stage, random, [holder, next, third]| {
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
    })
}

/// Tells the story for each request, with three owners who are chosen anew each time.
fn tell<L: LockUnderTest>(
    scenario: Scenario,
    lock: &L,
    pressure: &Pressure,
    story: impl Fn(&Stage<'_, L>, &mut Rng, [usize; 3]) -> Result<(), L::Error>,
) -> Result<Contention, L::Error> {
    let stage = Stage::new(lock, pressure);
    for round in 0..pressure.requests {
        stage.reset()?;
        let mut random = stage.random(round);
        let mut owners: Vec<usize> = (0..pressure.actors).collect();
        random.shuffle(&mut owners);
        let [first, second, third, ..] = owners[..] else { unreachable!("there are at least 3 actors") };
        story(&stage, &mut random, [first, second, third])?;
        stage.round_ended();
    }
    Ok(stage.close(scenario, None))
}
