//! What a test takes as parameters: the trait behind them, and what they are made from.

use std::any::Any;
use std::sync::Arc;

use crate::model::config::Keep;
use crate::model::error::{Error, FixtureResult};
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
/// `set_up` counts as a failure of the test too, and [`skip!`](crate::skip) skips it.
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

/// What becomes of a thing that was leased for an attempt or a worker, when that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Given back, and gone.
    Returned,
    /// Kept for somebody to look at.
    Kept,
}

/// A thing that is given back when the attempt or the worker it was leased for is over.
pub(crate) trait Lease: Send {
    /// Gives it back, or keeps it. Says what was kept, where somebody can look at it.
    fn close(self: Box<Self>, fate: Fate) -> Result<Option<std::path::PathBuf>, Error>;
}

/// What a fixture is made from: the worker and the case it is for, and the other fixtures.
pub struct Setup<'a> {
    /// The name of the test, as it is printed.
    pub(crate) test: &'static str,
    pub(crate) worker: &'a Worker,
    pub(crate) of_run: &'a Store,
    pub(crate) of_worker: &'a Store,
    pub(crate) leases: &'a mut Vec<Box<dyn Lease>>,
    pub(crate) keep: Keep,
}

impl Setup<'_> {
    /// Another fixture.
    ///
    /// # Errors
    ///
    /// When that one could not be set up; the message names its type.
    pub fn take<F: Fixture>(&mut self) -> FixtureResult<F> {
        F::set_up(self).map_err(|cause| match cause.downcast::<Error>() {
            // The innermost fixture is the one that failed; those around it only passed the error on.
            Ok(error) if error.is_fixture() => error.into(),
            Ok(error) => Error::fixture(std::any::type_name::<F>(), error).into(),
            Err(cause) => Error::fixture(std::any::type_name::<F>(), cause).into(),
        })
    }

    /// The worker the test runs on.
    #[must_use]
    pub fn worker(&self) -> &Worker {
        self.worker
    }

    /// The last part of that name.
    pub(crate) fn function(&self) -> &'static str {
        self.test.rsplit("::").next().unwrap_or(self.test)
    }

    /// The name of the test, as it is printed.
    #[must_use]
    pub fn test_name(&self) -> &str {
        self.test
    }

    /// A value that this worker makes once and keeps: the first test on it that asks has it made by `make`, the
    /// later ones share it. Keyed by the type `T`. Dropped when the worker ends.
    ///
    /// # Errors
    ///
    /// What `make` answers. A failure is not kept: the next test tries again.
    pub fn once_per_worker<T, E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E>
    where
        T: Any + Send + Sync,
    {
        self.of_worker.get_or_make(make)
    }

    /// A value that the run makes once, in this process, and keeps: whoever asks first has it made by `make`; who asks
    /// meanwhile waits. Keyed by the type `T`. Dropped when the run ends.
    ///
    /// Under cargo-nextest every test is a process of its own, so there it is made once for each test.
    ///
    /// # Errors
    ///
    /// What `make` answers. A failure is not kept: the next test tries again.
    pub fn once_per_run<T, E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E>
    where
        T: Any + Send + Sync,
    {
        self.of_run.get_or_make(make)
    }

    /// Gives `lease` back when the attempt is over, after its body and after everything leased later.
    pub(crate) fn lease_for_attempt(&mut self, lease: impl Lease + 'static) {
        self.leases.push(Box::new(lease));
    }
}

impl Fixture for Worker {
    fn set_up(setup: &mut Setup<'_>) -> FixtureResult<Self> {
        Ok(setup.worker().clone())
    }
}
