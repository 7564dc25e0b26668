//! Reads times from the command line, and what is made of times.

use std::time::Duration;

use crate::model::backoff::Backoff;

/// `500ms`, `5s`, `2m`.
///
/// # Errors
///
/// When it is none, or no time at all.
pub(crate) fn parse_time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it cannot be zero".to_owned()),
        parsed => parsed.map_err(|cause| cause.to_string()),
    }
}

/// `fixed:200ms`, `exponential:100ms` or `exponential:100ms..5s`.
///
/// # Errors
///
/// When it is none of these.
pub(crate) fn parse_backoff(text: &str) -> Result<Backoff, String> {
    let parse_time = |time: &str| parse_time(time).map_err(|cause| format!("`{time}`: {cause}"));
    let forms = "give fixed:TIME, exponential:TIME or exponential:TIME..TIME, such as exponential:100ms..5s";
    match text.split_once(':') {
        Some(("fixed", time)) if time.contains("..") => Err("`fixed` is always as long, and has no limit".to_owned()),
        Some(("fixed", time)) => Ok(Backoff::Fixed(parse_time(time)?)),
        Some(("exponential", times)) => {
            let (first, at_most) = match times.split_once("..") {
                None => (parse_time(times)?, Duration::MAX),
                Some((first, at_most)) => (parse_time(first)?, parse_time(at_most)?),
            };
            match first <= at_most {
                true => Ok(Backoff::Exponential { first, at_most }),
                false => Err("the first rest is longer than the limit".to_owned()),
            }
        }
        _ => Err(forms.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        expected.assert_eq(&match parse_backoff(text) {
            Ok(backoff) => format!("{backoff:?}"),
            Err(why) => format!("error: {why}"),
        });
    }

    #[test]
    fn a_backoff_is_a_word_and_times() {
        check("fixed:200ms", expect!["Fixed(200ms)"]);
        check("exponential:100ms..5s", expect!["Exponential { first: 100ms, at_most: 5s }"]);
        check("exponential:1s..1s", expect!["Exponential { first: 1s, at_most: 1s }"]);
        assert_eq!(
            parse_backoff("exponential:1s"),
            Ok(Backoff::Exponential { first: Duration::from_secs(1), at_most: Duration::MAX })
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let forms = "error: give fixed:TIME, exponential:TIME or exponential:TIME..TIME, such as exponential:100ms..5s";
        for text in ["", "200ms", "fixed", "linear:1s", "Fixed:1s"] {
            assert_eq!(parse_backoff(text).map_err(|why| format!("error: {why}")), Err(forms.to_owned()), "{text}");
        }
        check("fixed:1s..2s", expect!["error: `fixed` is always as long, and has no limit"]);
        check("fixed:", expect!["error: ``: value was empty"]);
        check("fixed:0s", expect!["error: `0s`: it cannot be zero"]);
        check("fixed:5", expect!["error: `5`: time unit needed, for example 5sec or 5ms"]);
        check("exponential:..5s", expect!["error: ``: value was empty"]);
        check("exponential:1s..", expect!["error: ``: value was empty"]);
        check("exponential:5s..1s", expect!["error: the first rest is longer than the limit"]);
    }
}
