//! Compares how many rounds `Race` and plain threads that start together need to find a check-then-insert race.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use swimlanes_kit::point;
use swimlanes_kit::race::{Explore, Race};

/// The maximum number of rounds with plain threads.
const PLAIN_ROUNDS: usize = 5_000;

#[derive(Default)]
struct SessionIds(Mutex<BTreeSet<usize>>);

impl SessionIds {
    fn start(&self, id: usize) -> Result<(), &'static str> {
        let is_there = self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&id);
        if !is_there {
            point!("after select");
            let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
            return if is_new { Ok(()) } else { Err("duplicate key") };
        }
        Ok(())
    }
}

/// The number of the first round that failed, from 1.
fn first_failed_round(race: Race<'_>) -> Option<usize> {
    let sessions = SessionIds::default();
    let report = race.replays(0).until_race().run(|actor| sessions.start(actor.round()));
    report.first_failed_round().map(|round| round + 1)
}

fn main() {
    for n_actors in [2, 4, 8] {
        println!("{n_actors} actors, 10 seeds");
        let race = |seed| first_failed_round(Race::new(n_actors).rounds(20).seed(seed));
        let plain = |_| first_failed_round(Race::new(n_actors).rounds(PLAIN_ROUNDS).explore(Explore::Free));
        println!("  Race           {}", row((0..10).map(race)));
        println!("  plain threads  {}", row((0..10).map(plain)));
    }
}

fn row(rounds: impl Iterator<Item = Option<usize>>) -> String {
    let cell = |round: Option<usize>| round.map_or_else(|| "-".to_owned(), |round| round.to_string());
    rounds.map(|round| format!("{:>5}", cell(round))).collect()
}
