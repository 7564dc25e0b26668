//! `current_test()` and the fixture `Seed`: the same answers in every isolation mode and under cargo-nextest.

use crate::suite::nextest;
use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

/// What the suite logs with `--seed 7`, sorted.
const SEEDS: [&str; 5] = [
    "attempt 1 10103502949105720047",
    "attempt 2 7679745137911600924",
    "attempt 3 11554284397081878479",
    "has_a_seed 15172280013194826175",
    "has_another_seed 14311778025432040929",
];

#[test]
fn current_test_is_the_test_of_the_thread_and_of_the_threads_that_it_starts() {
    for isolation in ISOLATIONS {
        let (answer, log) = fixture("current_test").run_logging(&["-n2", "--isolation", isolation, "knows"]);
        assert_eq!(answer.code, Some(0), "{}", answer.text());
        assert_eq!(log, ["torn down"], "{isolation}");
    }
    let answer = nextest::run(&["current_test"], &["-E", "test(/knows/)"]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
}

#[test]
fn seed_depends_on_the_seed_of_the_run_the_test_and_the_attempt() {
    for isolation in ISOLATIONS {
        let (answer, mut log) =
            fixture("current_test").run_logging(&["-n2", "--isolation", isolation, "--seed", "7", "seed", "counts"]);
        assert_eq!(answer.code, Some(0), "{}", answer.text());
        log.sort_unstable();
        assert_eq!(log, SEEDS, "{isolation}");
    }
}

#[test]
fn attempts_of_nextest_count() {
    let (answer, log) = nextest::run(&["current_test"], &["--retries", "2", "--run-ignored", "only"]).run_logging(&[]);
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    let attempts: Vec<&str> = log.iter().filter_map(|line| line.rsplit_once(' ')).map(|(attempt, _)| attempt).collect();
    assert_eq!(attempts, ["attempt 1", "attempt 2", "attempt 3"]);
}
