//! Plays a scenario as a race.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::LockUnderTest;
use super::stage::Stage;
use crate::race::{Interleaving, Race};

/// No method of a lock under test waits for another actor, so one that takes its time is slow, and not blocked.
const PATIENCE: Duration = Duration::from_millis(200);

/// A round for each request: so many actors at once, and then what must hold. The answer is the first interleaving in which something
/// was wrong.
pub(super) fn raced<L: LockUnderTest>(
    stage: &Stage<'_, L>,
    n_actors: usize,
    actor: impl Fn(usize) -> Result<(), L::Error> + Sync,
    after: impl Fn() -> Result<(), L::Error>,
) -> Result<Option<Interleaving>, L::Error> {
    let failed = Mutex::new(None);
    let has_failed = || failed.lock().unwrap_or_else(PoisonError::into_inner).is_some();
    let keep = |result: Result<(), L::Error>| {
        if let Err(error) = result {
            failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    };
    let (mut n_wrong, mut n_wrong_rounds) = (0, 0);
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
        .patience(PATIENCE)
        .before(|_| keep(stage.reset()))
        .after(|_| {
            if !has_failed() {
                keep(after());
                stage.round_ended();
            }
            let n_new = stage.n_wrong() - n_wrong;
            n_wrong += n_new;
            n_wrong_rounds += usize::from(n_new > 0);
            if n_new > 0 { Err("something was wrong") } else { Ok(()) }
        })
        .run(|who| {
            if !has_failed() {
                keep(actor(who.number()));
            }
        });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    if report.failed_rounds() > n_wrong_rounds {
        // Somebody has panicked, and the report says where.
        report.expect_clean();
    }
    Ok(report.interleaving().cloned())
}
