//! The steps of a run: command line, plan, run, report, exit code.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::args;
use crate::cli::configure;
use crate::cli::dropped::DroppedTests;
use crate::cli::fixtures;
use crate::cli::list;
use crate::cli::nextest::{self, Request};
use crate::cli::run_options::{AnnotationFormat, TimeoutOption};
use crate::cli::suite::{self, RuntimeSuite};
use crate::controller::exit_code::{self, Code};
use crate::controller::in_process;
#[cfg(unix)]
use crate::controller::test_host::HostHandle;
#[cfg(unix)]
use crate::controller::test_hosts;
use crate::execution::single_test::SingleTest;
use crate::model::config::{Capture, Isolation, Leak, NoTests, Order, RunConfig, ShardBy};
use crate::model::error::Error;
use crate::model::event::{CaseFinished, Event, RunStarted, SCHEMA, Severity};
use crate::model::protocol::RunInfo;
use crate::model::rerun::RerunCommand;
use crate::model::verdict::Verdict;
use crate::model::worker::Slot;
use crate::os::bazel_files::PrematureExitFile;
use crate::os::clock::Clock;
use crate::os::env::{self, Env, Nextest};
use crate::os::state_dir::StateDir;
use crate::os::sys::{self, ProbeStuck};
use crate::os::{capture, machine, procfs, stdout};
use crate::plan::Plan;
use crate::process::bootstrap::{self, StartedBy};
use crate::process::exit_guard;
use crate::process::orphans;
use crate::report::Reports;
use crate::test_case::case::Case;
use crate::test_case::registry;

/// The `main` of every process of a suite.
pub(crate) fn main(runtime_suite: RuntimeSuite) -> ExitCode {
    // Read before a test can change the working directory.
    env::temporary_directory();
    let words: Vec<OsString> = std::env::args_os().collect();
    #[cfg(unix)]
    match bootstrap::started_by() {
        StartedBy::User => {}
        StartedBy::DeadParent => return Code::Fault.into(),
        StartedBy::Swimlanes => {
            let code = crate::cli::child_main::work(&runtime_suite, &words).unwrap_or_else(|error| {
                stdout::complain(&format!("error: {error}"));
                Code::from_error(&error)
            });
            return code.into();
        }
    }
    let env = Env::read();
    let done = match (nextest::request(&words), &env.nextest) {
        (Some(request), Some(nextest)) => one_of_nextest(&runtime_suite, request, nextest, &words, &env),
        _ => run_for_bazel(&runtime_suite, &words, &env),
    };
    let code = done.unwrap_or_else(|error| {
        stdout::complain(&format!("error: {error}"));
        Code::from_error(&error)
    });
    code.into()
}

/// A run with the files of Bazel, if that has started this process.
fn run_for_bazel(runtime_suite: &RuntimeSuite, words: &[OsString], env: &Env) -> Result<Code, Error> {
    let fail = |(path, cause)| Error::file("make the file for Bazel", path, cause);
    let premature_exit = PrematureExitFile::create(&env.bazel).map_err(fail)?;
    let done = parse_and_run(runtime_suite, words, env);
    premature_exit.remove();
    done
}

