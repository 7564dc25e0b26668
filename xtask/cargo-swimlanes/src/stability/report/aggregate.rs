//! Makes the report of a campaign from its runs: counts and statistics.

use std::collections::HashMap;

use super::content::{
    CampaignPart, Difference, FailureMessage, JointFailure, LevelPart, Report, RerunCommands, RunPart, SuitePart,
    TestPart, UpperBound, VERSION,
};
use super::ledger;
use crate::stability::command::{run_again, test_again};
use crate::stability::model::{Campaign, Run, Suite, TestResult};
use crate::stability::normalize::normalize;
use crate::stability::stats::{self, CONFIDENCE, SIGNIFICANT, Share};
use crate::stability::verdict::{Tally, Verdict};

impl Report {
    /// Counts the results.
    pub(in crate::stability) fn new(campaign: &Campaign) -> Self {
        let runs_of = |suite: usize| {
            let runs = campaign.done.iter().filter(move |run| run.planned.suite == suite && run.outcome.counts());
            runs.collect::<Vec<&Run>>()
        };
        let by_suite: Vec<Vec<&Run>> = (0..campaign.suites.len()).map(runs_of).collect();
        let mut tests: Vec<TestPart> = by_suite
            .iter()
            .enumerate()
            .flat_map(|(suite, runs)| {
                (0..campaign.suites[suite].tests.len()).map(move |test| test_part(campaign, suite, test, runs))
            })
            .collect();
        note_differences(&mut tests);
        let suites: Vec<SuitePart> =
            by_suite.iter().enumerate().map(|(suite, runs)| suite_part(campaign, suite, runs)).collect();
        let faults = ledger::faults(&suites, &tests);
        let together = together(campaign, &by_suite, &tests);
        let runs = campaign.done.iter().map(|run| run_part(campaign, run)).collect();
        let left_out = campaign.left_out.clone();
        Self { version: VERSION, campaign: about(campaign), suites, left_out, tests, runs, together, faults }
    }
}

fn about(campaign: &Campaign) -> CampaignPart {
    let time = |time| humantime::format_rfc3339_seconds(time).to_string();
    CampaignPart {
        seed: campaign.seed,
        runs: campaign.runs,
        levels: campaign.levels.clone(),
        order: campaign.order,
        started: time(campaign.started),
        finished: time(campaign.started + campaign.took),
        took_s: seconds(campaign.took),
        planned_runs: campaign.n_planned,
        counted_runs: campaign.done.iter().filter(|run| run.outcome.counts()).count(),
        interrupted: campaign.is_interrupted,
    }
}

