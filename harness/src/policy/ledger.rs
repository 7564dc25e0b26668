//! Checks that each planned case was reported exactly once. Runs in every real run.

use crate::model::error::Error;
use crate::model::event::TestId;

/// How often each case was reported.
#[derive(Debug)]
pub(crate) struct Ledger {
    cases: usize,
    /// How often each case was reported, iteration by iteration.
    reports: Vec<u32>,
}

impl Ledger {
    pub(crate) fn new(cases: usize, iterations: u32) -> Self {
        Self { cases, reports: vec![0; cases * iterations as usize] }
    }

    /// The verdict of a case was reported.
    pub(crate) fn enter(&mut self, test_id: &TestId) {
        let ix = (test_id.iteration as usize - 1) * self.cases + test_id.case.ix();
        self.reports[ix] += 1;
    }

    /// Fails if a case is missing or was reported more than once; `name` knows the cases by their index.
    pub(crate) fn check(&self, name: impl Fn(usize) -> String) -> Result<(), Error> {
        if self.reports.iter().all(|&times| times == 1) {
            return Ok(());
        }
        let wrong = |is_wrong: fn(u32) -> bool| {
            let cases = self.reports.iter().enumerate().filter(move |&(_, &times)| is_wrong(times));
            cases.map(|(ix, _)| name(ix % self.cases)).collect::<Vec<_>>()
        };
        let (missing, repeated) = (wrong(|times| times == 0), wrong(|times| times > 1));
        Err(Error::fault(format!(
            "the run is not trustworthy: {} of {} results are missing [{}], {} were reported more than once [{}]; \
             this is a defect of swimlanes, please report it",
            missing.len(),
            self.reports.len(),
            missing.join(", "),
            repeated.len(),
            repeated.join(", "),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::CaseIx;

    #[track_caller]
    fn check(reported: &[(u32, u32)], expected: Result<(), &str>) {
        let mut ledger = Ledger::new(2, 2);
        for &(case, iteration) in reported {
            ledger.enter(&TestId { case: CaseIx(case), name: "", iteration });
        }
        let actual = ledger.check(|ix| ["a", "b"][ix].to_owned()).map_err(|error| error.to_string());
        match expected {
            Ok(()) => assert_eq!(actual, Ok(())),
            Err(part) => assert!(actual.expect_err("a broken ledger").contains(part)),
        }
    }

    #[test]
    fn one_result_for_each_test_is_accepted() {
        check(&[(0, 1), (1, 2), (1, 1), (0, 2)], Ok(()));
    }

    #[test]
    fn missing_results_are_named() {
        check(&[(0, 1), (1, 1), (0, 2)], Err("1 of 4 results are missing [b], 0 were"));
    }

    #[test]
    fn duplicate_results_are_named() {
        check(
            &[(0, 1), (0, 1), (1, 1), (0, 2), (1, 2)],
            Err("0 of 4 results are missing [], 1 were reported more than once [a]"),
        );
    }
}