fn parse_and_run(runtime_suite: &RuntimeSuite, words: &[OsString], env: &Env) -> Result<Code, Error> {
    let line = match args::parse(words) {
        Ok(line) => line,
        Err(error) => error.exit(),
    };
    let (config, report) = configure::configure(line.flags(), &line.run, env, &runtime_suite.defaults)?;
    let clock = Clock::start();
    // Each process checks the state directory before its first use. Checked here, a fault is one error, and not one for
    // each test.
    let is_run = !line.libtest.list && !line.fixtures;
    let danger = if is_run { StateDir::for_user().check()? } else { None };
    let run = RunInfo {
        id: machine::fresh_run_id().into(),
        seed: config.seed,
        epoch_nanos: clock.epoch_nanos(),
        runner: config.runner,
    };
    // The test host plans at the same time as this process.
    #[cfg(unix)]
    let host = match config.isolation {
        Isolation::Thread if is_run => Some(HostHandle::start(&run)?),
        _ => None,
    };
    let suite = suite::suite(runtime_suite);
    let plan = suite::plan(runtime_suite, &line, env, &suite, &config, false)?;
    match (plan.unmatched.first(), &env.nextest) {
        // cargo-nextest has the names from our own list, so the test has been removed since.
        (Some(unmatched), Some(_)) => return Err(Error::no_tests(unmatched.clone())),
        _ => plan.unmatched.iter().for_each(|unmatched| stdout::complain(&format!("note: {unmatched}"))),
    }
    let dropped = DroppedTests::of(runtime_suite.target, &suite);
    if line.libtest.list {
        if let Some(DroppedTests { message, are_all }) = dropped {
            // The reader of an empty list would take it for a success.
            if are_all {
                return Err(Error::usage(message));
            }
            stdout::complain(&format!("warning: {message}"));
        }
        list::write(&plan, &config, report.format).map_err(|cause| Error::io("write the list", cause))?;
        return Ok(Code::Green);
    }
    let cases = || plan.cases.iter().map(|planned| planned.case);
    if line.fixtures {
        return write_fixtures(cases());
    }
    fixtures::check(cases())?;
    if plan.cases.is_empty() && line.no_tests == NoTests::Fail {
        return Err(Error::no_tests(format!(
            "there is no test to run, and `--no-tests fail` was given; {} were filtered out",
            plan.filtered_out
        )));
    }
    let plan = Arc::new(plan);
    let config = suite::fitting(config, plan.cases.len());
    let mut reports = Reports::new(report, plan.cases.len(), config.iterations.get(), config.workers.get())?;
    // With shards by time, each machine must find the same durations.
    let is_updated = line.shard_by != ShardBy::Time;
    if let Some(file) = suite::history_file(runtime_suite, &line, env).filter(|_| is_updated) {
        // An error is no error of the run: the file is a convenience, and the target directory may be read-only.
        reports.record_results(move |results| drop(file.update(results)));
    }
    if let Some(AnnotationFormat::Github) = line.run.annotations {
        let locations = plan.cases.iter().map(|planned| planned.case.location).collect();
        // GitHub reads stderr, too, and stdout may be JSON.
        reports.annotate(locations, |text| capture::write_error(text.as_bytes()));
    }
    let again = RerunCommand {
        timeout: line.run.timeout.and_then(TimeoutOption::limit),
        ensures_time: line.run.ensure_time,
        ..again(runtime_suite, env, &config, line.libtest.ignored || line.libtest.include_ignored)
    };
    // Printed before the output of the first test.
    reports.handle(&Event::RunStarted(started(&plan, &config, &run.id, again)));
    if let Some(dropped) = dropped {
        reports.emit_before_end(dropped.event());
    } else if suite.cases.is_empty() {
        let message = "this suite has no tests: no function has `#[swimlanes::test]`";
        reports.handle(&Event::Diagnostic { message: message.to_owned(), severity: Severity::Note });
    }
    if line.run.last_failed && suite::history(runtime_suite, &line, env)?.failed().is_empty() {
        let message = "no test of this suite failed in its last runs, so `--last-failed` runs all tests";
        reports.handle(&Event::Diagnostic { message: message.to_owned(), severity: Severity::Note });
    }
    if let Some(message) = danger {
        reports.handle(&Event::Diagnostic { message, severity: Severity::Note });
    }
    if procfs::is_missing() {
        let message =
            "/proc is not mounted, so leaks, stopped processes and the processes that hold locks are not reported";
        reports.handle(&Event::Diagnostic { message: message.to_owned(), severity: Severity::Note });
    }
    let are_tests_beside_each_other = config.workers.get() > 1 && config.isolation.is_of_threads();
    if config.leak == Leak::Fail && are_tests_beside_each_other {
        let message = "`--leak fail` has no effect here, as several tests run in one process at a time; add `--workers 1` or \
                       `--isolation process`";
        reports.handle(&Event::Diagnostic { message: message.to_owned(), severity: Severity::Note });
    }
    reports.flush();
    #[cfg(unix)]
    if config.isolation != Isolation::None {
        orphans::become_subreaper();
    }
    #[cfg(unix)]
    if let Some(host) = host {
        return test_hosts::run(&plan, &config, run, host, clock, reports);
    }
    in_process::run(&plan, config, run, clock, reports)
}

