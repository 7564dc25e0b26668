//! Parses times in arguments of the command line and in attributes.

use std::time::Duration;

/// Parses a time with a unit, such as `500ms`, `5s` or `2m`.
///
/// # Errors
///
/// If the text is not a time, or is zero. The error is a sentence without its subject.
///
/// ```
/// use std::time::Duration;
/// use swimlanes_core::time;
///
/// assert_eq!(time::parse("500ms"), Ok(Duration::from_millis(500)));
/// assert_eq!(time::parse("0s"), Err("it cannot be zero".to_owned()));
/// ```
pub fn parse(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it cannot be zero".to_owned()),
        parsed => parsed.map_err(|cause| cause.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let result = parse(text).map_or_else(|why| format!("error: {why}"), |time| format!("{time:?}"));
        assert_eq!(result, expected, "{text}");
    }

    #[test]
    fn times_are_numbers_with_units() {
        check("500ms", "500ms");
        check("5s", "5s");
        check("2m", "120s");
        check("1m 30s", "90s");
    }

    #[test]
    fn invalid_times_are_refused() {
        check("", "error: value was empty");
        check("0ms", "error: it cannot be zero");
        check("5", "error: time unit needed, for example 5sec or 5ms");
    }
}
