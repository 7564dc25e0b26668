//! What a function has returned that tears a fixture down: nothing, a `Result`, or a future of one of them.
//!
//! Method resolution decides, as in `wanted`: `TeardownFuture` is found first.

#[cfg(feature = "tokio")]
use std::future::Future;

use crate::fixture::type_map::TypeMap;
use crate::macro_support::params::FixtureReturn;
#[cfg(feature = "tokio")]
use crate::macro_support::runtime::block_on_runtime_of;
use crate::model::error::{FixtureError, FixtureResult};

/// What the end of a fixture can come to.
#[diagnostic::on_unimplemented(
    message = "a function that tears a fixture down returns nothing or a `Result<(), E>`, and not `{Self}`",
    label = "nobody looks at this value"
)]
#[cfg_attr(
    not(feature = "tokio"),
    diagnostic::on_unimplemented(note = "an async function needs the feature `tokio` of swimlanes")
)]
pub trait TeardownResult {
    /// Whether it went well.
    ///
    /// # Errors
    ///
    /// If not.
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
    /// Waits for it, on the runtime of the fixture.
    ///
    /// # Errors
    ///
    /// What it answers.
    fn end(&self, runtime: &TypeMap) -> FixtureResult<()>;
}

#[cfg(feature = "tokio")]
impl<F: Future<Output: TeardownResult>> TeardownFuture for FixtureReturn<F> {
    fn end(&self, runtime: &TypeMap) -> FixtureResult<()> {
        block_on_runtime_of(runtime, self.take()).end()
    }
}

/// For everything else.
pub trait TeardownValue<R> {
    /// What it is. The bound is here for the sake of its message.
    ///
    /// # Errors
    ///
    /// If it is one.
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
