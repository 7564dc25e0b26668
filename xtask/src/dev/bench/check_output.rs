//! Compares the output that a runner shows with the lines that its tests have printed.

use std::collections::BTreeMap;

use crate::dev::bench::suite::BenchSuite;

/// The state of the lines of one test.
struct ExpectedLines {
    n_lines: u32,
    /// The number of the next line, if no line is lost.
    next: u32,
}

/// The number of wrong lines: those that are missing under their test, and those that are shown twice, out of order, in pieces, or
/// under another test. A line under another test is also missing under its own test, and counts twice.
pub(super) fn wrong_lines(output: &str, suite: &BenchSuite) -> u32 {
    let lines = |n_lines| ExpectedLines { n_lines, next: 0 };
    let mut tests: BTreeMap<&str, ExpectedLines> =
        suite.cases.iter().map(|case| (&*case.name, lines(case.body.n_lines()))).collect();
    let (mut right, mut surplus) = (0, 0);
    let mut shown_test = None;
    for line in output.lines() {
        if let Some(name) = title(line) {
            shown_test = Some(name);
            continue;
        }
        // After the output of a test, the runner may print more about the test.
        if line.is_empty() || line.starts_with("  = ") {
            shown_test = None;
            continue;
        }
        let printed = printed(line).filter(|(name, _)| tests.contains_key(name));
        match (shown_test, printed) {
            (Some(test), Some((name, number))) if test == name && is_next(&mut tests, name, number) => right += 1,
            // A line of the runner.
            (None, None) => {}
            (Some(_), _) | (None, Some(_)) => surplus += 1,
        }
    }
    suite.n_lines() - right + surplus
}

/// The test whose output begins here.
fn title(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
}

/// The test that printed this line, and the number of the line.
fn printed(line: &str) -> Option<(&str, u32)> {
    let (name, number) = line.split_once(' ')?;
    Some((name, number.parse().ok()?))
}

/// Lines that were skipped are missing.
fn is_next(tests: &mut BTreeMap<&str, ExpectedLines>, name: &str, number: u32) -> bool {
    let Some(lines) = tests.get_mut(name) else { return false };
    let is_next = (lines.next..lines.n_lines).contains(&number);
    if is_next {
        lines.next = number + 1;
    }
    is_next
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two tests with three lines each, as libtest and as swimlanes show them.
    #[track_caller]
    fn check(t0: &str, t1: &str, expected: u32) {
        let head = "\nrunning 2 tests\ntest t0 ... ok\ntest t1 ... ok\n\nsuccesses:\n\n";
        let tail = "\nsuccesses:\n    t0\n    t1\n\ntest result: ok. 2 passed; 0 failed\n\n";
        for known in ["", "  = worker 1 of 2, seed 7, took 0.000s\n"] {
            let blocks = [("t0", t0), ("t1", t1)].map(|(name, lines)| {
                let lines: String = lines.split_terminator('/').map(|line| line.to_owned() + "\n").collect();
                format!("---- {name} stdout ----\n{lines}{known}\n")
            });
            let output = format!("{head}{}{tail}", blocks.concat());
            assert_eq!(wrong_lines(&output, &BenchSuite::lines(2, 3)), expected, "{output}");
        }
    }

    #[test]
    fn missing_duplicate_and_misplaced_lines_are_wrong() {
        check("t0 0/t0 1/t0 2", "t1 0/t1 1/t1 2", 0);
        check("t0 0/t0 2", "t1 0/t1 1/t1 2", 1);
        check("t0 0/t0 1/t0 2", "", 3);
        check("t0 0/t0 1/t0 1/t0 2", "t1 0/t1 1/t1 2", 1);
        check("t0 0/t0 1/t0 2/t0 3", "t1 0/t1 1/t1 2", 1);
        check("t0 0/t0 1/t0 2/t1 1", "t1 0/t1 2", 2);
        check("t0 0/t0 t0 1/1/t0 2", "t1 0/t1 1/t1 2", 3);
    }

    #[test]
    fn lines_outside_of_blocks_are_wrong() {
        assert_eq!(wrong_lines("running 80 tests\n", &BenchSuite::lines(80, 12_500)), 1_000_000);
        let output = "t0 0\nrunning 1 test\n---- t0 stdout ----\nt0 0\nt0 1\n\n";
        assert_eq!(wrong_lines(output, &BenchSuite::lines(1, 2)), 1);
    }
}
