//! What a test takes as parameters: the trait behind them, and what they are made from.

use std::any::{Any, TypeId};
use std::sync::Arc;

use crate::model::config::Keep;
use crate::model::error::{Error, FixtureError, FixtureResult};
use crate::model::function::{Extent, Function, Made, Param};
use crate::model::lease::Leases;
use crate::model::location::Location;
use crate::model::made::OfAttempt;
use crate::model::name;
use crate::model::scope::Scope;
use crate::model::stopwatch::Stopwatch;
use crate::model::store::Store;
use crate::model::worker::Worker;

/// Something a test can take as a parameter, by its type.
///
/// swimlanes has [`Worker`], [`WorkerDir`](crate::WorkerDir), [`TestDir`](crate::TestDir),
/// [`Database`](crate::Database), [`Port`](crate::Port) and [`BoundPort`](crate::BoundPort); a suite adds its own by
/// implementing this trait. The value is made for each attempt, before the body, and dropped by the body, as any
/// parameter is. What should be made only once for a worker, or once for the run, comes from
/// [`Setup::once_per_worker`] and [`Setup::once_per_run`].
///
/// ```
/// use swimlanes::prelude::*;
///
/// /// A directory that already holds the settings file every test starts from.
/// struct Settings(TestDir);
///
/// impl Fixture for Settings {
///     fn set_up(setup: &mut Setup<'_>) -> FixtureResult<Self> {
///         let dir: TestDir = setup.take()?;
///         std::fs::write(dir.path().join("settings.toml"), "verbose = true\n")?;
///         Ok(Self(dir))
///     }
/// }
///
/// #[swimlanes::test]
/// fn settings_are_read(settings: Settings) {
///     assert!(settings.0.path().join("settings.toml").exists());
/// }
/// # fn main() {}
/// ```
///
/// # Errors
///
/// A fixture that cannot be set up says why; the test fails with that message, and its body does not run. A panic in
/// `set_up` counts as a failure of the test too, one with `#[should_panic]` included, and [`skip!`](crate::skip) skips it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a fixture, so a test cannot take it as a parameter",
    label = "not a fixture",
    note = "fixtures are taken by value and by type: `Worker`, `WorkerDir`, `TestDir`, `Database`, `Port`, `BoundPort`, and every type for which you implement `swimlanes::Fixture`"
)]
pub trait Fixture: Sized {
    /// Makes the value for one attempt of one test.
    ///
    /// # Errors
    ///
    /// Whatever kept it from being made.
    fn set_up(setup: &mut Setup<'_>) -> FixtureResult<Self>;
}

/// A function that makes fixtures. Written by `#[swimlanes::fixture]`; there is one for the whole life of the process.
#[derive(Clone, Copy)]
pub struct Definition {
    /// What is known of it.
    pub function: Function,
    /// Makes a value.
    pub make: fn(&mut Setup<'_>) -> FixtureResult<Made>,
}

/// A function with type parameters that makes fixtures: one for each type that somebody takes. Written by `#[swimlanes::fixture]`.
#[derive(Debug, Clone, Copy)]
pub struct Generic {
    /// The path of the function, with the crate.
    pub path: &'static str,
    /// Where the function's name stands.
    pub location: Location,
    /// How long its values live.
    pub extent: Extent,
}

/// Has another process make a value.
pub(crate) type Carry = fn(&Setup<'_>, &'static Function) -> Option<Brought>;

/// What came of that.
pub(crate) enum Brought {
    /// The value as it is carried.
    Value(Vec<u8>),
    Failed(FixtureError),
    /// The test is to be skipped, for this reason.
    Skipped(String),
}

/// What a fixture is made from: the worker and the test it is for, and the other fixtures.
pub struct Setup<'a> {
    /// The name of the test, as it is printed.
    pub(crate) test: &'static str,
    /// How many parts of it, the last ones, say which case of its function it is.
    pub(crate) n_parts: u8,
    pub(crate) worker: &'a Worker,
    pub(crate) of_run: &'a Scope,
    pub(crate) of_worker: &'a Scope,
    pub(crate) of_attempt: &'a OfAttempt,
    /// The function that makes values of this type.
    pub(crate) definition: &'a dyn Fn(TypeId) -> Option<&'static Definition>,
    /// Has a value that all processes of the run share made by the one that keeps such values. `None`: it is made here.
    pub(crate) carry: Carry,
    /// The process whose end is that of the run; `None`: cargo-nextest.
    pub(crate) runner: Option<u32>,
    /// Where the asynchronous parts live of what is made now: as long as that does.
    pub(crate) runtime: &'a Store,
    /// Somebody only wants to know what is taken.
    pub(crate) inspected: Option<&'a mut Vec<Param>>,
    /// Where it is noted what is leased: for the attempt, or for the worker or the run inside of what is made once for those.
    pub(crate) leases: &'a Leases,
    pub(crate) keep: Keep,
    /// The clock of the attempt's time limit, if it has one.
    pub(crate) stopwatch: Option<&'a Stopwatch>,
    /// Called around the making of what outlives the attempt.
    pub(crate) lasting: &'a dyn Fn(&mut dyn FnMut()),
    /// Whether all fixtures are there: from then on it is the body that panics.
    pub(crate) has_body_begun: bool,
    /// Called when they are.
    pub(crate) on_body: &'a dyn Fn(),
}

impl Setup<'_> {
    /// Another fixture.
    ///
    /// # Errors
    ///
    /// When that one could not be set up; the message names its type.
    pub fn take<F: Fixture>(&mut self) -> FixtureResult<F> {
        F::set_up(self).map_err(|cause| Error::of_fixture(std::any::type_name::<F>(), cause))
    }

