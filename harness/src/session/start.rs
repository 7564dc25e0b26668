//! The road of a run: what is asked, the plan, the run, the report, the exit code.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::model::again::Again;
use crate::model::case::Case;
use crate::model::config::{Capture, Isolation, Leak, NoTests, Order, RunConfig};
use crate::model::error::Error;
use crate::model::event::{Event, Gravity, RunStarted, SCHEMA};
use crate::model::order::RunName;
use crate::model::worker::Slot;
use crate::platform::base::Base;
use crate::platform::clock::Clock;
use crate::platform::env::{self, Env, Nextest};
use crate::platform::hear::Ears;
use crate::platform::orphans;
use crate::platform::parent::{self, Kin};
use crate::platform::sys::{self, Stuck};
use crate::platform::{exits, machine, proc, registry, signals, stdout};
use crate::policy::lookout::Lookout;
use crate::policy::open::Open;
use crate::policy::plan::Plan;
use crate::report::Reports;
use crate::run::solo::Solo;
use crate::session::arguments::{self};
use crate::session::configure::{self};
use crate::session::dropped::DroppedTests;
use crate::session::exit::{self, Code};
use crate::session::fixtures;
use crate::session::guard::Guard;
use crate::session::here;
use crate::session::host_process::HostProcess;
use crate::session::list;
use crate::session::nextest::{self, Request};
use crate::session::suite::{self, Made};

/// Does what the command line asks.
pub(crate) fn main(made: Made) -> ExitCode {
    // Before any test changes the directory of the process.
    env::temporary_directory();
    let words: Vec<OsString> = std::env::args_os().collect();
    #[cfg(unix)]
    match parent::kin() {
        Kin::None => {}
        // Nobody is there who could want anything.
        Kin::Orphan => return Code::Fault.into(),
        Kin::Child => {
            let code = crate::session::child::work(&made, &words).unwrap_or_else(|error| {
                stdout::complain(&format!("error: {error}"));
                Code::of_error(&error)
            });
            return code.into();
        }
    }
    let env = Env::read();
    let done = match (nextest::request(&words), &env.nextest) {
        (Some(request), Some(nextest)) => one_of_nextest(&made, request, nextest, &words, &env),
        _ => parse_and_run(&made, &words, &env),
    };
    let code = done.unwrap_or_else(|error| {
        stdout::complain(&format!("error: {error}"));
        Code::of_error(&error)
    });
    code.into()
}

fn parse_and_run(made: &Made, words: &[OsString], env: &Env) -> Result<Code, Error> {
    let line = match arguments::parse(words) {
        Ok(line) => line,
        Err(error) => error.exit(),
    };
    let (config, report) = configure::configure(line.flags(), &line.run, env, &made.defaults)?;
    let clock = Clock::start();
    // Each process checks it before its first use. Here it is one error, and not one of each test.
    let is_run = !line.libtest.list && !line.fixtures;
    let danger = if is_run { Base::of_user().check()? } else { None };
    let run_id: Arc<str> = machine::fresh_run_id().into();
    // Two plans are made at the same time, one by the host.
    #[cfg(unix)]
    let host = match config.isolation {
        Isolation::Thread if is_run => {
            let name = RunName {
                id: Arc::clone(&run_id),
                seed: config.seed,
                epoch_nanos: clock.epoch_nanos(),
                runner: config.runner,
            };
            Some((HostProcess::start(&name)?, name))
        }
        _ => None,
    };
    let suite = suite::suite(made);
    let plan = suite::plan(made, &line, &suite, &config, false)?;
    match (plan.unmatched.first(), &env.nextest) {
        // It has the names from our own list, so the test has gone since.
        (Some(unmatched), Some(_)) => return Err(Error::no_tests(unmatched.clone())),
        _ => plan.unmatched.iter().for_each(|unmatched| stdout::complain(&format!("note: {unmatched}"))),
    }
    let dropped = DroppedTests::of(made.target, &suite);
    if line.libtest.list {
        if let Some(DroppedTests { message, are_all }) = dropped {
            // A list of nothing would be green for whoever reads it.
            if are_all {
                return Err(Error::usage(message));
            }
            stdout::complain(&format!("warning: {message}"));
        }
        list::write(&plan, report.format).map_err(|cause| Error::io("write the list", cause))?;
        return Ok(Code::Green);
    }
    let cases = || plan.cases.iter().map(|planned| planned.case);
    if line.fixtures {
        return write_fixtures(cases());
    }
    fixtures::check(cases())?;
    if plan.cases.is_empty() && line.no_tests == NoTests::Fail {
        return Err(Error::no_tests(format!(
            "no test is left to run, and `--no-tests fail` was given; {} were filtered out",
            plan.filtered_out
        )));
    }
    let plan = Arc::new(plan);
    let config = suite::fitting(config, plan.cases.len());
    let mut reports = Reports::new(report, plan.cases.len(), config.rounds.get(), config.workers.get())?;
    let again = again(made, env, &config, line.libtest.ignored || line.libtest.include_ignored);
    // Shown before anything that the tests themselves write.
    reports.told(&Event::RunStarted(started(&plan, &config, &run_id, again)));
    if let Some(dropped) = dropped {
        reports.tell_before_end(dropped.event());
    } else if suite.cases.is_empty() {
        let message = "this suite has no tests: no function has `#[swimlanes::test]`";
        reports.told(&Event::Trouble { message: message.to_owned(), gravity: Gravity::Note });
    }
    if let Some(message) = danger {
        reports.told(&Event::Trouble { message, gravity: Gravity::Note });
    }
    let are_tests_beside_each_other = config.workers.get() > 1 && config.isolation.is_of_threads();
    if config.leak == Leak::Fail && are_tests_beside_each_other {
        let message = "`--leak fail` sees nothing here, as several tests run in one process at a time; add `--workers 1` or \
                       `--isolation process`";
        reports.told(&Event::Trouble { message: message.to_owned(), gravity: Gravity::Note });
    }
    reports.settle();
    #[cfg(unix)]
    if config.isolation != Isolation::None {
        orphans::adopt();
    }
    #[cfg(unix)]
    if let Some((host, name)) = host {
        let ears = Ears::open()?;
        let (first, open) = (Some(host), Open::new(plan.cases.len(), config.rounds.get()));
        let (plan, config) = (&*plan, &config);
        let lookout = Lookout::new(config.slow_after, config.run_timeout, signals::GRACE);
        let (reports_here, stopped, looks_at, has_told_of_noise) = (&mut reports, None, Duration::ZERO, false);
        Guard {
            plan,
            config,
            name,
            first,
            clock,
            reports: reports_here,
            open,
            stopped,
            lookout,
            looks_at,
            has_told_of_noise,
            is_unlike: false,
        }
        .run(&ears);
        return exit::conclude(reports.finish(), plan);
    }
    here::run(&plan, config, run_id, clock, reports)
}

