//! Estimates the duration of each case, from its attribute and from earlier runs.

use std::time::Duration;

use crate::model::history::{self, History};
use crate::test_case::case::{Case, Pace};

/// The weight of a case if no case of the suite declares a duration. Only ratios matter.
const ORDINARY: Duration = Duration::from_millis(100);

/// The ratio of a `slow` case to an ordinary one. It makes the case start before all but the longest chains.
const SLOW: u32 = 20;

/// The estimate for each case: its duration in earlier runs, or else what its attribute declares. Without both, it is that of a test that is
/// too short for the history, or the median of the declared durations if there is no history.
pub(super) fn weights(cases: &[&Case], history: &History) -> Vec<Duration> {
    let mut declared: Vec<Duration> = cases.iter().filter_map(|case| declared(case)).collect();
    declared.sort_unstable();
    let ordinary = match history.is_empty() {
        true => declared.get(declared.len() / 2).copied().unwrap_or(ORDINARY),
        false => history::SHORTEST,
    };
    let slow = declared.last().copied().unwrap_or_default().max(ordinary.max(ORDINARY) * SLOW);
    let weight = |case: &&Case| match case.attributes().pace {
        Pace::Takes(time) => time,
        Pace::Slow => slow,
        Pace::Unknown => ordinary,
    };
    if history.is_empty() {
        return cases.iter().map(weight).collect();
    }
    cases.iter().map(|case| history.median(case.name()).unwrap_or_else(|| weight(case))).collect()
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

    /// `?` is unknown, `slow`, or a number of milliseconds; expected in milliseconds. The tests are called `case`.
    #[track_caller]
    fn check_with(history: &str, paces: &str, expected: &str) {
        let header = "# swimlanes history, version 1\n";
        let history = History::parse(&format!("{header}{history}")).expect("a history");
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
        let actual: Vec<String> = weights(&cases.iter().collect::<Vec<_>>(), &history)
            .iter()
            .map(|weight| weight.as_millis().to_string())
            .collect();
        assert_eq!(actual.join(" "), expected);
    }

    #[track_caller]
    fn check(paces: &str, expected: &str) {
        check_with("", paces, expected);
    }

    #[test]
    fn duration_in_the_history_overrides_the_declared_one() {
        check_with("P\t7000\tcase\n", "? 30 slow", "7 7 7");
        check_with("F\t\tcase\n", "? 30 slow", "1 30 2000");
        check_with("P\t7000\tother\n", "? 30 slow", "1 30 2000");
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