    /// The body begins. The attribute calls this.
    #[doc(hidden)]
    pub fn begin_body(&mut self) {
        self.has_body_begun = true;
        (self.on_body)();
    }

    /// Shows something if the test does not pass. For what is taken for the attempt.
    #[cfg(any(feature = "postgres", feature = "redis"))]
    pub(crate) fn on_failure(&self, show: impl FnOnce() + 'static) {
        self.of_attempt.on_failure(show);
    }

    /// The worker the test runs on.
    #[must_use]
    pub fn worker(&self) -> &Worker {
        self.worker
    }

    /// That name without the module.
    pub(crate) fn function(&self) -> &'static str {
        name::in_module(self.test, self.n_parts).1
    }

    /// The name of the test, as it is printed.
    #[must_use]
    pub fn test_name(&self) -> &str {
        self.test
    }

    /// A value that this worker makes once and keeps: the first test on it that asks has it made by `make`, the later ones
    /// share it. Keyed by the type `T`. Dropped when the worker ends; what `make` takes is given back after that, so a
    /// [`TestDir`](crate::TestDir) that it takes lives as long as the worker.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use swimlanes::prelude::*;
    ///
    /// /// A list that all tests of one worker share.
    /// struct Guests(Arc<std::path::PathBuf>);
    ///
    /// impl Fixture for Guests {
    ///     fn set_up(setup: &mut Setup<'_>) -> FixtureResult<Self> {
    ///         let list = setup.once_per_worker(|setup| -> FixtureResult<_> {
    ///             let dir: TestDir = setup.take()?;
    ///             Ok(dir.path().join("guests"))
    ///         })?;
    ///         Ok(Self(list))
    ///     }
    /// }
    /// ```
    ///
    /// The clock of the test's time limit stands while the value is made: it is made for all, and the test that happens to
    /// need it first is not charged for it. So nothing ends a `make` that hangs but the end of the run, by `--run-timeout` or
    /// Ctrl-C; that the test runs for long is told all the same.
    ///
    /// # Errors
    ///
    /// What `make` answers. A failure is not kept: the next test tries again.
    pub fn once_per_worker<T, E>(&self, make: impl FnOnce(&mut Setup<'_>) -> Result<T, E>) -> Result<Arc<T>, E>
    where
        T: Any + Send + Sync,
    {
        self.once_in(self.of_worker, make)
    }

    /// A value that the run makes once, in this process, and keeps: whoever asks first has it made by `make`; who asks
    /// meanwhile waits. Neither is charged to a time limit, as with [`once_per_worker`](Setup::once_per_worker). Keyed by the
    /// type `T`. Dropped when the run ends; what `make` takes is given back after that. A
    /// [`Database`](crate::Database) in it would be that of the worker which happened to come first.
    ///
    /// Under cargo-nextest every test is a process of its own, so there it is made once for each test.
    ///
    /// # Errors
    ///
    /// What `make` answers. A failure is not kept: the next test tries again.
    pub fn once_per_run<T, E>(&self, make: impl FnOnce(&mut Setup<'_>) -> Result<T, E>) -> Result<Arc<T>, E>
    where
        T: Any + Send + Sync,
    {
        self.once_in(self.of_run, make)
    }

    fn once_in<T, E>(&self, scope: &Scope, make: impl FnOnce(&mut Setup<'_>) -> Result<T, E>) -> Result<Arc<T>, E>
    where
        T: Any + Send + Sync,
    {
        if let Some(made) = scope.values.get() {
            return Ok(made);
        }
        // Also while another test makes it. Which one comes first is chance, and nobody is to fail by that.
        let _standing = self.stopwatch.map(Stopwatch::stand);
        scope.values.get_or_make(|| self.make_in(scope, make))
    }

    /// Makes what lives as long as this scope, of what lives as long.
    pub(crate) fn make_in<R>(&self, scope: &Scope, make: impl FnOnce(&mut Setup<'_>) -> R) -> R {
        let mut setup = Setup {
            leases: &scope.leases,
            runtime: &scope.values,
            inspected: None,
            has_body_begun: false,
            on_body: &|| {},
            ..*self
        };
        let (mut make, mut made) = (Some(make), None);
        (self.lasting)(&mut || made = make.take().map(|make| make(&mut setup)));
        made.expect("it is called once")
    }
}

impl Fixture for Worker {
    fn set_up(setup: &mut Setup<'_>) -> FixtureResult<Self> {
        Ok(setup.worker().clone())
    }
}
