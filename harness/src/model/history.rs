//! What earlier runs recorded about the tests of a suite: their last results and durations. The text of the record has a line for each test.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

/// The first line of the text, up to the version.
const HEADER: &str = "# swimlanes history, version 1";

/// Explains the columns to a person who opens the file.
const COLUMNS: &str = ": results (P passed, R passed in a retry, F failed), durations in microseconds, name; the last run is on the right";

/// How many results and durations of a test are kept: enough for a median that one slow run does not change.
const KEPT: usize = 10;

/// Tests that always passed in less time have no line: they are too short to matter for a schedule, and there can be very many of them.
pub(crate) const SHORTEST: Duration = Duration::from_millis(1);

/// The result of a test in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PastResult {
    Passed,
    /// In a retry.
    Flaky,
    Failed,
}

/// The result of a test in the run that has just ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Observation {
    pub(crate) name: &'static str,
    pub(crate) result: PastResult,
    /// The mean of its attempts.
    pub(crate) took: Duration,
}

/// The history of a suite.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    tests: BTreeMap<String, TestHistory>,
}

/// The newest is the last.
#[derive(Debug, Default, PartialEq, Eq)]
struct TestHistory {
    results: Vec<PastResult>,
    /// Of runs in which it passed.
    durations: Vec<Duration>,
}

impl PastResult {
    fn letter(self) -> char {
        match self {
            Self::Passed => 'P',
            Self::Flaky => 'R',
            Self::Failed => 'F',
        }
    }

    fn from_letter(letter: char) -> Option<Self> {
        [Self::Passed, Self::Flaky, Self::Failed].into_iter().find(|result| result.letter() == letter)
    }
}

impl History {
    /// The history with this text.
    ///
    /// # Errors
    ///
    /// The number of the line that is wrong, and why.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().zip(1..);
        match lines.next() {
            None => return Ok(Self::default()),
            Some((header, _)) if header.starts_with(HEADER) => {}
            Some(_) => return Err(format!("line 1 does not begin with `{HEADER}`")),
        }
        let test = |line: &str| {
            let mut columns = line.splitn(3, '\t');
            let results = columns.next()?.chars().map(PastResult::from_letter).collect::<Option<_>>()?;
            let micros = |word: &str| word.parse().ok().map(Duration::from_micros);
            let durations = columns.next()?.split_whitespace().map(micros).collect::<Option<_>>()?;
            Some((columns.next()?.to_owned(), TestHistory { results, durations }))
        };
        let parsed = lines.map(|(line, number)| {
            test(line).ok_or_else(|| format!("line {number} is not RESULTS, DURATIONS and NAME, separated by tabs"))
        });
        Ok(Self { tests: parsed.collect::<Result<_, _>>()? })
    }

    /// The text of the file.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{HEADER}{COLUMNS}\n");
        for (name, test) in &self.tests {
            text.extend(test.results.iter().map(|result| result.letter()));
            for (space, duration) in std::iter::once('\t').chain(std::iter::repeat(' ')).zip(&test.durations) {
                write!(text, "{space}{}", duration.as_micros()).expect("a string can be written to");
            }
            text += if test.durations.is_empty() { "\t\t" } else { "\t" };
            text += name;
            text.push('\n');
        }
        text
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// The tests that failed in the last run in which they ran.
    pub(crate) fn failed(&self) -> BTreeSet<String> {
        let has_failed = |(_, test): &(&String, &TestHistory)| test.results.last() == Some(&PastResult::Failed);
        self.tests.iter().filter(has_failed).map(|(name, _)| name.clone()).collect()
    }

    /// The median of the last durations of a test; `None` if it never passed, or has always been short.
    pub(crate) fn median(&self, name: &str) -> Option<Duration> {
        let mut sorted = self.tests.get(name)?.durations.clone();
        sorted.sort_unstable();
        // Of an even number, the longer one: a test that starts too early costs less than one that starts too late.
        sorted.get(sorted.len() / 2).copied()
    }

    /// Adds the results of a run, and returns whether this changes anything.
    pub(crate) fn add(&mut self, run: &[Observation]) -> bool {
        let mut is_changed = false;
        for observation in run {
            let is_plain = observation.result == PastResult::Passed && observation.took < SHORTEST;
            if is_plain && !self.tests.contains_key(observation.name) {
                continue;
            }
            is_changed = true;
            let test = self.tests.entry(observation.name.to_owned()).or_default();
            push(&mut test.results, observation.result);
            if observation.result != PastResult::Failed {
                push(&mut test.durations, observation.took);
            }
            if test.is_plain() {
                self.tests.remove(observation.name);
            }
        }
        is_changed
    }
}

