//! Whether a worker goes on with the lock that it has just released, although another class comes first.
//!
//! That saves the lock files another process's time and ours: what was locked a moment ago is open still. It must not make the run longer. A
//! run takes at least as long as its longest chain of cases that exclude each other, so chains go first as soon as one of them may decide when
//! the run ends.

use std::time::Duration;

/// How many times the longest chain may fit into what a worker still has to do, at least.
const MARGIN: u32 = 2;

/// Whether the longest chain can wait: `remaining` is what all workers together still have to do.
pub(super) fn can_wait(longest_chain: Duration, remaining: Duration, workers: usize) -> bool {
    let workers = u32::try_from(workers).unwrap_or(u32::MAX);
    longest_chain.saturating_mul(MARGIN.saturating_mul(workers)) <= remaining
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
        check(10, 20, 1, true);
        check(0, 0, 4, true);
        check(u64::MAX, u64::MAX, 4, false);
    }
}
