//! Waiting for what other processes do.

use std::time::{Duration, Instant};

/// As long as a defect may take to be seen.
const LONG: Duration = Duration::from_secs(60);

/// What another process does is seen when it is done; that cannot be waited for but by looking.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LONG, "never: {what}");
        std::thread::yield_now();
    }
}
