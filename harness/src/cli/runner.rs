//! The interface for suites with their own `main`: a runner that collects more tests, and then runs all.

use std::num::NonZeroU32;
use std::panic::Location as Caller;
use std::process::{ExitCode, Termination};
use std::time::Duration;

use swimlanes_core::backoff::{Backoff, RetryOn};

use crate::cli::configure::Defaults;
use crate::cli::start;
use crate::cli::suite::RuntimeSuite;
use crate::fixture::context::FixtureContext;
use crate::macro_support::{TerminationReturn, TestReturnValue};
use crate::model::error::FixtureResult;
use crate::model::location::Location;
use crate::model::tags::{Resource, Tags};
use crate::model::target::Target;
use crate::model::worker::Worker;
use crate::test_case::case::{Attributes, Body, Case, Ran};

/// Creates a runner for the tests of this crate.
///
/// [`main!`](crate::main) expands to a `main` that calls this function and [`Runner::run`]. Write your own `main` to add tests at run time,
/// or to set defaults of the suite.
///
/// ```no_run
/// use swimlanes::Tags;
///
/// fn main() -> std::process::ExitCode {
///     let mut runner = swimlanes::runner();
///     for entry in std::fs::read_dir("tests/queries").unwrap() {
///         let path = entry.unwrap().path();
///         let name = format!("query::{}", path.file_stem().unwrap().to_string_lossy());
///         runner = runner.test(&name, Tags::new().shared_resource("warehouse"), move || {
///             let sql = std::fs::read_to_string(&path).unwrap();
///             assert!(sql.ends_with(";\n"));
///         });
///     }
///     runner.run()
/// }
/// ```
pub fn runner() -> Runner {
    Runner { cases: Vec::new(), resources: Vec::new(), defaults: Defaults::default(), target: None }
}

/// Collects tests that are made at run time, and runs them together with the functions with `#[swimlanes::test]`.
#[derive(Debug)]
#[must_use = "a runner runs nothing before `run` is called"]
pub struct Runner {
    cases: Vec<&'static Case>,
    resources: Vec<Resource>,
    defaults: Defaults,
    target: Option<Target>,
}

impl Runner {
    /// Adds a test. It fails if `test` panics, or if it returns a value with which `main` would fail.
    ///
    /// `name` is the whole name; `::` separates its parts. It must be unique and not empty, must not start with `-`, must
    /// not begin or end with white space, and must not contain control characters. Otherwise [`run`](Runner::run) runs no
    /// test and returns exit code 2. The test and its name are never freed, since tests live as long as the process.
    #[track_caller]
    pub fn test<T, F>(self, name: &str, tags: Tags, test: F) -> Self
    where
        T: Termination,
        F: Fn() -> T + Send + Sync + 'static,
    {
        self.test_with(name, tags, move |_| Ok(test()))
    }

    /// Adds a test that takes fixtures, as in `context.get::<Database>()?`. If `test` returns an error, of a fixture or its own, the test
    /// fails with that message. The name has the same limits as with [`Runner::test`].
    ///
    /// ```no_run
    /// use swimlanes::prelude::*;
    /// use swimlanes::Tags;
    ///
    /// fn main() -> std::process::ExitCode {
    ///     let runner = swimlanes::runner().test_with("writes", Tags::new(), |context| {
    ///         let dir: TestDir = context.get()?;
    ///         Ok(std::fs::write(dir.path().join("file"), "text")?)
    ///     });
    ///     runner.run()
    /// }
    /// ```
    #[track_caller]
    pub fn test_with<T, F>(mut self, name: &str, tags: Tags, test: F) -> Self
    where
        T: Termination,
        F: Fn(&mut FixtureContext<'_>) -> FixtureResult<T> + Send + Sync + 'static,
    {
        let caller = Caller::caller();
        let location = Location { file: caller.file(), line: caller.line(), column: caller.column() };
        let body = move |setup: &mut FixtureContext<'_>| -> Ran {
            // This closure takes the fixtures itself, so it counts as the body.
            setup.begin_body();
            Ok((&TestReturnValue::new(test(setup)?)).returned())
        };
        let path = format!("::{name}").leak();
        let attributes =
            Attributes { needs: tags.needs.leak(), group: tags.group, labels: tags.labels.leak(), ..Attributes::NONE };
        let case = Case::new(path, location, Body::Made(Box::leak(Box::new(body))));
        self.cases.push(Box::leak(Box::new(case.with(Box::leak(Box::new(attributes))))));
        self
    }

    /// The former name of [`Runner::test`].
    #[track_caller]
    pub fn case<T, F>(self, name: &str, tags: Tags, test: F) -> Self
    where
        T: Termination,
        F: Fn() -> T + Send + Sync + 'static,
    {
        self.test(name, tags, test)
    }

