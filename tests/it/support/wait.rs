//! Waits for other processes.

use std::time::{Duration, Instant};

/// A long time, after which a wait is a failure.
const LONG: Duration = Duration::from_secs(60);

/// Between two looks, the other processes get the cores.
const PAUSE: Duration = Duration::from_millis(2);

/// Polls, as the actions of other processes cannot be waited for otherwise.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LONG, "never: {what}");
        std::thread::park_timeout(PAUSE);
    }
}
