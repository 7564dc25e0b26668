//! Plays a scenario as a race.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::lock::driver::Stage;
use crate::lock::under_test::LockUnderTest;
use crate::race::{Interleaving, Race};

/// No method of a lock under test waits for another actor, so one that takes its time is slow, and not blocked.
const BLOCK_TIMEOUT: Duration = Duration::from_millis(200);

/// A round for each request, which begins with all as new: what comes before the race, so many actors at once, and then what must
/// hold. The answer is the first interleaving in which something was wrong.
pub(super) fn raced<L: LockUnderTest>(
    stage: &Stage<'_, L>,
    n_actors: usize,
    before: impl Fn(usize) -> Result<(), L::Error>,
    actor: impl Fn(usize) -> Result<(), L::Error> + Sync,
    after: impl Fn() -> Result<(), L::Error>,
) -> Result<Option<Interleaving>, L::Error> {
    let failed = Failed(Mutex::new(None));
    // What was wrong before a race is not the fault of its interleaving.
    let n_wrong_before = Cell::new(0);
    let mut n_wrong_rounds = 0;
    let pressure = stage.pressure;
    let mut race = Race::new(n_actors);
    if let Some(interleaving) = &pressure.replay {
        race = race.replay(interleaving);
    }
    let report = race
        .rounds(pressure.requests)
        .seed(pressure.seed)
        .explore(pressure.explore)
        .replays(0)
        .block_timeout(BLOCK_TIMEOUT)
        .before(|round| {
            failed.go_on(|| stage.reset().and_then(|()| before(round)));
            n_wrong_before.set(stage.n_wrong());
        })
        .after(|_| {
            failed.go_on(|| after().inspect(|()| stage.round_ended()));
            let is_wrong = stage.n_wrong() > n_wrong_before.get();
            n_wrong_rounds += usize::from(is_wrong);
            if is_wrong { Err("something was wrong") } else { Ok(()) }
        })
        .run(|who| failed.go_on(|| actor(who.number())));
    if let Some(error) = failed.error().take() {
        return Err(error);
    }
    if report.failed_rounds() > n_wrong_rounds {
        // Somebody has panicked, and the report says where.
        report.expect_clean();
    }
    Ok(report.interleaving().cloned())
}

/// The first error of the lock's, after which nothing more is asked of it.
struct Failed<E>(Mutex<Option<E>>);

impl<E> Failed<E> {
    fn error(&self) -> MutexGuard<'_, Option<E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the step, if nothing has failed.
    fn go_on(&self, step: impl FnOnce() -> Result<(), E>) {
        if self.error().is_some() {
            return;
        }
        if let Err(error) = step() {
            self.error().get_or_insert(error);
        }
    }
}
