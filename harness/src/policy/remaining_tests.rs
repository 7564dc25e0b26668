//! The cases of a run without a verdict, according to the events of processes that may end at any moment.

use std::collections::HashMap;

use crate::model::event::{CaseIx, Event};
use crate::model::outcome::Outcome;
use crate::model::protocol::{CaseProgress, PlannedName, ResumeState, TestKey};
use crate::model::timing::Timing;

/// The cases without a verdict.
#[derive(Debug)]
pub(crate) struct RemainingTests {
    cases: u32,
    /// For each iteration and case, whether it has a verdict.
    done: Vec<bool>,
    n_open: usize,
    progress: HashMap<TestKey, CaseProgress>,
    failures: u32,
}

impl RemainingTests {
    pub(crate) fn new(cases: usize, iterations: u32) -> Self {
        let cases = u32::try_from(cases).expect("the plan refuses more cases than fit");
        let n_open = cases as usize * iterations as usize;
        Self { cases, done: vec![false; n_open], n_open, progress: HashMap::new(), failures: 0 }
    }

    /// Processes an event.
    pub(crate) fn note(&mut self, event: &Event) {
        match event {
            Event::CaseFinished(finished) => {
                let entry = (finished.test_id.case, finished.test_id.iteration);
                if !self.progress.is_empty() {
                    self.progress.remove(&entry);
                }
                let ix = self.ix(entry);
                if let Some(is_done) = self.done.get_mut(ix)
                    && !std::mem::replace(is_done, true)
                {
                    self.n_open -= 1;
                }
            }
            Event::AttemptFinished(finished) => {
                if let Outcome::Failed(failure) = &finished.outcome {
                    let progress =
                        self.progress.entry((finished.test_id.case, finished.test_id.iteration)).or_default();
                    progress.attempts = finished.attempt;
                    progress.took += finished.took;
                    progress.first.get_or_insert_with(|| failure.clone());
                }
            }
            Event::RunStarted(_)
            | Event::AttemptStarted { .. }
            | Event::Kept { .. }
            | Event::LateOutput { .. }
            | Event::Slow(_)
            | Event::Diagnostic { .. }
            | Event::RunFinished(_) => {}
        }
    }

    /// Counts a failure.
    pub(crate) fn count_failure(&mut self) -> u32 {
        self.failures += 1;
        self.failures
    }

    pub(crate) fn is_open(&self, entry: TestKey) -> bool {
        self.done.get(self.ix(entry)) == Some(&false)
    }

    /// The number of cases without a verdict.
    pub(crate) fn len(&self) -> usize {
        self.n_open
    }

    /// The number of finished attempts, of cases without a verdict.
    pub(crate) fn attempts(&self) -> u32 {
        self.progress.values().map(|progress| progress.attempts).sum()
    }

    /// All cases without a verdict, iteration by iteration.
    pub(crate) fn entries(&self) -> Vec<TestKey> {
        self.those(false)
    }

    /// What the next test host needs to know. `digest` and `names` are those of the plan.
    pub(crate) fn resumed(&self, digest: u64, names: Option<Vec<PlannedName>>) -> ResumeState {
        let done = self.those(true).into_iter().collect();
        ResumeState { done, progress: self.progress.clone(), failures: self.failures, digest, names }
    }

    /// The progress of a case that has attempts, but no verdict.
    pub(crate) fn progress(&self, entry: TestKey) -> Option<&CaseProgress> {
        self.progress.get(&entry)
    }

    /// The duration of the finished attempts of a case.
    pub(crate) fn took(&self, entry: TestKey) -> Timing {
        self.progress.get(&entry).map_or(Timing::default(), |progress| progress.took)
    }

    fn ix(&self, (case, iteration): TestKey) -> usize {
        (iteration as usize - 1) * self.cases as usize + case.ix()
    }

    fn those(&self, is_done: bool) -> Vec<TestKey> {
        let entries = self.done.iter().enumerate().filter(|&(_, &done)| done == is_done);
        let n = self.cases.max(1) as usize;
        entries.map(|(ix, _)| (CaseIx((ix % n) as u32), (ix / n) as u32 + 1)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::event::{AttemptFinished, CaseFinished, TestId};
    use crate::model::leaks::Leaks;
    use crate::model::outcome::{Failure, FailureKind};
    use crate::model::verdict::Verdict;
    use crate::model::worker::Slot;

    fn test_id(case: u32, iteration: u32) -> TestId {
        TestId { case: CaseIx(case), name: "", iteration }
    }

    fn over(case: u32, iteration: u32) -> Event {
        Event::CaseFinished(CaseFinished {
            test_id: test_id(case, iteration),
            verdict: Verdict::Pass,
            worker: None,
            attempts: 1,
            queued: Duration::ZERO,
            took: Timing::default(),
            should_panic: false,
            leaks: Leaks::default(),
        })
    }

    fn failed(case: u32, attempt: u32) -> Event {
        let message = format!("attempt {attempt}");
        Event::AttemptFinished(AttemptFinished {
            test_id: test_id(case, 1),
            attempt,
            worker: Slot(0),
            at: Duration::ZERO,
            took: Timing::of(Duration::from_secs(1)),
            outcome: Outcome::Failed(Failure { kind: FailureKind::Panic, message, location: None }),
            leaks: Leaks::default(),
            output: Vec::new(),
        })
    }

    /// Checks which of three cases in two iterations have no verdict.
    #[track_caller]
    fn check(events: &[Event], expected: &[(u32, u32)]) -> RemainingTests {
        let mut open = RemainingTests::new(3, 2);
        events.iter().for_each(|event| open.note(event));
        let expected: Vec<TestKey> = expected.iter().map(|&(case, iteration)| (CaseIx(case), iteration)).collect();
        assert_eq!(open.entries(), expected);
        assert_eq!(open.len(), expected.len());
        assert!(expected.iter().all(|&entry| open.is_open(entry) && !open.resumed(0, None).done.contains(&entry)));
        assert_eq!(open.resumed(0, None).done.len(), 6 - expected.len());
        open
    }

    #[test]
    fn finished_tests_do_not_remain() {
        check(&[], &[(0, 1), (1, 1), (2, 1), (0, 2), (1, 2), (2, 2)]);
        check(&[over(1, 1), over(2, 2), over(1, 1)], &[(0, 1), (2, 1), (0, 2), (1, 2)]);
    }

    #[test]
    fn attempts_are_kept_until_the_test_finishes() {
        let open = check(&[failed(0, 1), failed(0, 2)], &[(0, 1), (1, 1), (2, 1), (0, 2), (1, 2), (2, 2)]);
        let progress = open.progress((CaseIx(0), 1)).expect("begun");
        assert_eq!((progress.attempts, progress.took), (2, Timing::of(Duration::from_secs(2))));
        assert_eq!(progress.first.as_ref().map(|first| &*first.message), Some("attempt 1"));
        let open = check(&[failed(0, 1), over(0, 1)], &[(1, 1), (2, 1), (0, 2), (1, 2), (2, 2)]);
        assert!(open.progress((CaseIx(0), 1)).is_none());
    }
}
