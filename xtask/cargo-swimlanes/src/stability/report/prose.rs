//! The sentences of a report, shared by the terminal and Markdown reports.

use std::time::Duration;

use super::content::{Difference, FailureMessage, Report, RunPart, SuitePart, TestPart};
use crate::stability::model::{ExcludedSuite, Outcome};
use crate::stability::options::Order;
use crate::stability::stats::{about, chance_to_see, percent, upper_bound};
use crate::stability::verdict::{FlakyPolicy, Verdict};
use crate::suite::binary::{Harness, RunEnd};

/// The maximum number of distinct messages that are printed for a test.
pub(super) const MAX_MESSAGES: usize = 3;

/// The maximum number of lines that are printed of a message.
const MAX_LINES: usize = 8;

/// The maximum number of lost tests of a suite that are listed.
const MAX_LOST: usize = 10;

/// Runs of a suite with the same problem.
pub(super) struct RunProblem<'a> {
    pub(super) first: &'a RunPart,
    pub(super) headline: String,
    /// The tests that were running at that time, and in how many of the runs, as far as is known.
    pub(super) suspects: Option<String>,
}

/// The sentence about the campaign.
pub(super) fn campaign(report: &Report) -> String {
    let about = &report.campaign;
    let n_tests: usize = report.suites.iter().map(|suite| suite.tests).sum();
    let levels: Vec<String> = about.levels.iter().map(u32::to_string).collect();
    let is_plain = |suite: &SuitePart| suite.harness == Harness::Libtest;
    let order = match about.order {
        Order::Listed => "in listed order",
        Order::Shuffled if report.suites.iter().all(is_plain) => "in listed order",
        Order::Shuffled if report.suites.iter().any(is_plain) => "shuffled where the harness can",
        Order::Shuffled => "shuffled",
    };
    let took = humantime::format_duration(Duration::from_secs(about.took_s.round() as u64));
    let what = format!("{} with {}", counted(report.suites.len(), "suite"), counted(n_tests, "test"));
    let workers = if about.levels == [1] { "worker" } else { "workers" };
    let how = format!("{} each at {} {workers}", counted(about.runs as usize, "run"), listed(&levels));
    format!("{what}, {how}, {order}, seed {}, {took}.", about.seed)
}

/// The sentence about the interruption, if there was one.
pub(super) fn interruption(report: &Report) -> Option<String> {
    let about = &report.campaign;
    about.interrupted.then(|| {
        let cut = report.runs.iter().any(|run| run.outcome == Outcome::Interrupted);
        let cut = if cut { " The run that was cut short does not count." } else { "" };
        format!("Interrupted after {} of {} runs.{cut}", about.counted_runs, about.planned_runs)
    })
}

/// The sentence about an excluded binary.
pub(super) fn left_out(left_out: &ExcludedSuite) -> String {
    format!("{} is left out, as it is not a test suite that can be listed: {}.", left_out.suite, left_out.why)
}

/// "2/10": failures and runs of the test at a level.
pub(super) fn at_level(test: &TestPart, ix: usize) -> String {
    let tally = test.levels[ix].tally;
    match tally.judged() {
        0 => "–".to_owned(),
        judged => format!("{}/{judged}", tally.failed),
    }
}

/// "6.7 % (1.8–21 %)", or the number of lost results.
pub(super) fn rate(test: &TestPart) -> String {
    match (test.rate, test.interval) {
        (Some(rate), Some(interval)) => {
            let low = about(interval.low);
            format!("{} ({}–{})", about(rate), low.trim_end_matches(" %"), about(interval.high))
        }
        _ => format!("lost in {} of {}", test.total.lost, counted(test.total.runs as usize, "run")),
    }
}

/// "failed in 7 of 30 runs: 23 % (12–41 %)", and further details.
pub(super) fn finding(test: &TestPart) -> String {
    let total = test.total;
    let mut text = format!("failed in {} of {}: {}", total.failed, counted(total.judged() as usize, "run"), rate(test));
    if total.lost > 0 {
        text += &format!("; lost in {} more", total.lost);
    }
    if let Some(difference) = test.differs_by_level {
        text += &format!("; {}", differs(test, difference));
    }
    text
}

fn differs(test: &TestPart, difference: Difference) -> String {
    let share = |level: u32| {
        let ix = test.levels.iter().position(|part| part.level == level);
        ix.map(|ix| at_level(test, ix)).unwrap_or_default()
    };
    let [a, b] = difference.levels;
    let p = if difference.p < 0.0001 { "p < 0.0001".to_owned() } else { format!("p = {:.4}", difference.p) };
    format!("differs by level, {} at {a} and {} at {b} ({p}, Fisher, adjusted)", share(a), share(b))
}

