//! The road of a run: what is asked, the plan, the run, the report, the exit code.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::sync::Arc;

use crate::model::case::Case;
use crate::model::config::{NoTests, RunConfig};
use crate::model::error::Error;
use crate::model::event::{Event, Gravity, Stop};
use crate::model::tags::Resource;
use crate::model::target::Target;
use crate::model::worker::Slot;
use crate::platform::env::{self, Env, Nextest};
use crate::platform::{exits, machine, registry, signals};
use crate::policy::plan::{Choices, Plan, Suite};
use crate::policy::select::Selection;
use crate::report::{Reported, Reports};
use crate::run::pool;
use crate::run::shared::Run;
use crate::run::solo::Solo;
use crate::session::again;
use crate::session::arguments::{self, CommandLine};
use crate::session::configure::{self, Defaults};
use crate::session::exit::Code;
use crate::session::list;
use crate::session::nextest::{self, Request};

/// What a program told its runner.
pub(crate) struct Made {
    pub(crate) cases: Vec<&'static Case>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) defaults: Defaults,
    pub(crate) target: Option<Target>,
}

/// Does what the command line asks.
pub(crate) fn main(made: Made) -> ExitCode {
    // Before any test changes the directory of the process.
    env::temporary_directory();
    let words: Vec<OsString> = std::env::args_os().collect();
    let done = match nextest::request(&words).zip(Nextest::read()) {
        Some((request, nextest)) => one_of_nextest(&made, &request, &nextest, &words),
        None => parse_and_run(&made, &words),
    };
    let code = done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        Code::of_error(&error)
    });
    code.into()
}

fn parse_and_run(made: &Made, words: &[OsString]) -> Result<Code, Error> {
    let line = match arguments::parse(words) {
        Ok(line) => line,
        Err(error) => error.exit(),
    };
    let env = Env::read();
    let (config, report) = configure::configure(&line, &env, made.defaults)?;
    let suite = suite(made);
    let plan = plan(made, &line, &suite, &config)?;
    if line.libtest.list {
        list::write(&plan, report.format).map_err(|cause| Error::io("write the list", cause))?;
        return Ok(Code::Green);
    }
    if plan.cases.is_empty() && line.no_tests == NoTests::Fail {
        return Err(Error::no_tests(format!(
            "no test is left to run, and `--no-tests fail` was given; {} were filtered out",
            plan.filtered_out
        )));
    }
    let plan = Arc::new(plan);
    let config = fitting(config, plan.cases.len());
    let mut reports = Reports::new(&report, plan.cases.len(), config.rounds.get(), config.workers.get())?;
    let again = again::command(made.target, &env, config.seed);
    let run_id = machine::fresh_run_id().into();
    let (run, events) = Run::new(Arc::clone(&plan), config, run_id);
    // Shown before anything that the tests themselves write.
    reports.told(&Event::RunStarted(run.started(again)));
    if suite.cases.is_empty() {
        let message =
            "this suite has no tests: none carries `#[swimlanes::test]`, and a plain `#[test]` is not seen here";
        reports.told(&Event::Trouble { message: message.to_owned(), gravity: Gravity::Note });
    }
    reports.settle();
    listen_for_signals(&run)?;
    let noticed = exits::notice();
    let _pool = pool::start(&run)?;
    let reported = reports.follow(&events);
    drop(noticed);
    conclude(reported, &plan)
}

/// The suite: what the macros registered, and what the program made.
fn suite(made: &Made) -> Suite {
    let mut cases = registry::cases();
    cases.extend_from_slice(&made.cases);
    let mut resources = registry::resources();
    resources.extend_from_slice(&made.resources);
    Suite { cases, resources }
}

fn plan(made: &Made, line: &CommandLine, suite: &Suite, config: &RunConfig) -> Result<Plan, Error> {
    let selection = Selection::new(&line.libtest, &line.filters());
    #[cfg(feature = "filterset")]
    let filterset = line
        .filterset
        .as_deref()
        .map(|text| crate::session::filterset::matching(text, suite, made.target))
        .transpose()?;
    #[cfg(not(feature = "filterset"))]
    let (filterset, _) = (None, made);
    let choices = Choices {
        selection: &selection,
        filterset: filterset.as_ref(),
        shard: line.shard,
        order: config.order,
        seed: config.seed,
        dist: config.dist,
    };
    Plan::build(suite, choices)
}

/// No more workers than tests: a worker without one costs two threads for nothing.
fn fitting(config: RunConfig, n_cases: usize) -> RunConfig {
    let cases = u32::try_from(n_cases).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
    RunConfig { workers: config.workers.min(cases), ..config }
}

/// The first signal asks the run to stop, the second, or the end of the grace, ends the process.
fn listen_for_signals(run: &Arc<Run>) -> Result<(), Error> {
    let run = Arc::clone(run);
    signals::watch(Arc::new(move |count| {
        if count > 1 {
            run.clean_up_in_a_hurry();
            signals::exit(Code::Interrupted as u8);
        }
        run.gate.stop(Stop::Interrupted);
        let message = format!(
            "interrupted: no more tests are started, and those that run have {} seconds to end; again to end at once",
            signals::GRACE.as_secs()
        );
        run.tell(Event::Trouble { message, gravity: Gravity::Note });
    }))
}

/// The one test that cargo-nextest wants of this process.
fn one_of_nextest(made: &Made, request: &Request, nextest: &Nextest, words: &[OsString]) -> Result<Code, Error> {
    let made_here = made.cases.iter().copied().find(|case| case.is_named(&request.name));
    let Some(case) = registry::find(&request.name).or(made_here) else {
        return Err(Error::no_tests(format!("no test is named `{}`; was the binary built anew?", request.name)));
    };
    let is_ignored = case.is_ignored();
    if is_ignored != request.is_ignored {
        // Not what nextest does; the long way knows what to say.
        return parse_and_run(made, words);
    }
    let mut resources = registry::resources();
    resources.extend_from_slice(&made.resources);
    let env = Env::read();
    let line = arguments::of_nextest(nextest);
    let (config, report) = configure::configure(&line, &env, made.defaults)?;
    let plan = Plan::of_one(case, &resources);
    let mut reports = Reports::new(&report, 1, 1, 1)?;
    let again = again::command(made.target, &env, config.seed);
    let slot = Slot(nextest.slot.unwrap_or(0));
    let solo = Arc::new(Solo::new(plan, config, nextest.run_id.as_str().into(), slot, again));
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
    conclude(reports.finish(), &solo.plan)
}

fn conclude(reported: Reported, plan: &Plan) -> Result<Code, Error> {
    if let Some(error) = reported.failed {
        return Err(error);
    }
    reported.ledger.check(|ix| plan.cases[ix].name.to_owned())?;
    Ok(Code::of_summary(&reported.summary))
}