/// Does what `--fixtures` asks.
fn write_fixtures(cases: impl Iterator<Item = &'static Case> + Clone) -> Result<Code, Error> {
    let fail = |cause| Error::io("write the list", cause);
    stdout::write_all(fixtures::list(cases.clone()).as_bytes()).map_err(fail)?;
    fixtures::check(cases).map(|()| Code::Green)
}

/// How one test of this suite is run again.
fn again(made: &Made, env: &Env, config: &RunConfig, with_ignored: bool) -> Again {
    Again {
        target: made.target,
        program: if made.target.is_none() { machine::program_name() } else { None },
        package: env.package.clone(),
        is_of_nextest: env.nextest.is_some(),
        seed: config.seed,
        isolation: config.isolation,
        leak: config.leak,
        with_ignored,
        words_of_caller: proc::words_of_parent,
    }
}

/// What is told before anybody works.
fn started(plan: &Plan, config: &RunConfig, run_id: &Arc<str>, again: Again) -> RunStarted {
    RunStarted {
        version: SCHEMA,
        run: Arc::clone(run_id),
        seed: config.seed,
        shuffled: config.order == Order::Shuffled,
        workers: config.workers.get(),
        planned: plan.cases.len() * config.rounds.get() as usize,
        rounds: config.rounds.get(),
        filtered_out: plan.filtered_out,
        captured: config.capture == Capture::PerTest,
        again,
    }
}

/// The one test that cargo-nextest wants of this process.
fn one_of_nextest(
    made: &Made,
    request: Request<'_>,
    nextest: &Nextest,
    words: &[OsString],
    env: &Env,
) -> Result<Code, Error> {
    let Some(case) = registry::find(request.name, &made.cases) else {
        return Err(Error::no_tests(format!("no test is named `{}`; was the binary built anew?", request.name)));
    };
    let is_ignored = case.is_ignored();
    if is_ignored != request.is_ignored {
        // Not what nextest does; the long way knows what to say.
        return parse_and_run(made, words, env);
    }
    // What this touches, each test would pay for.
    if registry::has_definitions() {
        fixtures::check(std::iter::once(case))?;
    }
    let mut resources = registry::resources();
    resources.extend_from_slice(&made.resources);
    let (flags, options) = arguments::of_nextest(nextest);
    let (config, report) = configure::configure(flags, &options, env, &made.defaults)?;
    let config = RunConfig { capture: Capture::Off, runner: None, ..config };
    let plan = Plan::of_one(case, resources);
    let mut reports = Reports::new(report, 1, 1, 1)?;
    let again = again(made, env, &config, is_ignored);
    let slot = Slot(nextest.slot.unwrap_or(0));
    let solo = Arc::new(Solo::new(plan, config, Arc::clone(&nextest.run_id), slot, again));
    let told = std::cell::RefCell::new(&mut reports);
    let noticed = exits::notice();
    Arc::clone(&solo).run(&|event| {
        let mut reports = told.borrow_mut();
        reports.told(&event);
        if let Event::RunStarted(_) = event {
            // Before anything that the test itself writes.
            reports.settle();
        }
    })?;
    drop(noticed);
    let code = exit::conclude(reports.finish(), &solo.plan);
    if let Err(Stuck) = solo.last_words() {
        sys::end_now(b"", exit::number(&code));
    }
    code
}