    /// The former name of [`Runner::test_with`].
    #[track_caller]
    pub fn case_with<T, F>(self, name: &str, tags: Tags, test: F) -> Self
    where
        T: Termination,
        F: Fn(&mut FixtureContext<'_>) -> FixtureResult<T> + Send + Sync + 'static,
    {
        self.test_with(name, tags, test)
    }

    /// Declares a counted resource and its number of units, as [`resource!`](crate::resource) does.
    pub fn resource(mut self, name: &str, capacity: u32) -> Self {
        self.resources.push(Resource { name: Box::leak(name.into()), capacity });
        self
    }

    /// The number of workers if neither `--workers` nor `RUST_TEST_THREADS` is given. The default is one for each core.
    pub fn workers(mut self, workers: NonZeroU32) -> Self {
        self.defaults.workers = Some(workers);
        self
    }

    /// The timeout of tests without their own, if `--timeout` is not given. The default is no timeout.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.defaults.timeout = Some(timeout);
        self
    }

    /// The limit for the whole run, if neither `--run-timeout` nor `SWIMLANES_RUN_TIMEOUT` is given. The default is no
    /// limit. It has no effect under cargo-nextest, which has `global-timeout`.
    pub fn run_timeout(mut self, timeout: Duration) -> Self {
        self.defaults.run_timeout = Some(timeout);
        self
    }

    /// The number of retries of tests without their own, if `--retries` is not given. The default is 0.
    pub fn retries(mut self, retries: u32) -> Self {
        self.defaults.retries = Some(retries);
        self
    }

    /// The delay before a retry of tests without their own, if `--retry-backoff` is not given. The default is no delay.
    ///
    /// ```
    /// use std::time::Duration;
    /// use swimlanes::{Backoff, RetryOn};
    ///
    /// let first = Duration::from_millis(100);
    /// let runner = swimlanes::runner()
    ///     .retries(3)
    ///     .backoff(Backoff::Exponential { first, at_most: Duration::from_secs(5) })
    ///     .retry_on(RetryOn::Any);
    /// # drop(runner);
    /// ```
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.defaults.backoff = Some(backoff);
        self
    }

    /// Where tests without their own `retry_on` are retried, if `--retry-on` is not given. The default is the same worker.
    pub fn retry_on(mut self, retry_on: RetryOn) -> Self {
        self.defaults.retry_on = Some(retry_on);
        self
    }

    /// Runs each test on a new thread with the name of the test, as libtest does and as `--fresh-threads`. By default, the tests of a worker
    /// share its thread, and with it thread-local values.
    pub fn fresh_threads(mut self) -> Self {
        self.defaults.fresh_threads = true;
        self
    }

    /// Adds a variable to the environment of the processes that run tests with `--isolation process` and `test`, and of tests with their
    /// own process. Use it for code that reads the address of its database or server from the environment. These processes have
    /// `DATABASE_URL` (the [`Database`](crate::Database) of the worker), `SWIMLANES_SLOT` and `SWIMLANES_RUN_ID` already. If a name is
    /// added twice, the later value counts.
    ///
    /// ```no_run
    /// fn main() -> std::process::ExitCode {
    ///     swimlanes::runner().env("REDIS_URL", |worker| format!("redis://localhost/{}", worker.slot())).run()
    /// }
    /// ```
    pub fn env(mut self, name: &str, value: impl Fn(&Worker) -> String + Send + Sync + 'static) -> Self {
        self.defaults.variables.add(name, value);
        self
    }

    /// The target of this suite. The expansion of [`main!`](crate::main) calls this.
    #[doc(hidden)]
    pub fn for_target(mut self, target: Target) -> Self {
        self.defaults.are_unit_tests = !target.is_integration_test;
        #[cfg(feature = "junit")]
        {
            self.defaults.suite = target.binary_id();
        }
        self.target = Some(target);
        self
    }

    /// Runs what the command line requests, and returns the exit code for `main`: 0 on success, 101 if a test failed, 2 for wrong usage, 4
    /// if no test was selected although some were required, 70 if the harness itself failed, 130 if the run was interrupted.
    #[must_use = "return it from `main`, or a failing suite looks like a passing one"]
    pub fn run(self) -> ExitCode {
        start::main(RuntimeSuite {
            cases: self.cases,
            resources: self.resources,
            defaults: self.defaults,
            target: self.target,
        })
    }
}

/// Declares a counted resource: the number of units that all tests of the run can hold at the same time, in all processes.
///
/// ```
/// swimlanes::resource!("connections", capacity = 8);
///
/// #[swimlanes::test(shared_resource("connections", n = 2))]
/// fn copies_from_one_connection_to_the_other() {}
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! resource {
    ($name:expr, capacity = $capacity:expr $(,)?) => {
        $crate::__private::inventory::submit! {
            $crate::__private::Resource { name: $name, capacity: $capacity }
        }
    };
}
