//! Runs a scenario as a race.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::lock::driver::ScenarioDriver;
use crate::lock::under_test::LockUnderTest;
use crate::race::{Interleaving, Race};

/// No method of a lock under test waits for another actor, so a slow actor is not blocked.
const BLOCK_TIMEOUT: Duration = Duration::from_millis(200);

/// Runs a round for each request: resets the lock, runs `before`, then `n_actors` actors at once, and then the checks of `after`. Returns the
/// first interleaving with a violation.
pub(super) fn race_rounds<L: LockUnderTest>(
    driver: &ScenarioDriver<'_, L>,
    n_actors: usize,
    before: impl Fn(usize) -> Result<(), L::Error>,
    actor: impl Fn(usize) -> Result<(), L::Error> + Sync,
    after: impl Fn() -> Result<(), L::Error>,
) -> Result<Option<Interleaving>, L::Error> {
    let first_error = FirstError(Mutex::new(None));
    // A violation before the race is not caused by its interleaving.
    let n_violations_before = Cell::new(0);
    let mut n_violated_rounds = 0;
    let config = driver.config;
    let mut race = Race::new(n_actors);
    if let Some(interleaving) = &config.replay {
        race = race.replay(interleaving);
    }
    let report = race
        .rounds(config.requests)
        .seed(config.seed)
        .explore(config.explore)
        .replays(0)
        .block_timeout(BLOCK_TIMEOUT)
        .before(|round| {
            first_error.run(|| driver.reset().and_then(|()| before(round)));
            n_violations_before.set(driver.n_violations());
        })
        .after(|_| {
            first_error.run(|| after().inspect(|()| driver.count_round()));
            let is_violated = driver.n_violations() > n_violations_before.get();
            n_violated_rounds += usize::from(is_violated);
            if is_violated { Err("violation") } else { Ok(()) }
        })
        .run(|who| first_error.run(|| actor(who.number())));
    if let Some(error) = first_error.get().take() {
        return Err(error);
    }
    if report.failed_rounds() > n_violated_rounds {
        // An actor has panicked, and the report says where.
        report.expect_clean();
    }
    Ok(report.interleaving().cloned())
}

/// The first error of the lock, after which it is not called any more.
struct FirstError<E>(Mutex<Option<E>>);

impl<E> FirstError<E> {
    fn get(&self) -> MutexGuard<'_, Option<E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the step, unless an earlier one has failed.
    fn run(&self, step: impl FnOnce() -> Result<(), E>) {
        if self.get().is_some() {
            return;
        }
        if let Err(error) = step() {
            self.get().get_or_insert(error);
        }
    }
}
