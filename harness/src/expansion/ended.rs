//! What a function has returned that tears a fixture down: nothing, a `Result`, or a future of one of them.
//!
//! Method resolution decides, as in `wanted`: `EndedFuture` is found first.

use std::cell::Cell;
#[cfg(feature = "tokio")]
use std::future::Future;

#[cfg(feature = "tokio")]
use crate::expansion::runtime::block_on_runtime_of;
use crate::model::error::{FixtureError, FixtureResult};
use crate::model::store::Store;

/// What it has returned.
pub struct Ended<R>(Cell<Option<R>>);

impl<R> Ended<R> {
    /// That.
    pub const fn new(value: R) -> Self {
        Self(Cell::new(Some(value)))
    }

    fn take(&self) -> R {
        self.0.take().expect("the expansion asks once")
    }
}

/// What the end of a fixture can come to.
#[diagnostic::on_unimplemented(
    message = "a function that tears a fixture down returns nothing or a `Result<(), E>`, and not `{Self}`",
    label = "nobody looks at this value"
)]
pub trait End {
    /// Whether it went well.
    ///
    /// # Errors
    ///
    /// If not.
    fn end(self) -> FixtureResult<()>;
}

impl End for () {
    fn end(self) -> FixtureResult<()> {
        Ok(())
    }
}

impl<E: Into<FixtureError>> End for Result<(), E> {
    fn end(self) -> FixtureResult<()> {
        self.map_err(Into::into)
    }
}

/// For a future.
pub trait EndedFuture {
    /// Waits for it, on the runtime of the fixture.
    ///
    /// # Errors
    ///
    /// What it answers.
    fn end(&self, runtime: &Store) -> FixtureResult<()>;
}

#[cfg(feature = "tokio")]
impl<F: Future<Output: End>> EndedFuture for Ended<F> {
    fn end(&self, runtime: &Store) -> FixtureResult<()> {
        block_on_runtime_of(runtime, self.take()).end()
    }
}

/// For everything else.
pub trait EndedValue<R> {
    /// What it is. The bound is here for the sake of its message.
    ///
    /// # Errors
    ///
    /// If it is one.
    fn end(&self, runtime: &Store) -> FixtureResult<()>
    where
        R: End;
}

impl<R> EndedValue<R> for &Ended<R> {
    fn end(&self, _: &Store) -> FixtureResult<()>
    where
        R: End,
    {
        self.take().end()
    }
}