/// Implements `--fixtures`.
fn write_fixtures(cases: impl Iterator<Item = &'static Case> + Clone) -> Result<Code, Error> {
    let fail = |cause| Error::io("write the list", cause);
    stdout::write_all(fixtures::list(cases.clone()).as_bytes()).map_err(fail)?;
    fixtures::check(cases).map(|()| Code::Green)
}

/// The command that runs one test of this suite again.
fn again(runtime_suite: &RuntimeSuite, env: &Env, config: &RunConfig, with_ignored: bool) -> RerunCommand {
    RerunCommand {
        target: runtime_suite.target,
        program: if runtime_suite.target.is_none() { machine::program_name() } else { None },
        package: env.package.clone(),
        is_of_nextest: env.nextest.is_some(),
        seed: config.seed,
        isolation: config.isolation,
        leak: config.leak,
        timeout: None,
        ensures_time: false,
        with_ignored,
        words_of_caller: procfs::words_of_parent,
    }
}

/// The first event.
fn started(plan: &Plan, config: &RunConfig, run_id: &Arc<str>, again: RerunCommand) -> RunStarted {
    RunStarted {
        version: SCHEMA,
        run: Arc::clone(run_id),
        suite: again.target.map(|target| target.binary_id().into()),
        seed: config.seed,
        shuffled: config.order == Order::Shuffled,
        workers: config.workers.get(),
        planned: plan.cases.len() * config.iterations.get() as usize,
        iterations: config.iterations.get(),
        filtered_out: plan.filtered_out,
        captured: config.capture == Capture::PerTest,
        again,
    }
}

/// Runs the one test that cargo-nextest has requested.
fn one_of_nextest(
    runtime_suite: &RuntimeSuite,
    request: Request<'_>,
    nextest: &Nextest,
    words: &[OsString],
    env: &Env,
) -> Result<Code, Error> {
    let Some(case) = registry::find(request.name, &runtime_suite.cases) else {
        return Err(Error::no_tests(format!("no test is named `{}`; was the binary rebuilt?", request.name)));
    };
    let is_ignored = case.is_ignored();
    if is_ignored != request.is_ignored {
        // nextest does not do this; the parser reports what is wrong.
        return parse_and_run(runtime_suite, words, env);
    }
    // Each test would pay for the memory that this touches.
    if registry::has_definitions() {
        fixtures::check(std::iter::once(case))?;
    }
    let mut resources = registry::resources();
    resources.extend_from_slice(&runtime_suite.resources);
    let (flags, options) = args::of_nextest(nextest);
    let (config, report) = configure::configure(flags, &options, env, &runtime_suite.defaults)?;
    let config = RunConfig { capture: Capture::Off, runner: None, isolation: Isolation::None, ..config };
    let plan = Plan::one_name(case, resources);
    let mut reports = Reports::new(report, 1, 1, 1)?;
    let again = again(runtime_suite, env, &config, is_ignored);
    let slot = Slot(nextest.slot.unwrap_or(0));
    let solo = Arc::new(SingleTest::new(plan, config, Arc::clone(&nextest.run_id), slot, again));
    let shared_reports = std::cell::RefCell::new(&mut reports);
    let exit_guard = exit_guard::notice();
    Arc::clone(&solo).run(&|event| {
        let mut reports = shared_reports.borrow_mut();
        reports.handle(&event);
        match event {
            // Printed before the output of the test.
            Event::RunStarted(_) => reports.flush(),
            // cargo-nextest takes the message of a failure from a line of this form.
            Event::CaseFinished(CaseFinished { verdict: Verdict::Fail(failure), .. })
                if !failure.is_printed_by_attempt() =>
            {
                capture::write_error(format!("Error: {}\n", failure.message).as_bytes());
            }
            _ => {}
        }
    })?;
    drop(exit_guard);
    let code = exit_code::conclude(reports.finish(), &solo.plan);
    if let Err(ProbeStuck) = solo.last_words() {
        sys::exit_immediately(b"", exit_code::number(&code));
    }
    code
}
