//! How long to rest before looking or trying again: twice as long each time, up to a bound.

use std::time::Duration;

/// `first`, doubled so many times, and never more than `at_most`.
pub(crate) fn doubled(first: Duration, times: u32, at_most: Duration) -> Duration {
    // Too large a factor, or product, is beyond every bound.
    let doubled = 1_u32.checked_shl(times).and_then(|factor| first.checked_mul(factor));
    if first.is_zero() { first } else { doubled.map_or(at_most, |doubled| doubled.min(at_most)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(first_ms: u64, times: u32, at_most_ms: u64, expected_ms: u64) {
        let ms = Duration::from_millis;
        assert_eq!(doubled(ms(first_ms), times, ms(at_most_ms)), ms(expected_ms));
    }

    #[test]
    fn it_doubles_up_to_its_bound() {
        check(10, 0, 1000, 10);
        check(10, 1, 1000, 20);
        check(10, 6, 1000, 640);
        check(10, 7, 1000, 1000);
        check(10, 0, 5, 5);
    }

    #[test]
    fn nothing_overflows() {
        check(10, 31, 1000, 1000);
        check(10, 32, 1000, 1000);
        check(10, u32::MAX, 1000, 1000);
        check(u64::MAX, 31, u64::MAX, u64::MAX);
        check(0, u32::MAX, 1000, 0);
        assert_eq!(doubled(Duration::MAX, 1, Duration::MAX), Duration::MAX);
    }
}
