//! Runs the rivals of a scenario in turn, and takes the time of each whole process.

use std::fs::File;
use std::io::{Read, Seek};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};

use crate::house::bench::package::{Built, Package};
use crate::house::bench::scenario::{Rival, Runner, Runs, Scenario};
use crate::house::bench::suite::Suite;

/// What one rival took in each round.
#[derive(Debug, Clone)]
pub(super) struct Times(pub(super) Vec<Duration>);

impl Times {
    pub(super) fn median(&self) -> Duration {
        let sorted = self.sorted();
        let (below, above) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        (below + above) / 2
    }

    pub(super) fn shortest(&self) -> Duration {
        self.sorted()[0]
    }

    pub(super) fn longest(&self) -> Duration {
        self.sorted()[self.0.len() - 1]
    }

    fn sorted(&self) -> Vec<Duration> {
        let mut sorted = self.0.clone();
        sorted.sort();
        sorted
    }
}

/// What each rival took.
///
/// Rounds are interleaved, and in each round another rival is the first: what else the machine does meets all alike.
pub(super) fn measure(
    package: &Package,
    built: &Built,
    scenario: Scenario,
    suite: &Suite,
    rivals: &[Rival],
    rounds: usize,
) -> anyhow::Result<Vec<Times>> {
    let runs = |rival: &Rival| match rival.runs {
        Runs::EachRound => rounds,
        Runs::Once => 1,
    };
    let bar = ProgressBar::new(rivals.iter().map(runs).sum::<usize>() as u64);
    bar.set_style(ProgressStyle::with_template("{pos}/{len} {msg}")?);
    let mut times = vec![Times(Vec::with_capacity(rounds)); rivals.len()];
    for round in 0..rounds {
        for turn in 0..rivals.len() {
            let ix = (round + turn) % rivals.len();
            let rival = &rivals[ix];
            if round > 0 && rival.runs == Runs::Once {
                continue;
            }
            bar.set_message(rival.name);
            let command = command(package, built, scenario, suite, rival);
            let took = run(command, rival.runner, suite.cases.len())
                .with_context(|| format!("{} in scenario {}", rival.name, scenario.letter()))?;
            times[ix].0.push(took);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(times)
}

fn command(package: &Package, built: &Built, scenario: Scenario, suite: &Suite, rival: &Rival) -> Command {
    let target = scenario.target(rival.dialect);
    let workers = suite.workers.to_string();
    match rival.runner {
        Runner::Itself => {
            let mut command = package.command(&built.executables[&target]);
            command.args(["--test-threads", &workers]);
            command
        }
        Runner::Isolated(isolation) => {
            let mut command = package.command(&built.executables[&target]);
            command.args(["--test-threads", &workers, "--isolation", isolation]);
            command
        }
        Runner::Nextest(profile) => {
            let mut command = package.cargo(&["nextest", "run", "--user-config-file", "none", "--color", "never"]);
            command.args(["--profile", profile, "--test-threads", &workers]);
            command.args(["-E", &format!("binary(={target})")]);
            command.arg("--binaries-metadata").arg(&built.binaries).arg("--cargo-metadata").arg(&built.metadata);
            command
        }
    }
}

/// How long the process took. A run that did not pass every test was no run.
fn run(mut command: Command, runner: Runner, n_cases: usize) -> anyhow::Result<Duration> {
    // A file and not a pipe: whoever reads a pipe would have to share the machine with what is measured.
    let mut output = tempfile::tempfile().context("cannot make a file for the output")?;
    command.stdout(output.try_clone()?).stderr(output.try_clone()?);
    let started = Instant::now();
    let status = command.spawn().and_then(|mut child| child.wait());
    let took = started.elapsed();
    let status = status.context("cannot run it")?;
    let told = read(&mut output)?;
    let passed = passed(&told, runner);
    ensure!(
        status.success() && passed == Some(n_cases),
        "ended with {status}, and told of {passed:?} passed tests instead of {n_cases}:\n{}",
        end(&told)
    );
    Ok(took)
}

fn read(output: &mut File) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// How many tests passed, as the summary says: libtest's line, which libtest-mimic and we write too, or that of
/// cargo-nextest.
fn passed(told: &str, runner: Runner) -> Option<usize> {
    let before = match runner {
        Runner::Itself | Runner::Isolated(_) => "test result: ok. ",
        Runner::Nextest(_) => " run: ",
    };
    let (_, rest) = told.rsplit_once(before)?;
    rest.split_once(" passed")?.0.parse().ok()
}

/// The last lines.
fn end(told: &str) -> String {
    let lines: Vec<&str> = told.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_passed(told: &str, runner: Runner, expected: Option<usize>) {
        assert_eq!(passed(told, runner), expected, "{told}");
    }

    #[test]
    fn the_summary_says_how_many_passed() {
        let line = "test result: ok. 241 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.5s\n\n";
        check_passed(&format!("test t1 ... ok\n\n{line}"), Runner::Itself, Some(241));
        check_passed("test result: FAILED. 3 passed; 1 failed; 0 ignored", Runner::Itself, None);
        check_passed("test t1 ... ok\n", Runner::Itself, None);
        let line = "------------\n     Summary [   0.004s] 1 test run: 1 passed, 0 skipped\n";
        check_passed(line, Runner::Nextest("default"), Some(1));
        let line = "     Summary [   2.1s] 1000 tests run: 999 passed (1 slow), 1 failed, 0 skipped\n";
        check_passed(line, Runner::Nextest("default"), Some(999));
    }

    #[track_caller]
    fn check_median(milliseconds: &[u64], expected: u64) {
        let times = Times(milliseconds.iter().map(|&ms| Duration::from_millis(ms)).collect());
        assert_eq!(times.median(), Duration::from_millis(expected));
    }

    #[test]
    fn a_median_is_in_the_middle_of_the_sorted_times() {
        check_median(&[5], 5);
        check_median(&[9, 1, 5], 5);
        check_median(&[9, 1, 5, 7], 6);
    }
}
