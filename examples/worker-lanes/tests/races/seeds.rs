//! The same race with twenty seeds: a broken form must fail with each, a fixed form with none.

use std::ops::Range;

use swimlanes::kit::race::{Explore, Race, Report};

const SEEDS: Range<u64> = 0..20;
const ROUNDS: usize = 20;

/// The number of replays of the failed round.
const REPLAYS: usize = 5;

/// The number of rounds without points, for comparison.
const PLAIN: usize = 100;

/// The result of the tests, in which `?` converts all errors.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The way in which the actors of a race run.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// Chosen by this seed, until a round fails.
    UntilOneFails { seed: u64 },
    /// Chosen by this seed, in all rounds.
    All { seed: u64 },
    /// Without a choice, like a stress test without points.
    Plain,
}

impl Way {
    /// A race of this number of actors.
    pub(crate) fn race<'r>(self, n_actors: usize) -> Race<'r> {
        let race = Race::new(n_actors).rounds(ROUNDS).replays(REPLAYS);
        match self {
            Self::UntilOneFails { seed } => race.seed(seed).until_race(),
            Self::All { seed } => race.seed(seed),
            Self::Plain => race.rounds(PLAIN).explore(Explore::Free),
        }
    }
}

/// Expects that a round fails with this text, with each seed. Prints the round, the number of replays that fail in the same way, and the
/// result without points.
pub(crate) async fn each_shows(text: &str, run: impl AsyncFn(Way) -> Report) {
    let (mut latest, mut same, mut replays) = (0, 0, 0);
    for seed in SEEDS {
        let report = run(Way::UntilOneFails { seed }).await;
        report.expect_race(text);
        latest = latest.max(report.rounds());
        same += report.replays().same;
        replays += report.replays().total;
    }
    println!("{text}: with {0} of {0} seeds, in round {latest} at the latest", SEEDS.count());
    println!("{text}: in {same} of {replays} replays");
    let plain = run(Way::Plain).await;
    println!("{text}: without points in {} of {} rounds", plain.failed_rounds(), plain.rounds());
}

/// Expects that no round fails with any seed.
pub(crate) async fn each_is_clean(run: impl AsyncFn(Way) -> Report) {
    for seed in SEEDS {
        run(Way::All { seed }).await.expect_clean();
    }
}
