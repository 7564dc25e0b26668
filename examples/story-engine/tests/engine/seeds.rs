//! What "caught" and "clean" mean: with each of 20 seeds, in at most 20 rounds each.

use std::ops::Range;

use swimlanes::kit::race::{Explore, Race, Report};

const SEEDS: Range<u64> = 0..20;

/// More than any of the races has.
const ALL: usize = 10_000;

/// How a test wants its race to be run.
pub(crate) type Plan = dyn Fn(Race<'_>) -> Race<'_>;

/// The race is seen with each seed, and says `text`. Prints the first report, how many rounds were needed, how often a replay showed the
/// same, and how many rounds plain threads need.
#[track_caller]
pub(crate) fn expect_caught(text: &str, run: impl Fn(&Plan) -> Report) {
    let reports: Vec<Report> = SEEDS.map(|seed| run(&move |race| race.seed(seed).until_race().replays(5))).collect();
    for report in &reports {
        report.expect_race(text);
    }
    let free = SEEDS.map(|_| run(&|race| race.explore(Explore::Free).rounds(1000).until_race().replays(0)));
    println!("{}", reports[0]);
    println!("rounds until `{text}`, {} times each:", SEEDS.end);
    println!("  Race:          {}", needed(&reports));
    println!("  plain threads: {}", needed(&free.collect::<Vec<_>>()));
    let (same, of) = reports.iter().map(Report::replays).fold((0, 0), |(same, of), it| (same + it.same, of + it.total));
    println!("replays that failed in the same way: {same} of {of}");
}

fn needed(reports: &[Report]) -> String {
    let needed = |report: &Report| match report.first_failed_round() {
        Some(round) => (round + 1).to_string(),
        None => format!("none in {}", report.rounds()),
    };
    reports.iter().map(needed).collect::<Vec<_>>().join(" ")
}

/// No race is seen with any seed, nor in any order. Takes a while.
#[track_caller]
pub(crate) fn expect_clean_with_every_seed(run: impl Fn(&Plan) -> Report) {
    for seed in SEEDS {
        run(&move |race| race.seed(seed)).expect_clean();
    }
    expect_clean_in_every_order(run);
}

/// No race is seen in any order in which the actors can come to their points.
#[track_caller]
pub(crate) fn expect_clean_in_every_order(run: impl Fn(&Plan) -> Report) {
    let report = run(&|race| race.explore(Explore::All).rounds(ALL));
    report.expect_clean();
    assert!(report.is_complete(), "there are more orders than rounds");
    println!("{report}");
}
