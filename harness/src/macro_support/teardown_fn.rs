//! Which functions can tear a fixture down: they take the value or a reference to it, can be async, and return nothing or a `Result`.
//!
//! The parameter `Kind` of the trait has no other use than to allow an implementation for each form: the compiler infers it, since a
//! function has one form only.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::fixture::definition::{ArcValue, TearDown};
use crate::fixture::type_map::TypeMap;
#[cfg(feature = "tokio")]
use crate::macro_support::runtime::block_on_runtime_of;
use crate::model::error::{FixtureError, FixtureResult};

/// The results that a teardown can have.
#[diagnostic::on_unimplemented(
    message = "a function that tears a fixture down returns nothing or a `Result<(), E>`, and not `{Self}`",
    label = "this value would be ignored"
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

/// A function that tears a value of type `T` down.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot tear this fixture down",
    label = "not a teardown function for this fixture",
    note = "a teardown function takes the value, or a reference to it if its type is `Send` and `Sync`, and returns nothing or a `Result<(), E>`"
)]
#[cfg_attr(
    not(feature = "tokio"),
    diagnostic::on_unimplemented(note = "an async function needs the feature `tokio` of swimlanes")
)]
pub trait TeardownFn<T, Kind> {
    /// The function in the form that the harness calls.
    fn erased(self) -> TearDown;
}

/// Takes the value.
pub struct ByValue<R>(PhantomData<R>);

/// Takes a reference, so it can run while a test that hangs still uses the value.
pub struct ByRef<R>(PhantomData<R>);

const FOUND_BY_TYPE: &str = "the fixture is found by its type";

fn value<T: Any>(value: Box<dyn Any>) -> T {
    *value.downcast().expect(FOUND_BY_TYPE)
}

fn shared<T: Any + Send + Sync>(fixture: Box<dyn Any>) -> ArcValue {
    Arc::new(Box::new(value::<T>(fixture)))
}

fn reference<T: Any>(value: &dyn Any) -> &T {
    value.downcast_ref().expect(FOUND_BY_TYPE)
}

impl<T, F, R> TeardownFn<T, ByValue<R>> for F
where
    T: Any,
    F: Fn(T) -> R + Send + 'static,
    R: TeardownResult,
{
    fn erased(self) -> TearDown {
        TearDown::ByValue(Box::new(move |fixture, _: &TypeMap| self(value(fixture)).end()))
    }
}

impl<T, F, R> TeardownFn<T, ByRef<R>> for F
where
    T: Any + Send + Sync,
    F: Fn(&T) -> R + Send + 'static,
    R: TeardownResult,
{
    fn erased(self) -> TearDown {
        let function = Box::new(move |fixture: &dyn Any, _: &TypeMap| self(reference(fixture)).end());
        TearDown::ByRef { function, share: shared::<T> }
    }
}

/// As [`ByValue`], and async.
#[cfg(feature = "tokio")]
pub struct AsyncByValue<R>(PhantomData<R>);

/// As [`ByRef`], and async.
#[cfg(feature = "tokio")]
pub struct AsyncByRef<R>(PhantomData<R>);

#[cfg(feature = "tokio")]
impl<T, F, R> TeardownFn<T, AsyncByValue<R>> for F
where
    T: Any,
    F: AsyncFn(T) -> R + Send + 'static,
    R: TeardownResult,
{
    fn erased(self) -> TearDown {
        TearDown::ByValue(Box::new(move |fixture, runtime| block_on_runtime_of(runtime, self(value(fixture))).end()))
    }
}

#[cfg(feature = "tokio")]
impl<T, F, R> TeardownFn<T, AsyncByRef<R>> for F
where
    T: Any + Send + Sync,
    F: AsyncFn(&T) -> R + Send + 'static,
    R: TeardownResult,
{
    fn erased(self) -> TearDown {
        let function = Box::new(move |fixture: &dyn Any, runtime: &TypeMap| {
            block_on_runtime_of(runtime, self(reference(fixture))).end()
        });
        TearDown::ByRef { function, share: shared::<T> }
    }
}

/// The teardown function of a fixture. The first parameter is the function that converts what the fixture function returns, and only says
/// what the type of the fixture is.
pub fn tear_down_with<R, T, Kind, F>(_: fn(R) -> FixtureResult<T>, function: F) -> TearDown
where
    F: TeardownFn<T, Kind>,
{
    function.erased()
}