impl TestHistory {
    fn is_plain(&self) -> bool {
        let (results, durations) = (&self.results, &self.durations);
        results.iter().all(|result| *result == PastResult::Passed) && durations.iter().all(|took| *took < SHORTEST)
    }
}

fn push<T>(kept: &mut Vec<T>, newest: T) {
    if kept.len() >= KEPT {
        kept.drain(..=kept.len() - KEPT);
    }
    kept.push(newest);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `NAME=P12`: a test, its result and its duration in milliseconds.
    fn run(line: &'static str) -> Vec<Observation> {
        let observation = |word: &'static str| {
            let (name, rest) = word.split_once('=').expect("NAME=RESULT");
            let result = rest.chars().next().and_then(PastResult::from_letter).expect("a letter");
            Observation { name, result, took: Duration::from_millis(rest[1..].parse().expect("milliseconds")) }
        };
        line.split_whitespace().map(observation).collect()
    }

    fn after(runs: &[&'static str]) -> History {
        let mut history = History::default();
        runs.iter().for_each(|line| _ = history.add(&run(line)));
        history
    }

    #[test]
    fn text_of_a_history_is_parsed_again() {
        let history = after(&["a::b=P12 fails=F3", "a::b=R9 fails=F4 short=P0"]);
        assert_eq!(history.text(), format!("{HEADER}{COLUMNS}\nPR\t12000 9000\ta::b\nFF\t\tfails\n"));
        assert_eq!(History::parse(&history.text()).as_ref(), Ok(&history));
        assert_eq!(History::parse(""), Ok(History::default()));
    }

    #[test]
    fn wrong_line_of_a_history_is_named() {
        let check = |text: &str, expected: &str| {
            assert!(History::parse(text).is_err_and(|why| why.starts_with(expected)), "{text}");
        };
        check("a\nb\n", "line 1 does not begin with");
        check("# swimlanes history, version 2\n", "line 1 does not begin with");
        check(&format!("{HEADER}\nP\t1\ta\nQ\t1\tb\n"), "line 3 is not");
        check(&format!("{HEADER}\nP\tten\ta\n"), "line 2 is not");
        check(&format!("{HEADER}\nP\t1\n"), "line 2 is not");
    }

    #[test]
    fn median_is_of_the_last_runs_that_passed() {
        let history = after(&["a=P10", "a=P30", "a=F900", "a=P20", "b=F5"]);
        assert_eq!(history.median("a"), Some(Duration::from_millis(20)));
        assert_eq!(history.median("b"), None);
        assert_eq!(history.median("c"), None);
        let history = after(&[&["a=P90"; 12][..], &["a=P10"; 6]].concat());
        assert_eq!(history.median("a"), Some(Duration::from_millis(10)));
    }

    #[test]
    fn failures_stay_until_the_test_passes() {
        let failed = |runs: &[&'static str]| after(runs).failed().into_iter().collect::<Vec<_>>();
        assert_eq!(failed(&["a=P0 b=P5"]), <[&str; 0]>::default());
        assert_eq!(failed(&["a=F0 b=F5", "c=P1"]), ["a", "b"]);
        assert_eq!(failed(&["a=F0 b=F5", "c=F0 b=P1"]), ["a", "c"]);
        assert_eq!(failed(&["a=F0", "a=R0"]), <[&str; 0]>::default());
    }

    #[test]
    fn short_tests_that_pass_have_no_line() {
        let mut history = History::default();
        assert!(!history.add(&run("a=P0 b=P0")));
        assert!(history.is_empty());
        assert!(history.add(&run("a=F0 b=P0")));
        // The failure leaves the history after ten other runs.
        for _ in 0..9 {
            assert!(history.add(&run("a=P0")));
            assert!(!history.is_empty());
        }
        assert!(history.add(&run("a=P0")));
        assert!(history.is_empty());
    }
}
