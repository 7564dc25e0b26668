//! Runs the contenders of a scenario in turns, and measures the time of each whole process.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::NamedTempFile;

use crate::dev::bench::check_output::wrong_lines;
use crate::dev::bench::machine;
use crate::dev::bench::package::{BuiltSuites, SuitePackage, answer};
use crate::dev::bench::spec::{Arguments, Contender, Repetition, Runner, Scenario};
use crate::dev::bench::suite::BenchSuite;
use crate::dev::bench::tags;

/// The times of one contender in each round.
#[derive(Debug, Clone, Default)]
pub(super) struct Times(pub(super) Vec<Duration>);

/// The results of one contender.
#[derive(Debug, Clone, Default)]
pub(super) struct Measurement {
    pub(super) took: Times,
    /// The CPU time of its processes in all rounds, if the system reports it.
    pub(super) cpu: Option<Duration>,
    /// The number of wrong lines in all rounds, if it shows lines.
    pub(super) wrong_lines: Option<u32>,
}

/// Environment variables for all contenders except those that start their own server.
pub(super) type Variables = [(&'static str, OsString)];

/// The result of one run.
struct Sample {
    took: Duration,
    cpu: Option<Duration>,
    wrong_lines: Option<u32>,
}

impl Measurement {
    fn add(&mut self, run: Sample) {
        self.took.0.push(run.took);
        if let Some(cpu) = run.cpu {
            *self.cpu.get_or_insert_default() += cpu;
        }
        if let Some(wrong) = run.wrong_lines {
            *self.wrong_lines.get_or_insert_default() += wrong;
        }
    }

    /// The share of one core that it used; `None` if the system does not report it.
    pub(super) fn core_share(&self) -> Option<f64> {
        let took: Duration = self.took.0.iter().sum();
        self.cpu.map(|cpu| cpu.as_secs_f64() / took.as_secs_f64())
    }
}

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

/// Measures each contender.
///
/// Rounds are interleaved, and each round begins with another contender, so other load on the machine affects all of them equally.
pub(super) fn measure(
    package: &SuitePackage,
    built: &BuiltSuites,
    scenario: Scenario,
    suite: &BenchSuite,
    contenders: &[Contender],
    rounds: usize,
    variables: &Variables,
) -> anyhow::Result<Vec<Measurement>> {
    let runs = |contender: &Contender| match contender.runs {
        Repetition::EachRound => rounds,
        Repetition::Once => 1,
    };
    let n_cases: Vec<usize> = contenders
        .iter()
        .map(|contender| n_cases(package, built, scenario, suite, contender))
        .collect::<anyhow::Result<_>>()?;
    let bar = ProgressBar::new(contenders.iter().map(runs).sum::<usize>() as u64);
    bar.set_style(ProgressStyle::with_template("{pos}/{len} {msg}")?);
    let mut measured = vec![Measurement::default(); contenders.len()];
    for round in 0..rounds {
        for turn in 0..contenders.len() {
            let ix = (round + turn) % contenders.len();
            let contender = &contenders[ix];
            if round > 0 && contender.runs == Repetition::Once {
                continue;
            }
            bar.set_message(contender.name);
            let mut command = command(package, built, scenario, suite, contender);
            if contender.runner != Runner::OwnServer {
                command.envs(variables.iter().map(|(name, value)| (name, value)));
            }
            let run = run(command, contender.runner, suite, n_cases[ix])
                .with_context(|| format!("{} in scenario {}", contender.name, scenario.word()))?;
            measured[ix].add(run);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(measured)
}

fn command(
    package: &SuitePackage,
    built: &BuiltSuites,
    scenario: Scenario,
    suite: &BenchSuite,
    contender: &Contender,
) -> Command {
    let target = scenario.target(contender.dialect);
    let workers = suite.workers.to_string();
    let by_itself = |flags: &[&str]| {
        let mut command = package.command(&built.executables[&target]);
        command.args(["--test-threads", &workers]).args(flags);
        command
    };
    match contender.runner {
        Runner::Itself(flags) => by_itself(flags),
        Runner::OwnServer => by_itself(&[]),
        Runner::Shown(flags) => {
            let mut command = by_itself(flags);
            command.arg("--show-output");
            command
        }
        Runner::Uncaptured => by_itself(&["--nocapture"]),
        Runner::Nextest(profile) => {
            let mut command = package.cargo(&["nextest", "run", "--user-config-file", "none", "--color", "never"]);
            command.args(["--profile", profile, "--test-threads", &workers]);
            command.args(["-E", &format!("binary(={target})")]);
            command.arg("--binaries-metadata").arg(&built.binaries).arg("--cargo-metadata").arg(&built.metadata);
            command
        }
        Runner::Own(Arguments { workers, only }) => {
            let mut command = package.command(&built.executables[&target]);
            command.args(["--test-threads", workers]).args(only);
            command
        }
        Runner::Made(tagging, _) => {
            let mut command = by_itself(&[]);
            let n_tests = tags::n_tests(suite, contender).to_string();
            command.env(tags::N_TESTS, n_tests).env(tags::TAGGING, tags::tags(tagging).0);
            command
        }
    }
}

/// The number of tests that must pass.
fn n_cases(
    package: &SuitePackage,
    built: &BuiltSuites,
    scenario: Scenario,
    suite: &BenchSuite,
    contender: &Contender,
) -> anyhow::Result<usize> {
    if !matches!(contender.runner, Runner::Own(_)) {
        return Ok(tags::n_tests(suite, contender));
    }
    let mut command = command(package, built, scenario, suite, contender);
    let listed = String::from_utf8(answer(command.args(["--list", "--format", "terse"]))?)?;
    Ok(n_listed(&listed))
}

/// Counts the tests in a list with a line such as `name: test` for each.
fn n_listed(listed: &str) -> usize {
    listed.lines().filter(|line| line.ends_with(": test")).count()
}

/// Runs the process and measures it. A run in which a test did not pass is an error.
fn run(mut command: Command, runner: Runner, suite: &BenchSuite, n_cases: usize) -> anyhow::Result<Sample> {
    // A file and not a pipe: the reader of a pipe would use CPU time during the measurement.
    let mut output = tempfile::tempfile().context("cannot make a file for the output")?;
    command.stdout(output.try_clone()?).stderr(output.try_clone()?);
    let log = NamedTempFile::new().context("cannot make a file for the results")?;
    if runner == Runner::Uncaptured {
        command.stdout(Stdio::null()).arg("--logfile").arg(log.path());
    }
    let before = machine::cpu_of_children();
    let started = Instant::now();
    let status = command.spawn().and_then(|mut child| child.wait());
    let took = started.elapsed();
    let cpu = machine::cpu_of_children().zip(before).map(|(now, before)| now.saturating_sub(before));
    let status = status.context("cannot run it")?;
    let output = read(&mut output)?;
    let passed = match runner {
        Runner::Uncaptured => Some(logged(log.path())?),
        Runner::Itself(_)
        | Runner::OwnServer
        | Runner::Shown(_)
        | Runner::Nextest(_)
        | Runner::Own(_)
        | Runner::Made(..) => passed(&output, runner),
    };
    ensure!(
        status.success() && passed == Some(n_cases),
        "ended with {status}, and reported {passed:?} passed tests instead of {n_cases}:\n{}",
        end(&output)
    );
    let wrong_lines = matches!(runner, Runner::Shown(_)).then(|| wrong_lines(&output, suite));
    Ok(Sample { took, cpu, wrong_lines })
}

/// The number of tests that passed, from a file with a line for each.
fn logged(log: &Path) -> anyhow::Result<usize> {
    let log = fs::read_to_string(log).context("cannot read the results")?;
    Ok(log.lines().filter(|line| line.starts_with("ok ")).count())
}

fn read(output: &mut File) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The number of tests that passed, from the summary: the line of libtest, which libtest-mimic and swimlanes write too, or that of
/// cargo-nextest.
fn passed(output: &str, runner: Runner) -> Option<usize> {
    let before = match runner {
        Runner::Itself(_)
        | Runner::OwnServer
        | Runner::Shown(_)
        | Runner::Uncaptured
        | Runner::Own(_)
        | Runner::Made(..) => "test result: ok. ",
        Runner::Nextest(_) => " run: ",
    };
    let (_, rest) = output.rsplit_once(before)?;
    rest.split_once(" passed")?.0.parse().ok()
}

/// The last lines.
fn end(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_passed(output: &str, runner: Runner, expected: Option<usize>) {
        assert_eq!(passed(output, runner), expected, "{output}");
    }

    #[test]
    fn passed_tests_are_read_from_the_summary() {
        let line = "test result: ok. 241 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.5s\n\n";
        check_passed(&format!("test t1 ... ok\n\n{line}"), Runner::Itself(&[]), Some(241));
        check_passed("test result: FAILED. 3 passed; 1 failed; 0 ignored", Runner::Itself(&[]), None);
        check_passed("test t1 ... ok\n", Runner::Itself(&[]), None);
        let line = "------------\n     Summary [   0.004s] 1 test run: 1 passed, 0 skipped\n";
        check_passed(line, Runner::Nextest("default"), Some(1));
        let line = "     Summary [   2.1s] 1000 tests run: 999 passed (1 slow), 1 failed, 0 skipped\n";
        check_passed(line, Runner::Nextest("default"), Some(999));
    }

    #[test]
    fn listed_tests_are_counted() {
        assert_eq!(n_listed("load::crowd: test\nserver::answers: test\n"), 2);
        assert_eq!(n_listed(""), 0);
    }

    #[track_caller]
    fn check_median(milliseconds: &[u64], expected: u64) {
        let times = Times(milliseconds.iter().map(|&ms| Duration::from_millis(ms)).collect());
        assert_eq!(times.median(), Duration::from_millis(expected));
    }

    #[test]
    fn median_is_the_middle_of_the_sorted_times() {
        check_median(&[5], 5);
        check_median(&[9, 1, 5], 5);
        check_median(&[9, 1, 5, 7], 6);
    }
}
