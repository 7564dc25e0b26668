//! The same race with twenty seeds: what is broken must be seen with each, what is mended with none.

use std::ops::Range;

use swimlanes::kit::race::{Explore, Race, Report};

const SEEDS: Range<u64> = 0..20;
const ROUNDS: usize = 20;

/// How often the round that failed is run once more.
const REPLAYS: usize = 5;

/// How many rounds without points are run, to compare.
const PLAIN: usize = 100;

/// What the tests return, to use `?` on everything.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How the actors of a race are to run.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// As this seed chooses, until a round fails.
    UntilOneFails { seed: u64 },
    /// As this seed chooses, in all rounds.
    All { seed: u64 },
    /// As it happens: what a stress test without points sees.
    Plain,
}

impl Way {
    /// Of so many actors.
    pub(crate) fn race<'r>(self, n_actors: usize) -> Race<'r> {
        let race = Race::new(n_actors).rounds(ROUNDS).replays(REPLAYS);
        match self {
            Self::UntilOneFails { seed } => race.seed(seed).until_race(),
            Self::All { seed } => race.seed(seed),
            Self::Plain => race.rounds(PLAIN).explore(Explore::Free),
        }
    }
}

/// With each seed a round fails with this text. Prints how soon, how many replays fail in the same way, and what is seen without points.
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

/// No round fails with any seed.
pub(crate) async fn each_is_clean(run: impl AsyncFn(Way) -> Report) {
    for seed in SEEDS {
        run(Way::All { seed }).await.expect_clean();
    }
}