/// "7 times, first at level 4 with seed 81273", and the location.
pub(super) fn circumstances(message: &FailureMessage) -> String {
    let count = message.count;
    let times = if count == 1 { "once,".to_owned() } else { format!("{count} times, first") };
    let place = message.location.as_ref().map(|location| format!(" ({location})")).unwrap_or_default();
    let later = match message.passed_later {
        0 => String::new(),
        n if n == count => "; passed in a retry".to_owned(),
        n => format!("; {n} of them passed in a retry"),
    };
    format!("{times} {}{place}{later}", at(message.level, message.seed))
}

fn at(level: u32, seed: Option<u64>) -> String {
    let seed = seed.map(|seed| format!(" with seed {seed}")).unwrap_or_default();
    format!("at level {level}{seed}")
}

/// The first lines of the first message.
pub(super) fn excerpt(message: &FailureMessage) -> Vec<&str> {
    let mut lines: Vec<&str> = message.first.lines().take(MAX_LINES).collect();
    if message.first.lines().count() > MAX_LINES {
        lines.push("…");
    }
    lines
}

/// The unstable tests of a suite, the worst first. Only the first few lost tests are included, since a process that ends can lose hundreds.
pub(super) fn unstable<'a>(report: &'a Report, suite: &SuitePart) -> Vec<&'a TestPart> {
    let suite_tests = |verdict| report.with(verdict).filter(|test| test.suite == suite.name);
    let mut flaky: Vec<&TestPart> = suite_tests(Verdict::Flaky).collect();
    flaky.sort_by(|a, b| b.rate.unwrap_or(0.0).total_cmp(&a.rate.unwrap_or(0.0)));
    let mut lost: Vec<&TestPart> = suite_tests(Verdict::Lost).collect();
    lost.sort_by_key(|test| std::cmp::Reverse((test.suspected, test.total.lost)));
    lost.truncate(MAX_LOST);
    flaky.into_iter().chain(suite_tests(Verdict::Broken)).chain(lost).collect()
}

/// The problems of whole runs, grouped if they are the same.
pub(super) fn problems(report: &Report) -> Vec<RunProblem<'_>> {
    let mut groups: Vec<Vec<&RunPart>> = Vec::new();
    for run in report.runs.iter().filter(|run| run.outcome.is_fault()) {
        let is_same = |other: &&RunPart| {
            (&other.suite, other.outcome, other.end, &other.remarks) == (&run.suite, run.outcome, run.end, &run.remarks)
        };
        match groups.iter_mut().find(|group| group.first().is_some_and(is_same)) {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    groups.into_iter().filter_map(|group| problem(report, &group)).collect()
}

fn problem<'a>(report: &Report, group: &[&'a RunPart]) -> Option<RunProblem<'a>> {
    let first = *group.first()?;
    let n_runs = report.suites.iter().find(|suite| suite.name == first.suite).map_or(0, |suite| suite.counted_runs);
    let what = first.outcome.word();
    let mut headline = format!("{} {what} in {} of {}", first.suite, group.len(), counted(n_runs as usize, "run"));
    // A remark on the end of the process describes how it ended.
    if first.remarks.is_empty() && first.end != RunEnd::TimedOut {
        headline += &format!(": it {}", first.end);
    }
    let lost: usize = group.iter().map(|run| run.lost).sum();
    if lost > 0 {
        headline += &format!("; {} lost", counted(lost, "result"));
    }
    let mut suspects: Vec<(String, usize)> = Vec::new();
    for name in group.iter().flat_map(|run| &run.suspects) {
        match suspects.iter_mut().find(|(known, _)| known == name) {
            Some((_, n)) => *n += 1,
            None => suspects.push((name.clone(), 1)),
        }
    }
    suspects.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let suspects = suspects.iter().map(|(name, n)| format!("{name} ({})", counted(*n, "run")));
    let suspects: Vec<String> = suspects.collect();
    // Events are written a little after they happen, so the last ones may be lost with the process.
    let known = "last seen running, as far as the record goes";
    let suspects = (!suspects.is_empty()).then(|| format!("{known}: {}", listed(&suspects)));
    Some(RunProblem { first, headline, suspects })
}

/// The sentences about all tests together: which are stable, what the campaign could not detect, which did not run.
pub(super) fn summary(report: &Report) -> Vec<String> {
    let mut sentences = Vec::new();
    sentences.extend(stable(report));
    sentences.extend(power(report));
    sentences.extend(together(report));
    sentences.extend(lost(report));
    let n_skipped = report.with(Verdict::Skipped).count();
    let n_ignored: usize = report.suites.iter().map(|suite| suite.ignored).sum();
    let n_not_selected: usize = report.suites.iter().map(|suite| suite.not_selected).sum();
    let n_not_run = report.with(Verdict::NotRun).count();
    let others = [
        (n_skipped, "skipped in every run"),
        (n_ignored, "ignored"),
        (n_not_selected, "not selected"),
        (n_not_run, "not run before the interruption"),
    ];
    let others: Vec<String> =
        others.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", counted(*n, "test"))).collect();
    if !others.is_empty() {
        sentences.push(format!("Nothing is known of {}.", listed(&others)));
    }
    sentences
}

