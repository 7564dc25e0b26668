//! Proves that each result of a run is counted exactly once in the report. Runs for every report.

use super::content::{SuitePart, TestPart};

/// Contradictions in the report: for each suite, runs x tests must equal passed + failed + skipped + lost.
pub(super) fn faults(suites: &[SuitePart], tests: &[TestPart]) -> Vec<String> {
    let suite_faults = suites.iter().filter_map(|suite| {
        let due = u64::from(suite.counted_runs) * suite.tests as u64;
        let own_tests = tests.iter().filter(|test| test.suite == suite.name);
        let n_results: u64 = own_tests.map(|test| u64::from(test.total.results())).sum();
        (due != n_results).then(|| {
            let (name, runs, tests) = (&suite.name, suite.counted_runs, suite.tests);
            format!("{name} has {n_results} results, and {runs} runs of {tests} tests should have {due}")
        })
    });
    let test_faults = tests.iter().filter_map(|test| {
        let n_at_levels: u32 = test.levels.iter().map(|level| level.tally.results()).sum();
        (n_at_levels != test.total.results()).then(|| {
            let (suite, name, all) = (&test.suite, &test.name, test.total.results());
            format!("{suite} {name} has {all} results, and {n_at_levels} at its levels together")
        })
    });
    suite_faults.chain(test_faults).collect()
}

#[cfg(test)]
mod tests {
    use super::super::test_data;
    use super::*;

    #[test]
    fn a_missing_or_duplicate_result_is_a_fault() {
        let report = test_data::report();
        assert_eq!(faults(&report.suites, &report.tests), [""; 0]);

        let mut tests = report.tests.clone();
        tests[0].total.lost += 1;
        assert_eq!(
            faults(&report.suites, &tests),
            [
                "shop::api has 121 results, and 20 runs of 6 tests should have 120",
                "shop::api db::reads_while_somebody_writes has 21 results, and 20 at its levels together",
            ]
        );
        assert_eq!(
            faults(&report.suites, &report.tests[1..]),
            ["shop::api has 100 results, and 20 runs of 6 tests should have 120"]
        );
    }
}
