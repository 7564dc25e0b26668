//! Selects the cases to run, with the filters of libtest-mimic. Several filters select the tests that match any of
//! them, as in libtest. With `--exact`, the name of a function selects all its cases.

use libtest_mimic::{Arguments, Trial};

/// What happens to a case in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    Run,
    /// It is reported as ignored.
    Ignore,
    /// It is only counted.
    FilterOut,
}

/// The options that select cases.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    /// libtest-mimic's arguments, once for each filter, or once without any.
    arguments: Vec<Arguments>,
}

impl Selection {
    /// `arguments` with these filters in place of their own.
    pub(crate) fn new(arguments: &Arguments, filters: &[String]) -> Self {
        let with = |filter| Arguments { filter, ..arguments.clone() };
        let arguments = match filters {
            [] => vec![with(None)],
            filters => filters.iter().map(|filter| with(Some(filter.clone()))).collect(),
        };
        Self { arguments }
    }

    /// Decides about the case `name`; `function` is its function, if that has several cases.
    pub(crate) fn choose(&self, name: &str, function: Option<&str>, is_ignored: bool) -> Choice {
        let is_plain = |arguments: &Arguments| {
            arguments.filter.is_none() && arguments.skip.is_empty() && !arguments.ignored && !arguments.bench
        };
        if self.arguments.iter().all(is_plain) {
            // The usual run of all tests: no trial is needed for each case.
            let runs = !is_ignored || self.arguments.iter().any(|arguments| arguments.include_ignored);
            return if runs { Choice::Run } else { Choice::Ignore };
        }
        let trial_of = |name: &str| Trial::test(name, || Ok(())).with_ignored_flag(is_ignored);
        let trial = trial_of(name);
        let is_chosen = |arguments: &&Arguments| match function {
            Some(function) if arguments.exact => {
                let is_skipped = arguments.skip.iter().any(|skipped| skipped == name || skipped == function);
                let names = [&trial, &trial_of(function)];
                !is_skipped && names.iter().any(|trial| !arguments.is_filtered_out(trial))
            }
            _ => !arguments.is_filtered_out(&trial),
        };
        let Some(arguments) = self.arguments.iter().find(is_chosen) else { return Choice::FilterOut };
        if arguments.is_ignored(&trial) { Choice::Ignore } else { Choice::Run }
    }

    /// The names that were given: with `--exact` a filter is a name.
    pub(crate) fn exact_names(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().filter(|arguments| arguments.exact).filter_map(|arguments| arguments.filter.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[track_caller]
    fn check(line: &str, filters: &[&str], expected: [Choice; 4]) {
        let arguments = Arguments::parse_from(std::iter::once("suite").chain(line.split_whitespace()));
        let filters: Vec<String> = filters.iter().map(|&filter| filter.to_owned()).collect();
        let selection = Selection::new(&arguments, &filters);
        let cases = [("adds", false), ("db::adds", false), ("db::stores", false), ("db::slow", true)];
        assert_eq!(cases.map(|(name, is_ignored)| selection.choose(name, None, is_ignored)), expected);
    }

    /// For a function `f` with two cases, a function `f_too`, and a module `f` with a function.
    #[track_caller]
    fn check_function(line: &str, filters: &[&str], expected: [Choice; 4]) {
        let arguments = Arguments::parse_from(std::iter::once("suite").chain(line.split_whitespace()));
        let filters: Vec<String> = filters.iter().map(|&filter| filter.to_owned()).collect();
        let selection = Selection::new(&arguments, &filters);
        let cases = [("m::f::one", Some("m::f")), ("m::f::two", Some("m::f")), ("m::f_too", None), ("m::f::g", None)];
        assert_eq!(cases.map(|(name, function)| selection.choose(name, function, false)), expected);
    }

    #[test]
    fn exact_selects_all_cases_of_a_function() {
        check_function("--exact", &["m::f"], [Run, Run, Out, Out]);
        check_function("--exact", &["m::f::two"], [Out, Run, Out, Out]);
        check_function("--exact", &["f"], [Out, Out, Out, Out]);
        check_function("--exact --skip m::f", &[], [Out, Out, Run, Run]);
        check_function("--exact --skip m::f::one", &["m::f"], [Out, Run, Out, Out]);
        check_function("--exact", &["m::f_too", "m::f"], [Run, Run, Run, Out]);
        check_function("", &["m::f"], [Run, Run, Run, Run]);
    }

    use Choice::{FilterOut as Out, Ignore, Run};

    #[test]
    fn without_filters_all_but_ignored_tests_run() {
        check("", &[], [Run, Run, Run, Ignore]);
        check("--include-ignored", &[], [Run, Run, Run, Run]);
        check("--ignored", &[], [Out, Out, Out, Run]);
    }

    #[test]
    fn filter_matches_a_part_of_the_name() {
        check("", &["adds"], [Run, Run, Out, Out]);
        check("", &["db::s"], [Out, Out, Run, Ignore]);
        check("--ignored", &["db::s"], [Out, Out, Out, Run]);
    }

    #[test]
    fn several_filters_select_the_tests_of_any() {
        check("", &["stores", "slow"], [Out, Out, Run, Ignore]);
        check("--exact", &["adds", "db::stores"], [Run, Out, Run, Out]);
    }

    #[test]
    fn exact_matches_whole_names() {
        check("--exact", &["adds"], [Run, Out, Out, Out]);
        check("--exact", &["add"], [Out, Out, Out, Out]);
    }

    #[test]
    fn skip_overrides_filters() {
        check("--skip db", &[], [Run, Out, Out, Out]);
        check("--skip stores --skip slow", &["db"], [Out, Run, Out, Out]);
        check("--exact --skip adds", &[], [Out, Run, Run, Ignore]);
    }

    #[test]
    fn bench_option_runs_no_test() {
        check("--bench", &[], [Ignore, Ignore, Ignore, Ignore]);
        check("--test", &[], [Run, Run, Run, Ignore]);
    }
}