/// The upper bounds of the stable tests: one for those with the most runs, and one for the others.
fn stable(report: &Report) -> Vec<String> {
    let Some(most) = report.with(Verdict::Stable).map(|test| test.total.passed).max() else { return Vec::new() };
    let runs = report.with(Verdict::Stable).map(|test| test.total.passed);
    let (full, fewer): (Vec<u32>, Vec<u32>) = runs.partition(|&runs| runs == most);
    let sentence = |n: usize, runs: &str, least: u32| {
        let (is, each) = if n == 1 { ("is", "") } else { ("are", " each") };
        let bound = percent(upper_bound(least));
        format!("{} {is} stable in {runs}{each}: failure rate below {bound} (95 %).", counted(n, "test"))
    };
    let mut sentences = vec![sentence(full.len(), &counted(most as usize, "run"), most)];
    if let (Some(&least), Some(&greatest)) = (fewer.iter().min(), fewer.iter().max()) {
        let runs = match least == greatest {
            true => counted(least as usize, "run"),
            false => format!("{least} to {greatest} runs"),
        };
        sentences.push(sentence(fewer.len(), &format!("only {runs}"), least));
    }
    sentences
}

/// The flakes that a campaign of this size detects, for a test that has a result in every run.
fn power(report: &Report) -> Option<String> {
    let best = report.with(Verdict::Stable).max_by_key(|test| test.total.passed)?;
    let seen = |rate, runs| percent(chance_to_see(rate, runs));
    let runs = best.total.passed;
    let (five, one) = (seen(0.05, runs), seen(0.01, runs));
    let mut text = format!("A 5 % flake would have been seen with a chance of {five}, a 1 % flake with {one}");
    let highest = best.levels.iter().max_by_key(|part| part.level)?;
    let runs = highest.tally.passed;
    if best.levels.len() > 1 && runs > 0 {
        let (level, five, one) = (highest.level, seen(0.05, runs), seen(0.01, runs));
        text += &format!("; one that needs {level} workers, with {five} and {one}");
    }
    Some(text + ".")
}

fn together(report: &Report) -> Option<String> {
    let runs = report.together.iter();
    let runs = runs.map(|run| format!("{} of {} {}", counted(run.failed, "test"), run.suite, at(run.level, run.seed)));
    let runs: Vec<String> = runs.collect();
    let what = match runs.len() {
        0 => return None,
        1 => "In 1 run so many tests failed together that they probably have one cause".to_owned(),
        n => format!("In {n} runs so many tests failed together that the failures of each run probably have one cause"),
    };
    Some(format!("{what}: {}.", listed(&runs)))
}

/// The number of lost tests that do not fit in the list of unstable tests.
fn lost(report: &Report) -> Option<String> {
    let suite_tests = |suite: &SuitePart| report.with(Verdict::Lost).filter(|test| test.suite == suite.name).count();
    match report.suites.iter().map(|suite| suite_tests(suite).saturating_sub(MAX_LOST)).sum() {
        0 => None,
        1 => Some("1 more test never failed, but some runs ended before its result.".to_owned()),
        n => Some(format!("{n} more tests never failed, but some runs ended before their results.")),
    }
}

/// The result in a few words.
pub(super) fn headline(report: &Report) -> String {
    let counts = Verdict::ALL.into_iter().map(|verdict| (report.with(verdict).count(), verdict));
    let bad = counts.filter(|(n, verdict)| *n > 0 && verdict.is_red(FlakyPolicy::Fail));
    let mut bad: Vec<String> = bad.map(|(n, verdict)| format!("{n} {}", verdict.word())).collect();
    let n_faults = report.runs.iter().filter(|run| run.outcome.is_fault()).count();
    if n_faults > 0 {
        bad.push(format!("{} gone wrong", counted(n_faults, "run")));
    }
    if !report.faults.is_empty() {
        bad.push("a report that contradicts itself".to_owned());
    }
    match report.campaign.counted_runs {
        0 => "no run went to its end".to_owned(),
        _ if bad.is_empty() => "no failure seen".to_owned(),
        _ => listed(&bad),
    }
}

/// "1 run", "2 runs"
pub(super) fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// "a", "a and b", "a, b and c"
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}
