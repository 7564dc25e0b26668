//! Decides whether a worker continues with the lock that it has just released, although another class comes first.
//!
//! Continuing is cheap: the lock file is still open, and no other worker has to wake up. But it must not make the run longer. A run takes
//! at least as long as its longest chain of tests that exclude each other, so chains come first as soon as one of them can determine the
//! end of the run. A single worker wakes no other one, so it runs the tests in their order.

use std::time::Duration;

/// The longest chain can wait as long as it fits this many times into the remaining work of a worker.
const MARGIN: u32 = 2;

/// Whether the longest chain can wait. `remaining` is the remaining work of all workers together.
pub(super) fn can_wait(longest_chain: Duration, remaining: Duration, workers: usize) -> bool {
    let n_workers = u32::try_from(workers).unwrap_or(u32::MAX);
    workers > 1 && longest_chain.saturating_mul(MARGIN.saturating_mul(n_workers)) <= remaining
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(longest_chain: u64, remaining: u64, workers: usize, expected: bool) {
        let [longest_chain, remaining] = [longest_chain, remaining].map(Duration::from_secs);
        assert_eq!(can_wait(longest_chain, remaining, workers), expected);
    }

    #[test]
    fn a_chain_can_wait_while_each_worker_has_twice_as_much_to_do() {
        check(10, 80, 4, true);
        check(10, 79, 4, false);
        check(10, 1_000, 1, false);
        check(0, 0, 4, true);
        check(u64::MAX, u64::MAX, 4, false);
    }
}
