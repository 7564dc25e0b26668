//! The `main` of a process that another process of this executable has started.

use std::cell::{Cell, OnceCell};
use std::ffi::OsString;

use crate::cli::args::{self, Flags};
use crate::cli::configure;
use crate::cli::run_options::RunOptions;
use crate::cli::suite::{self, RuntimeSuite};
use crate::controller::exit_code::Code;
use crate::execution::{host, worker_process};
use crate::fixture::context::FixtureContext;
#[cfg(target_os = "linux")]
use crate::fixture_server::server;
use crate::model::config::RunConfig;
use crate::model::error::Error;
use crate::model::location::Location;
use crate::model::protocol::{HostSpec, PlannedName, ProcessRole, WorkerSpec};
use crate::os::env::Env;
use crate::os::message_channel::MessageChannel;
use crate::os::sys;
use crate::plan::Plan;
use crate::plan::by_name::ByName;
use crate::policy::classify;
use crate::process::bootstrap::{self, Parent};
use crate::process::fork_server;
use crate::test_case::case::{Body, Case, Ran};
use crate::test_case::registry;

/// Does what the role of this process says.
///
/// # Errors
///
/// If the role cannot be received, or if the process fails.
pub(crate) fn work(runtime_suite: &RuntimeSuite, words: &[OsString]) -> Result<Code, Error> {
    let Parent { messages, order, fds } = bootstrap::receive_spec()?;
    match order {
        ProcessRole::TestHost(order) => host(runtime_suite, words, Parent { messages, order: (), fds }, order),
        ProcessRole::Worker(order) => serve(runtime_suite, Parent { messages, order, fds }, Finder::new(runtime_suite)),
        ProcessRole::ForkServer => copies(runtime_suite, messages),
        #[cfg(target_os = "linux")]
        ProcessRole::FixtureServer(order) => server::keep(Parent { messages, order, fds }).map(|()| Code::Green),
        #[cfg(not(target_os = "linux"))]
        ProcessRole::FixtureServer(_) => Err(Error::fault("this system has no such process")),
    }
}

/// A suite's own `main` may have opened what only one process can use, so such a suite has no fork server.
fn copies(runtime_suite: &RuntimeSuite, messages: MessageChannel) -> Result<Code, Error> {
    let finder = Finder::from_runtime_suite(runtime_suite);
    match fork_server::serve::<WorkerSpec>(messages, runtime_suite.target.is_some())? {
        None => Ok(Code::Green),
        Some(parent) => {
            for (name, value) in &parent.order.variables {
                sys::set_variable(name, value)
                    .map_err(|cause| Error::io("set a variable of the environment", cause))?;
            }
            serve(runtime_suite, parent, finder)
        }
    }
}

/// The test host plans from the same command line as the controller.
fn host(runtime_suite: &RuntimeSuite, words: &[OsString], parent: Parent<()>, order: HostSpec) -> Result<Code, Error> {
    let line = args::parse(words).unwrap_or_else(|error| error.exit());
    let env = Env::read();
    let (config, _) = configure::configure(line.flags(), &line.run, &env, &runtime_suite.defaults)?;
    let config = RunConfig { seed: order.run.seed, runner: order.run.runner, ..config };
    let suite = suite::suite(runtime_suite);
    // If planning fails here, it fails in the controller as well, which reports it. Otherwise the controller has made other tests, and
    // sends their names.
    let plan = suite::plan(runtime_suite, &line, &env, &suite, &config, true).unwrap_or_default();
    let history = suite::history(runtime_suite, &line, &env).unwrap_or_default();
    let fitting = |plan: Plan| {
        let config = suite::fitting(config.clone(), plan.cases.len());
        (plan, config)
    };
    let planned_names = |names: &[PlannedName]| {
        fitting(Plan::from_names(names, &suite, &history, (config.order, config.dist), missing))
    };
    host::host(parent, order, fitting(plan), planned_names)?;
    Ok(Code::Green)
}

/// A replacement for a test that this process has not made. It lives as long as the process, as all tests do.
fn missing(name: &str) -> &'static Case {
    let why = classify::unknown_test(name);
    let body = move |_: &mut FixtureContext<'_>| -> Ran { Err(why.clone().into()) };
    let location = Location { file: "", line: 0, column: 0 };
    let path = format!("::{name}").leak();
    Box::leak(Box::new(Case::new(path, location, Body::Made(Box::leak(Box::new(body))))))
}

/// Makes no plan and parses no options: each process would pay for them, and with `--isolation test` each test.
fn serve(runtime_suite: &RuntimeSuite, parent: Parent<WorkerSpec>, finder: Finder) -> Result<Code, Error> {
    let (env, options) = (Env::default(), RunOptions::default());
    let (config, _) = configure::configure(Flags::NONE, &options, &env, &runtime_suite.defaults)?;
    let WorkerSpec { run, keep, leak, slow_after, teardown_timeout, fresh_threads, .. } = &parent.order;
    let (slow_after, teardown_timeout) = (*slow_after, *teardown_timeout);
    let config = RunConfig {
        seed: run.seed,
        runner: run.runner,
        keep: *keep,
        leak: *leak,
        slow_after,
        teardown_timeout,
        fresh_threads: *fresh_threads,
        ..config
    };
    worker_process::serve(parent, config, move |name: &str| finder.find(name))?;
    Ok(Code::Green)
}

/// Finds tests by name. A table of all tests pays off only from the second search on.
struct Finder {
    runtime_suite: Vec<&'static Case>,
    by_name: OnceCell<ByName<'static>>,
    has_found: Cell<bool>,
}

impl Finder {
    fn new(runtime_suite: &RuntimeSuite) -> Self {
        Self { runtime_suite: runtime_suite.cases.clone(), by_name: OnceCell::new(), has_found: Cell::new(false) }
    }

    /// For many searches.
    fn from_runtime_suite(runtime_suite: &RuntimeSuite) -> Self {
        let finder = Self::new(runtime_suite);
        finder.has_found.set(true);
        finder.by_name.get_or_init(|| finder.sorted());
        finder
    }

    fn find(&self, name: &str) -> Option<&'static Case> {
        if !self.has_found.replace(true) {
            return registry::find(name, &self.runtime_suite);
        }
        self.by_name.get_or_init(|| self.sorted()).get(name)
    }

    fn sorted(&self) -> ByName<'static> {
        let all = || registry::each().chain(self.runtime_suite.iter().copied());
        let mut by_name = ByName::with_capacity(all().count());
        // `for_each` costs less for each case than a `for` loop over a chain.
        all().for_each(|case| _ = by_name.insert(case));
        by_name
    }
}
