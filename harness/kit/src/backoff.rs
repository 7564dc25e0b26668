//! Exponential backoff: a delay that doubles with each attempt, up to a maximum.

use std::time::Duration;

/// `initial`, doubled so many times, and at most `max`.
pub(crate) fn exponential(initial: Duration, times: u32, max: Duration) -> Duration {
    // A factor or product that overflows is beyond every maximum.
    let delay = 1_u32.checked_shl(times).and_then(|factor| initial.checked_mul(factor));
    if initial.is_zero() { initial } else { delay.map_or(max, |delay| delay.min(max)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(initial_ms: u64, times: u32, max_ms: u64, expected_ms: u64) {
        let ms = Duration::from_millis;
        assert_eq!(exponential(ms(initial_ms), times, ms(max_ms)), ms(expected_ms));
    }

    #[test]
    fn delay_doubles_up_to_its_maximum() {
        check(10, 0, 1000, 10);
        check(10, 1, 1000, 20);
        check(10, 6, 1000, 640);
        check(10, 7, 1000, 1000);
        check(10, 0, 5, 5);
    }

    #[test]
    fn delay_does_not_overflow() {
        check(10, 31, 1000, 1000);
        check(10, 32, 1000, 1000);
        check(10, u32::MAX, 1000, 1000);
        check(u64::MAX, 31, u64::MAX, u64::MAX);
        check(0, u32::MAX, 1000, 0);
        assert_eq!(exponential(Duration::MAX, 1, Duration::MAX), Duration::MAX);
    }
}
