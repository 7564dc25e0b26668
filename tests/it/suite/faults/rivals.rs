//! The same faults on libtest, on libtest-mimic and under cargo-nextest: how each of them reports the fault, and how many of the twenty
//! other results it loses. Run by hand, as it takes a long time if a rival hangs:
//!
//! ```text
//! cargo test -p swimlanes-tests --test it -- --ignored --nocapture print_what_the_rivals_lose
//! ```

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use crate::suite::faults::program::{self, End};
use crate::suite::faults::table::{Expected, ROWS, Row};
use crate::suite::faults::{innocents, on_its_disk};
use crate::suite::{libtest_parity, nextest};
use crate::support::suite_runner::{Fixture, fixture};
use crate::test;

/// A rival that runs longer counts as hanging.
const LIMIT: Duration = Duration::from_secs(20);

/// How often a rival runs a fault that ends processes: the number of lost results depends on timing.
const TRIES_OF_AN_END: usize = 21;

/// How often it runs any other fault.
const TRIES: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rival {
    Libtest,
    Mimic,
    Nextest,
    /// With the timeout that the rows have on swimlanes.
    NextestWithLimit,
}

/// The result of one run of a rival.
struct Seen {
    end: End,
    /// The rival's word for the result of the fault, if it printed one.
    word: Option<String>,
    passed: usize,
    failed: usize,
    left_running: bool,
    bytes: usize,
}

impl Rival {
    fn run(self, row: &Row) -> Seen {
        let ended = program::run(on_its_disk(self.put_together(row), row), LIMIT);
        let words: Vec<Option<String>> = innocents().iter().map(|name| self.word(&ended.output, name)).collect();
        let count = |is_bad: bool| words.iter().flatten().filter(|word| self::is_bad(word) == is_bad).count();
        Seen {
            end: ended.end,
            word: self.word(&ended.output, &row.test()),
            passed: count(false),
            failed: count(true),
            left_running: !ended.left_running.is_empty(),
            bytes: ended.output.len(),
        }
    }

    /// The run of the twenty tests without a fault and this fault, with two threads.
    fn put_together(self, row: &Row) -> Fixture {
        let others = ROWS.iter().map(Row::test).filter(|test| *test != row.test());
        // libtest-mimic accepts one filter, and any number of tests to skip.
        let skips: Vec<String> = others.flat_map(|test| ["--skip".to_owned(), test]).collect();
        let skips: Vec<&str> = skips.iter().map(String::as_str).collect();
        let flags = ["--include-ignored", "--exact", "--color", "never", "--test-threads", "2"];
        match self {
            Self::Libtest => Fixture::at(libtest_parity::of_faults()).args(&flags).args(&skips),
            Self::Mimic => fixture("faults_mimic").args(&flags).args(&skips),
            Self::Nextest => under_nextest(row, ""),
            Self::NextestWithLimit => under_nextest(
                row,
                "[[profile.default.overrides]]\nfilter = 'test(/^fault::/)'\n\
                 slow-timeout = { period = \"300ms\", terminate-after = 1, grace-period = \"1s\" }\n",
            ),
        }
    }

    /// The last word of this rival about the test of this name.
    fn word(self, output: &str, name: &str) -> Option<String> {
        let of_libtest = || {
            // Not only at the start of a line, as output of a test can precede it.
            let (_, rest) = output.split_once(&format!("test {name} "))?;
            let word = rest.trim_start().strip_prefix("... ")?.split(char::is_whitespace).next()?;
            (!word.is_empty()).then(|| word.to_owned())
        };
        let of_nextest = || {
            let lines = output.lines().filter(|line| line.ends_with(&format!(" {name}")));
            let mut words = lines.filter_map(|line| line.split_whitespace().next());
            words.find(|word| !matches!(*word, "SLOW" | "TERMINATING" | "START")).map(str::to_owned)
        };
        match self {
            Self::Libtest | Self::Mimic => of_libtest(),
            Self::Nextest | Self::NextestWithLimit => of_nextest(),
        }
    }
}

fn under_nextest(row: &Row, config: &str) -> Fixture {
    let filter = format!("test(/^innocent::/) | test(={})", row.test());
    let twin = ("faults", libtest_parity::of_faults().to_owned());
    nextest::run_at(&[twin], config, &["-j2", "--run-ignored", "all", "--status-level", "all"]).args(&[
        "--final-status-level",
        "none",
        "--failure-output",
        "never",
        "-E",
        &filter,
    ])
}

fn is_bad(word: &str) -> bool {
    !matches!(word, "ok" | "PASS" | "LEAK")
}

