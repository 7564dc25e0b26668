//! Estimates the duration of each case, from its attribute.

use std::time::Duration;

use crate::test_case::case::{Case, Pace};

/// The weight of a case if no case of the suite declares a duration. Only ratios matter.
const ORDINARY: Duration = Duration::from_millis(100);

/// The ratio of a `slow` case to an ordinary one. It makes the case start before all but the longest chains.
const SLOW: u32 = 20;

/// The estimate for each case. A case without `slow` and `takes` gets the median of the declared durations.
pub(super) fn weights(cases: &[&Case]) -> Vec<Duration> {
    let mut declared: Vec<Duration> = cases.iter().filter_map(|case| declared(case)).collect();
    declared.sort_unstable();
    let ordinary = declared.get(declared.len() / 2).copied().unwrap_or(ORDINARY);
    let slow = declared.last().copied().unwrap_or_default().max(ordinary * SLOW);
    let weight = |case: &&Case| match case.attributes().pace {
        Pace::Takes(time) => time,
        Pace::Slow => slow,
        Pace::Unknown => ordinary,
    };
    cases.iter().map(weight).collect()
}

fn declared(case: &Case) -> Option<Duration> {
    match case.attributes().pace {
        Pace::Takes(time) => Some(time),
        Pace::Slow | Pace::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;
    use crate::model::outcome::TestReturn;
    use crate::test_case::case::{Attributes, Body};

    /// `?` is unknown, `slow`, or a number of milliseconds; expected in milliseconds.
    #[track_caller]
    fn check(paces: &str, expected: &str) {
        let location = Location { file: "x.rs", line: 1, column: 1 };
        let case = |word: &str| {
            let pace = match word {
                "?" => Pace::Unknown,
                "slow" => Pace::Slow,
                number => Pace::Takes(Duration::from_millis(number.parse().expect("milliseconds"))),
            };
            let attributes = Attributes { pace, ..Attributes::NONE };
            let case = Case::new("::case", location, Body::Function(|_| Ok(TestReturn::Passed)));
            case.with(Box::leak(Box::new(attributes)))
        };
        let cases: Vec<Case> = paces.split(' ').map(case).collect();
        let actual: Vec<String> =
            weights(&cases.iter().collect::<Vec<_>>()).iter().map(|weight| weight.as_millis().to_string()).collect();
        assert_eq!(actual.join(" "), expected);
    }

    #[test]
    fn slow_case_weighs_more_than_one_of_unknown_duration() {
        check("? slow ?", "100 2000 100");
    }

    #[test]
    fn declared_duration_is_the_weight() {
        check("10 30 20 ?", "10 30 20 20");
        check("10 9000 20 slow", "10 9000 20 9000");
    }
}
