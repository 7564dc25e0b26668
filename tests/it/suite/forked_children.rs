//! Children that tests fork: a signal that asks them to end ends them, in every isolation mode and under cargo-nextest.

use crate::suite::nextest;
use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

#[test]
fn stop_signals_end_a_forked_child() {
    for isolation in ISOLATIONS {
        for more in [&[][..], &["--nocapture"]] {
            let answer = fixture("forked_children").args(&["--isolation", isolation]).args(more).run();
            assert_eq!(answer.code, Some(0), "{isolation} {more:?}: {}", answer.text());
        }
    }
    let answer = nextest::run(&["forked_children"], &[]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
}