/// Milliseconds are enough for reports.
fn seconds(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

fn suite_part(campaign: &Campaign, suite: usize, runs: &[&Run]) -> SuitePart {
    let suite = &campaign.suites[suite];
    let mut results = Tally::default();
    runs.iter().flat_map(|run| &run.results).for_each(|result| results.add(result));
    SuitePart {
        name: suite.binary.name.clone(),
        package: suite.binary.package.clone(),
        target: suite.binary.target.clone(),
        kind: suite.binary.kind.clone(),
        harness: suite.harness,
        tests: suite.tests.len(),
        ignored: suite.ignored,
        not_selected: suite.not_selected,
        counted_runs: runs.len() as u32,
        results,
    }
}

fn test_part(campaign: &Campaign, suite: usize, test: usize, runs: &[&Run]) -> TestPart {
    let levels = campaign.levels.iter().map(|&level| {
        let mut tally = Tally::default();
        runs.iter().filter(|run| run.planned.level == level).for_each(|run| tally.add(&run.results[test]));
        LevelPart { level, tally }
    });
    let levels: Vec<LevelPart> = levels.collect();
    let total = levels.iter().fold(Tally::default(), |sum, level| sum.plus(level.tally));
    let share = Share::new(total.failed, total.judged());
    let failing = share.filter(|_| total.failed > 0);
    let clean = share.filter(|_| total.failed == 0);
    let name = &campaign.suites[suite].tests[test];
    let bad = runs.iter().find(|run| run.results[test].is_failure());
    let bad = bad.or_else(|| runs.iter().find(|run| run.results[test] == TestResult::Lost));
    TestPart {
        suite: campaign.suites[suite].binary.name.clone(),
        name: name.clone(),
        verdict: total.verdict(),
        levels,
        total,
        rate: failing.map(Share::rate),
        interval: failing.map(Share::wilson),
        exact_interval: failing.map(Share::clopper_pearson),
        upper_bound: clean.map(|_| UpperBound { value: stats::upper_bound(total.passed), confidence: CONFIDENCE }),
        differs_by_level: None,
        messages: messages(&campaign.suites[suite], test, runs),
        suspected: runs.iter().filter(|run| run.suspects.contains(&test)).count() as u32,
        again: bad.map(|run| RerunCommands {
            run: run_again(campaign, &run.planned),
            alone: test_again(campaign, &run.planned, name),
        }),
    }
}

/// The distinct messages of a test's failures, the most frequent first.
fn messages(suite: &Suite, test: usize, runs: &[&Run]) -> Vec<FailureMessage> {
    let mut messages: Vec<FailureMessage> = Vec::new();
    let mut known = HashMap::new();
    for run in runs {
        let TestResult::Failed(failure) = &run.results[test] else { continue };
        let key = (normalize(&failure.message), failure.location.clone());
        let ix = *known.entry(key.clone()).or_insert(messages.len());
        if ix == messages.len() {
            let (message, location) = key;
            let first = failure.message.clone();
            let (level, seed) = (run.planned.level, suite.seed_of(&run.planned));
            messages.push(FailureMessage { message, first, location, count: 0, passed_later: 0, level, seed });
        }
        messages[ix].count += 1;
        messages[ix].passed_later += u32::from(failure.passed_later);
    }
    messages.sort_by_key(|message| std::cmp::Reverse(message.count));
    messages
}

/// Records differences between levels that are significant for this number of tests.
fn note_differences(tests: &mut [TestPart]) {
    let failed: Vec<usize> = (0..tests.len()).filter(|&ix| tests[ix].total.failed > 0).collect();
    let compared: Vec<Option<Difference>> = failed.iter().map(|&ix| difference(&tests[ix])).collect();
    let ps: Vec<f64> = compared.iter().map(|difference| difference.map_or(1.0, |difference| difference.p)).collect();
    for ((ix, difference), p) in failed.into_iter().zip(compared).zip(stats::adjusted(&ps)) {
        tests[ix].differs_by_level =
            difference.filter(|_| p < SIGNIFICANT).map(|difference| Difference { p, ..difference });
    }
}

fn difference(test: &TestPart) -> Option<Difference> {
    let shares =
        test.levels.iter().filter_map(|part| Some((part.level, Share::new(part.tally.failed, part.tally.judged())?)));
    let (levels, shares): (Vec<u32>, Vec<Share>) = shares.unzip();
    let (p, i, j) = stats::most_different(&shares)?;
    Some(Difference { levels: [levels[i], levels[j]], p })
}

fn together(campaign: &Campaign, by_suite: &[Vec<&Run>], tests: &[TestPart]) -> Vec<JointFailure> {
    let mut together = Vec::new();
    let mut first = 0;
    for (suite, runs) in campaign.suites.iter().zip(by_suite) {
        let parts = &tests[first..first + suite.tests.len()];
        first += suite.tests.len();
        for run in runs {
            // A broken test fails in every run, so its failures do not count here.
            let flaky = run.results.iter().zip(parts).filter(|(_, part)| part.verdict == Verdict::Flaky);
            let failed = flaky.filter(|(result, _)| result.is_failure()).count();
            if stats::is_one_event(failed, parts.len()) {
                let (level, seed) = (run.planned.level, suite.seed_of(&run.planned));
                together.push(JointFailure { suite: suite.binary.name.clone(), level, seed, failed });
            }
        }
    }
    together
}

fn run_part(campaign: &Campaign, run: &Run) -> RunPart {
    let suite = &campaign.suites[run.planned.suite];
    let failed = run.results.iter().zip(&suite.tests).filter(|(result, _)| result.is_failure());
    RunPart {
        suite: suite.binary.name.clone(),
        level: run.planned.level,
        seed: suite.seed_of(&run.planned),
        outcome: run.outcome,
        end: run.end,
        took_s: seconds(run.took),
        failed: failed.map(|(_, name)| name.clone()).collect(),
        lost: run.n_lost(),
        suspects: run.suspects.iter().map(|&ix| suite.tests[ix].clone()).collect(),
        remarks: run.remarks.clone(),
        last_words: run.last_words.clone(),
        again: run_again(campaign, &run.planned),
    }
}
