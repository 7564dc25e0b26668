//! Defines "caught" and "clean": with each of 20 seeds, in at most 20 rounds each.

use std::ops::Range;

use swimlanes::kit::race::{Explore, Race, Report};

const SEEDS: Range<u64> = 0..20;

/// More interleavings than any of the races has.
const ALL: usize = 10_000;

/// The options of a test for its race.
pub(crate) type Plan = dyn Fn(Race<'_>) -> Race<'_>;

/// Expects that the race fails with each seed, with `text`. Prints the first report, the number of rounds until then, the number of equal
/// replays, and the number of rounds that plain threads need.
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

/// Expects that no round fails with any seed or in any order. Takes a while.
#[track_caller]
pub(crate) fn expect_clean_with_every_seed(run: impl Fn(&Plan) -> Report) {
    for seed in SEEDS {
        run(&move |race| race.seed(seed)).expect_clean();
    }
    expect_clean_in_every_order(run);
}

/// Expects that no round fails in any order of the actors' points.
#[track_caller]
pub(crate) fn expect_clean_in_every_order(run: impl Fn(&Plan) -> Report) {
    let report = run(&|race| race.explore(Explore::All).rounds(ALL));
    report.expect_clean();
    assert!(report.is_complete(), "there are more orders than rounds");
    println!("{report}");
}
