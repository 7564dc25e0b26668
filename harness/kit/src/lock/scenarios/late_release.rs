//! A release that is under way while the lock changes hands.

use std::sync::{Mutex, MutexGuard, PoisonError};

use fastrand::Rng;

use crate::lock::driver::Stage;
use crate::lock::race_driver::raced;
use crate::lock::under_test::LockUnderTest;
use crate::lock::violation::Wrong;
use crate::race::Interleaving;

/// How a holder comes to lose the lock.
#[derive(Debug, Clone, Copy)]
pub(super) enum Loss {
    /// Its time is over, and another owner gets it.
    Expired,
    /// It has died, an operator frees the lock, and the holder gets it again after its new start.
    Freed,
}

/// Who plays in a round.
#[derive(Debug, Clone)]
struct Cast<T> {
    random: Rng,
    holder: usize,
    next: usize,
    third: usize,
    /// The holder's.
    old: T,
}

/// A round for each request: first the story, and then a race. In that, actor 0 makes the holder lose the lock and takes it for the next
/// one, and all others are the holder's release, sent again as no answer came. Whichever comes first, the next one must get the lock,
/// and have it still when all are through.
pub(super) fn late_release<L: LockUnderTest>(
    stage: &Stage<'_, L>,
    loss: Loss,
    story: impl Fn(&mut Rng, [usize; 3]) -> Result<(), L::Error>,
) -> Result<Option<Interleaving>, L::Error> {
    let (cast, young) = (Mutex::new(None), Mutex::new(None));
    let before = |round| {
        let (mut random, owners) = stage.owners(round);
        story(&mut random, owners)?;
        stage.reset()?;
        *locked(&cast) = choose_cast(stage, loss, random, owners)?;
        Ok(())
    };
    let actor = |actor| {
        let Some(cast) = locked(&cast).clone() else { return Ok(()) };
        if actor == 0 {
            let token = take_over(stage, loss, cast)?;
            *locked(&young) = token;
        } else {
            // Done if it came before the loss, and refused if not: who has the lock in the end is what counts.
            let _ = stage.lock.release(cast.holder, &cast.old)?;
        }
        Ok(())
    };
    let after = || match (locked(&cast).take(), locked(&young).take()) {
        (Some(cast), Some(young)) => expect_kept(stage, &cast, &young),
        (Some(_), None) => stage.break_off(match loss {
            Loss::Expired => Wrong::NeverExpires,
            Loss::Freed => Wrong::NotFreed,
        }),
        (None, _) => Ok(()),
    };
    raced(stage, stage.pressure.actors, before, actor, after)
}

/// The holder has the lock. `None` if it did not get it.
fn choose_cast<L: LockUnderTest>(
    stage: &Stage<'_, L>,
    loss: Loss,
    random: Rng,
    [holder, other, third]: [usize; 3],
) -> Result<Option<Cast<L::Token>>, L::Error> {
    let Some(old) = stage.expect_free(holder)? else { return Ok(None) };
    let next = match loss {
        Loss::Expired => other,
        Loss::Freed => {
            stage.lock.crash(holder);
            holder
        }
    };
    Ok(Some(Cast { random, holder, next, third, old }))
}

/// The holder loses the lock, and the next one asks for it.
fn take_over<L: LockUnderTest>(
    stage: &Stage<'_, L>,
    loss: Loss,
    mut cast: Cast<L::Token>,
) -> Result<Option<L::Token>, L::Error> {
    match loss {
        Loss::Expired => stage.pass(stage.pause(&mut cast.random))?,
        Loss::Freed if cast.random.bool() => stage.lock.clear_all()?,
        Loss::Freed => {
            // Refused if a release came first.
            let _ = stage.lock.force_release()?;
        }
    }
    stage.ask(cast.next)
}

/// Who got it has it still.
fn expect_kept<L: LockUnderTest>(
    stage: &Stage<'_, L>,
    cast: &Cast<L::Token>,
    young: &L::Token,
) -> Result<(), L::Error> {
    stage.enter();
    stage.expect_done(stage.lock.write(cast.next, young)?);
    stage.expect_contended(cast.third, Wrong::HeldTwice)?;
    stage.leave();
    stage.expect_done(stage.lock.release(cast.next, young)?);
    stage.expect_sides_agree()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
