//! What a teardown function returns: nothing, a `Result`, or a future of one of them.
//!
//! Method resolution chooses between the traits, as in `params`: it finds `TeardownFuture` first.

#[cfg(feature = "tokio")]
use std::future::Future;

use crate::fixture::type_map::TypeMap;
use crate::macro_support::params::FixtureReturn;
#[cfg(feature = "tokio")]
use crate::macro_support::runtime::block_on_runtime_of;
use crate::model::error::{FixtureError, FixtureResult};

/// The results that a teardown can have.
#[diagnostic::on_unimplemented(
    message = "a function that tears a fixture down returns nothing or a `Result<(), E>`, and not `{Self}`",
    label = "this value would be ignored"
)]
#[cfg_attr(
    not(feature = "tokio"),
    diagnostic::on_unimplemented(note = "an async function needs the feature `tokio` of swimlanes")
)]
pub trait TeardownResult {
    /// Converts the result.
    ///
    /// # Errors
    ///
    /// If the teardown failed.
    fn end(self) -> FixtureResult<()>;
}

impl TeardownResult for () {
    fn end(self) -> FixtureResult<()> {
        Ok(())
    }
}

impl<E: Into<FixtureError>> TeardownResult for Result<(), E> {
    fn end(self) -> FixtureResult<()> {
        self.map_err(Into::into)
    }
}

/// For a future.
pub trait TeardownFuture {
    /// Runs the future on the runtime of the fixture.
    ///
    /// # Errors
    ///
    /// If the teardown failed.
    fn end(&self, runtime: &TypeMap) -> FixtureResult<()>;
}

#[cfg(feature = "tokio")]
impl<F: Future<Output: TeardownResult>> TeardownFuture for FixtureReturn<F> {
    fn end(&self, runtime: &TypeMap) -> FixtureResult<()> {
        block_on_runtime_of(runtime, self.take()).end()
    }
}

/// For all other types.
pub trait TeardownValue<R> {
    /// Converts the value. The bound is on the method, so that the compiler prints its message.
    ///
    /// # Errors
    ///
    /// If the teardown failed.
    fn end(&self, runtime: &TypeMap) -> FixtureResult<()>
    where
        R: TeardownResult;
}

impl<R> TeardownValue<R> for &FixtureReturn<R> {
    fn end(&self, _: &TypeMap) -> FixtureResult<()>
    where
        R: TeardownResult,
    {
        self.take().end()
    }
}
