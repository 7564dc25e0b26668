//! Campaigns for the tests of reports, written as tables of runs.

use std::time::{Duration, SystemTime};

use super::content::Report;
use crate::stability::model::{Campaign, ExcludedSuite, Failure, Narrowing, Outcome, Run, Suite, TestResult};
use crate::stability::options::Order;
use crate::stability::plan::plan;
use crate::suite::binary::{Binary, Harness, RunEnd};

/// The runs of a test at level 1 and at level 4, with a letter for each: `+` passed, `-` failed, `s` skipped, `!` lost, `?` lost while it
/// was running.
type Row = (&'static str, &'static str, &'static str);

const API: [Row; 6] = [
    ("db::reads_while_somebody_writes", "++++++++++", "-----+---!"),
    ("sums", "----------", "---------!"),
    ("adds", "++++++++++", "+++++++++!"),
    ("crashes_sometimes", "++++++++++", "+++++++++?"),
    ("needs_a_network", "ssssssssss", "ssssssssss"),
    ("stores", "++++++++++", "++++++++++"),
];

const UNIT: [Row; 3] = [
    ("parse::numbers", "++++++++++", "++++++++++"),
    ("parse::times_<now>_|_later", "+-++++++++", "++++++++++"),
    ("parse::words", "++++++++++", "++sss+++++"),
];

/// A report with all kinds of findings.
pub(super) fn report() -> Report {
    let mut campaign = campaign(&[("shop::api", Harness::Swimlanes, &API), ("shop", Harness::Libtest, &UNIT)]);
    campaign.suites[1].ignored = 2;
    let why = "`--list` printed `hello`".to_owned();
    campaign.left_out = vec![ExcludedSuite { suite: "shop::ui".to_owned(), why }];
    Report::new(&campaign)
}

/// A report without findings.
pub(super) fn clean() -> Report {
    Report::new(&campaign(&[("shop::api", Harness::Swimlanes, &[API[5]])]))
}

/// A process whose crash loses the results of all its tests.
pub(super) fn crashed() -> Report {
    const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let rows = NAMES.map(|name| (name, "++++++++++", if name == "k" { "+++++?++++" } else { "+++++!++++" }));
    Report::new(&campaign(&[("shop::api", Harness::Libtest, &rows)]))
}

/// Runs in which all tests fail at once, and a broken test.
pub(super) fn together() -> Report {
    const ROWS: [Row; 5] = [
        ("opens", "++++++++++", "+++-++++-+"),
        ("reads", "++++++++++", "+++-++++-+"),
        ("writes", "++++++++++", "+++-++++-+"),
        ("closes", "++++++-+++", "+++-++++++"),
        ("is_broken", "----------", "----------"),
    ];
    Report::new(&campaign(&[("shop::api", Harness::Swimlanes, &ROWS)]))
}

/// A campaign that was interrupted after five of 20 runs.
pub(super) fn interrupted() -> Report {
    let mut campaign = campaign(&[("shop::api", Harness::Swimlanes, &[API[0], API[5]])]);
    campaign.done.truncate(6);
    campaign.is_interrupted = true;
    if let Some(last) = campaign.done.last_mut() {
        (last.outcome, last.end) = (Outcome::Interrupted, RunEnd::Interrupted);
        last.results = vec![TestResult::Lost, TestResult::Lost];
    }
    Report::new(&campaign)
}

fn campaign(suites: &[(&str, Harness, &[Row])]) -> Campaign {
    let (runs, levels, seed) = (10, vec![1, 4], 7);
    let planned = plan(suites.len(), runs, &levels, seed);
    let mut seen = vec![[0, 0]; suites.len()];
    let done = planned.iter().map(|&planned| {
        let at_level = usize::from(planned.level == 4);
        let n = &mut seen[planned.suite][at_level];
        let letters: Vec<char> =
            suites[planned.suite].2.iter().filter_map(|row| [row.1, row.2][at_level].chars().nth(*n)).collect();
        *n += 1;
        run(planned, &letters, *n)
    });
    let done = done.collect();
    Campaign {
        seed,
        runs,
        levels,
        order: Order::Shuffled,
        started: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        took: Duration::from_millis(12_345),
        suites: suites.iter().map(|(name, harness, rows)| suite(name, *harness, rows)).collect(),
        left_out: Vec::new(),
        n_planned: planned.len(),
        done,
        is_interrupted: false,
        build_words: vec!["--features".to_owned(), "till".to_owned()],
        suite_arguments: Vec::new(),
    }
}

fn suite(name: &str, harness: Harness, rows: &[Row]) -> Suite {
    let (package, target, kind) = match name.split_once("::") {
        Some((package, target)) => (package, target, "test"),
        None => (name, name, "lib"),
    };
    let binary = Binary {
        name: name.to_owned(),
        package: package.to_owned(),
        target: target.to_owned(),
        kind: kind.to_owned(),
        ..Binary::default()
    };
    let tests = rows.iter().map(|row| row.0.to_owned()).collect();
    Suite { binary, harness, tests, ignored: 0, not_selected: 0, narrowing: Narrowing::None }
}

fn run(planned: crate::stability::model::PlannedRun, letters: &[char], n: usize) -> Run {
    let results = letters.iter().enumerate().map(|(test, letter)| match letter {
        '+' => TestResult::Passed,
        '-' if test == 0 && n.is_multiple_of(3) => failure("it was still locked after 5s", None),
        '-' => failure(&format!("assertion `left == right` failed\n  left: {n}\n right: 4"), Some("tests/api.rs:17:5")),
        's' => TestResult::Skipped,
        _ => TestResult::Lost,
    });
    let results: Vec<TestResult> = results.collect();
    let suspects = letters.iter().enumerate().filter(|(_, letter)| **letter == '?').map(|(ix, _)| ix).collect();
    let is_crash = results.contains(&TestResult::Lost);
    let is_failure = results.iter().any(TestResult::is_failure);
    let (outcome, end) = match (is_crash, is_failure) {
        (true, _) => (Outcome::Crashed, RunEnd::Signalled { signal: 6 }),
        (false, true) => (Outcome::Failed, RunEnd::Exited { code: 101 }),
        (false, false) => (Outcome::Passed, RunEnd::Exited { code: 0 }),
    };
    let last_words = if is_crash { "fatal runtime error: stack overflow, aborting".to_owned() } else { String::new() };
    let took = Duration::from_millis(250);
    Run { planned, outcome, end, took, results, suspects, remarks: Vec::new(), last_words }
}

fn failure(message: &str, location: Option<&str>) -> TestResult {
    let (message, location) = (message.to_owned(), location.map(str::to_owned));
    TestResult::Failed(Failure { message, location, passed_later: false })
}