/// One cell of the table.
fn cell(rival: Rival, row: &Row) -> String {
    let tries = match row.expected {
        Expected::Fail { kind: "crash" | "exit", .. } | Expected::Killed => TRIES_OF_AN_END,
        Expected::Fail { .. } | Expected::Pass => TRIES,
    };
    let mut seen = vec![rival.run(row)];
    if seen[0].end != End::Stopped {
        seen.extend((1..tries).map(|_| rival.run(row)));
    }
    let endings: BTreeSet<String> = seen.iter().map(|seen| ending(seen, row)).collect();
    let mut parts = vec![endings.into_iter().collect::<Vec<_>>().join(" or ")];
    let lost = range(seen.iter().map(|seen| 20 - seen.passed - seen.failed));
    parts.extend(lost.map(|lost| format!("{lost} of 20 results lost")));
    let failed = range(seen.iter().map(|seen| seen.failed));
    parts.extend(failed.map(|failed| format!("{failed} other tests fail")));
    if seen.iter().any(|seen| seen.left_running) {
        parts.push("leaves a process running".to_owned());
    }
    if let Some(most) = seen.iter().map(|seen| seen.bytes >> 20).max().filter(|&most| most > 0) {
        parts.push(format!("{most} MiB on the terminal"));
    }
    parts.join(", ")
}

/// The minimum, the maximum and the median, unless all counts are 0.
fn range(counts: impl Iterator<Item = usize>) -> Option<String> {
    let mut counts: Vec<usize> = counts.collect();
    counts.sort_unstable();
    let (least, median, most) = (*counts.first()?, counts[counts.len() / 2], *counts.last()?);
    match (least, most) {
        (0, 0) => None,
        _ if least == most => Some(least.to_string()),
        _ => Some(format!("{least} to {most} (median {median})")),
    }
}

/// The end of such a run, as its user sees it.
fn ending(seen: &Seen, row: &Row) -> String {
    let how = match seen.end {
        End::Stopped => return format!("hangs (stopped after {} s)", LIMIT.as_secs()),
        End::Code(code) => format!("exit code {code}"),
        End::Signal(6) => "SIGABRT".to_owned(),
        End::Signal(9) => "SIGKILL".to_owned(),
        End::Signal(11) => "SIGSEGV".to_owned(),
        End::Signal(signal) => format!("signal {signal}"),
    };
    let is_green = seen.end == End::Code(0);
    let result = match (&seen.word, row.expected) {
        (None, Expected::Fail { .. } | Expected::Killed) if is_green => {
            return "**green**, without a word on it".to_owned();
        }
        (None, Expected::Pass) if is_green => return "green, but without results".to_owned(),
        (None, _) => return format!("ends the run ({how})"),
        (Some(word), Expected::Fail { .. } | Expected::Killed) if is_bad(word) => match word.as_str() {
            "FAILED" | "FAIL" => "reported".to_owned(),
            word => format!("reported as {word}"),
        },
        (Some(word), Expected::Fail { .. } | Expected::Killed) => format!("**not noticed** ({word})"),
        (Some(word), Expected::Pass) if is_bad(word) => format!("fails ({word})"),
        (Some(word), Expected::Pass) => match word.as_str() {
            "ok" | "PASS" => "passes".to_owned(),
            word => format!("passes as {word}"),
        },
    };
    let has_expected_end = seen.word.as_deref().is_some_and(is_bad) != is_green;
    if has_expected_end { result } else { format!("{result}, but the run ends with {how}") }
}

fn first_line(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().expect("the program starts");
    String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn the_end_of_a_rival_is_detected() {
    let check = |rival: Rival, name: &str, expected: &str| {
        let row = ROWS.iter().find(|row| row.name == name).expect("a row");
        assert_eq!(ending(&rival.run(row), row), expected, "{rival:?}, {name}");
    };
    check(Rival::Libtest, "panics_in_drop", "reported");
    check(Rival::Libtest, "aborts", "ends the run (SIGABRT)");
    check(Rival::Mimic, "exits_with_0", "**green**, without a word on it");
    check(Rival::Nextest, "exits_with_0", "**not noticed** (PASS)");
    check(Rival::Nextest, "aborts", "reported as SIGABRT");
    check(Rival::Nextest, "panics_in_a_thread_without_join", "passes");
}

#[test]
#[ignore = "takes minutes and prints a table, for guide/faults.md"]
fn print_what_the_rivals_lose() {
    let mimic = nextest::version_of("libtest-mimic");
    println!("{}", first_line("date", &["-u", "+%F"]));
    println!("libtest of {}", first_line("rustc", &["--version"]));
    println!("libtest-mimic {mimic}");
    println!("{}\n", first_line("cargo-nextest", &["nextest", "--version"]));
    println!("| row | libtest | libtest-mimic | cargo-nextest |");
    println!("|---|---|---|---|");
    for row in ROWS {
        let (libtest, mimic) = (cell(Rival::Libtest, row), cell(Rival::Mimic, row));
        let mut nextest = cell(Rival::Nextest, row);
        if matches!(row.expected, Expected::Fail { kind: "timed_out", .. }) {
            nextest = format!("{nextest}; with a limit set: {}", cell(Rival::NextestWithLimit, row));
        }
        println!("| {} | {libtest} | {mimic} | {nextest} |", row.name.replace('_', " "));
    }
}
