//! How a parameter is set up, by its type, and what a fixture function returns.
//!
//! Method resolution chooses between the traits. The macros call the methods on `&&ParamOf`. So the compiler finds the methods on
//! `&ParamOf` first, `FromType`; then those on `&&ParamOf`, `FromGeneric`; then those on `ParamOf`, `FromFunction`. `FixtureReturnResult`
//! and `FixtureReturnValue` below work in the same way.

use std::any::Any;
use std::cell::Cell;
use std::marker::PhantomData;

use crate::fixture::context::{Fixture, FixtureContext, FixtureDef};
use crate::fixture::definition::{FixtureValue, Param, Passing, Shared, TypeKey};
use crate::model::error::{FixtureError, FixtureResult};

/// A parameter of type `T`.
pub struct ParamOf<T>(PhantomData<fn() -> T>);

impl<T: Any> ParamOf<T> {
    /// A new one.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "for expansions alone")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A type that a generic fixture function makes. Implemented by `#[swimlanes::fixture]`.
pub trait Defined: Any + Sized {
    /// The fixture function for this type.
    const DEFINITION: &'static FixtureDef;

    /// Makes a value.
    ///
    /// # Errors
    ///
    /// If the function or one of its parameters fails.
    fn make(setup: &mut FixtureContext<'_>) -> FixtureResult<FixtureValue>;
}

/// For a type that implements [`Fixture`].
pub trait FromType<T> {
    /// Sets up the value.
    ///
    /// # Errors
    ///
    /// If it cannot be set up.
    fn take(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<T>;
    /// The description of the parameter.
    fn param(&self) -> Param;
}

impl<T: Fixture + Any> FromType<T> for &ParamOf<T> {
    fn take(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<T> {
        setup.get()
    }

    fn param(&self) -> Param {
        Param { of: TypeKey::of::<T>(), passing: Passing::FromType, by: None }
    }
}

/// For a type that a generic fixture function makes.
pub trait FromGeneric<T> {
    /// Sets up the value.
    ///
    /// # Errors
    ///
    /// If it cannot be set up.
    fn take(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<T>;
    /// The value that tests share.
    ///
    /// # Errors
    ///
    /// If it cannot be set up.
    fn shared(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<Shared<T>>;
    /// The description of a parameter that is taken by value.
    fn param(&self) -> Param;
    /// The description of a parameter that is taken by reference.
    fn shared_param(&self) -> Param;
}

impl<T: Defined> FromGeneric<T> for &&ParamOf<T> {
    fn take(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<T> {
        setup.get_new_by(T::DEFINITION)
    }

    fn shared(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<Shared<T>> {
        setup.get_ref_by(T::DEFINITION)
    }

    fn param(&self) -> Param {
        Param { of: TypeKey::of::<T>(), passing: Passing::Owned, by: Some(&T::DEFINITION.function) }
    }

    fn shared_param(&self) -> Param {
        Param { passing: Passing::Shared, ..FromGeneric::<T>::param(self) }
    }
}

/// For all other types.
pub trait FromFunction<T> {
    /// Sets up the value.
    ///
    /// # Errors
    ///
    /// If it cannot be set up.
    fn take(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<T>;
    /// The value that tests share.
    ///
    /// # Errors
    ///
    /// If it cannot be set up.
    fn shared(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<Shared<T>>;
    /// The description of a parameter that is taken by value.
    fn param(&self) -> Param;
    /// The description of a parameter that is taken by reference.
    fn shared_param(&self) -> Param;
}

impl<T: Any> FromFunction<T> for ParamOf<T> {
    fn take(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<T> {
        setup.get_new()
    }

    fn shared(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<Shared<T>> {
        setup.get_ref()
    }

    fn param(&self) -> Param {
        Param { of: TypeKey::of::<T>(), passing: Passing::Owned, by: None }
    }

    fn shared_param(&self) -> Param {
        Param { of: TypeKey::of::<T>(), passing: Passing::Shared, by: None }
    }
}

/// What a fixture function, or its teardown function, has returned.
pub struct FixtureReturn<R>(Cell<Option<R>>);

impl<R> FixtureReturn<R> {
    /// Wraps the value.
    pub const fn new(value: R) -> Self {
        Self(Cell::new(Some(value)))
    }

    pub(super) fn take(&self) -> R {
        self.0.take().expect("the expansion asks once")
    }
}

/// For a `Result`.
pub trait FixtureReturnResult<T, E> {
    /// The value in the `Result`. The bound is on the method, so that the compiler reports an unsuitable error type, instead of taking the
    /// `Result` for the value.
    ///
    /// # Errors
    ///
    /// The error in the `Result`.
    fn value(&self) -> FixtureResult<T>
    where
        E: Into<FixtureError>;
}

impl<T, E> FixtureReturnResult<T, E> for FixtureReturn<Result<T, E>> {
    fn value(&self) -> FixtureResult<T>
    where
        E: Into<FixtureError>,
    {
        self.take().map_err(Into::into)
    }
}

/// For all other types.
pub trait FixtureReturnValue<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// Never.
    fn value(&self) -> FixtureResult<T>;
}

impl<T> FixtureReturnValue<T> for &FixtureReturn<T> {
    fn value(&self) -> FixtureResult<T> {
        Ok(self.take())
    }
}
