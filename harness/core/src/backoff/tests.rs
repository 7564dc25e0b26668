//! Delays of backoffs, and their texts.

use super::*;

/// The limit of this backoff if it has none.
const NONE: u64 = u64::MAX;

#[track_caller]
fn check_exponential(first_ms: u64, at_most_ms: u64, retry: u32, expected_ms: u64) {
    let ms = Duration::from_millis;
    let backoff = Backoff::Exponential { first: ms(first_ms), at_most: ms(at_most_ms) };
    assert_eq!(backoff.longest_delay(retry), ms(expected_ms));
}

#[test]
fn an_exponential_delay_doubles_up_to_its_limit() {
    check_exponential(10, 1000, 1, 10);
    check_exponential(10, 1000, 2, 20);
    check_exponential(10, 1000, 7, 640);
    check_exponential(10, 1000, 8, 1000);
    check_exponential(10, 5, 1, 5);
    check_exponential(1, NONE, 41, 1 << 40);
}

#[test]
fn an_exponential_delay_does_not_overflow() {
    check_exponential(10, 1000, u32::MAX, 1000);
    check_exponential(NONE, NONE, 32, NONE);
    check_exponential(10, NONE, u32::MAX, NONE);
    check_exponential(0, 1000, u32::MAX, 0);
    let endless = Backoff::Exponential { first: Duration::MAX, at_most: Duration::MAX };
    assert_eq!(endless.longest_delay(2), Duration::MAX);
}

#[test]
fn fixed_delays_do_not_change() {
    for retry in [1, 2, u32::MAX] {
        assert_eq!(Backoff::None.longest_delay(retry), Duration::ZERO);
        assert_eq!(Backoff::Fixed(Duration::MAX).longest_delay(retry), Duration::MAX);
    }
}

#[cfg(feature = "parse")]
mod texts {
    use expect_test::{Expect, expect};

    use super::super::*;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        expected.assert_eq(&match parse(text) {
            Ok(backoff) => format!("{backoff:?}"),
            Err(why) => format!("error: {why}"),
        });
    }

    #[test]
    fn backoff_texts_are_parsed() {
        check("fixed:200ms", expect!["Fixed(200ms)"]);
        check("exponential:100ms..5s", expect!["Exponential { first: 100ms, at_most: 5s }"]);
        check("exponential:1s..1s", expect!["Exponential { first: 1s, at_most: 1s }"]);
        assert_eq!(
            parse("exponential:1s"),
            Ok(Backoff::Exponential { first: Duration::from_secs(1), at_most: Duration::MAX })
        );
    }

    #[test]
    fn invalid_backoff_texts_are_refused() {
        for text in ["", "200ms", "fixed", "linear:1s", "Fixed:1s"] {
            assert_eq!(parse(text), Err(FORMS.to_owned()), "{text}");
        }
        check("fixed:1s..2s", expect!["error: `fixed` takes one time, without a limit"]);
        check("fixed:", expect!["error: ``: value was empty"]);
        check("fixed:0s", expect!["error: `0s`: it cannot be zero"]);
        check("fixed:5", expect!["error: `5`: time unit needed, for example 5sec or 5ms"]);
        check("exponential:..5s", expect!["error: ``: value was empty"]);
        check("exponential:1s..", expect!["error: ``: value was empty"]);
        check("exponential:5s..1s", expect!["error: the first delay is longer than the limit"]);
    }

    #[test]
    fn retry_on_accepts_only_known_words() {
        assert_eq!(parse_retry_on("same"), Ok(RetryOn::Same));
        assert_eq!(parse_retry_on("any"), Ok(RetryOn::Any));
        assert_eq!(parse_retry_on("alone"), Ok(RetryOn::Alone));
        assert!(parse_retry_on("Same").is_err());
    }
}
