//! Where a parameter comes from, by its type, and what a fixture's function has returned.
//!
//! Which of several ways it is, method resolution decides. It is asked for on `&&ParamOf`, and so it finds the methods on `&ParamOf` first,
//! `FromType`; then those on `&&ParamOf`, `FromGeneric`; then those on `ParamOf`, `FromFunction`. And so with `OfResult` and `Plain` below.

use std::any::Any;
use std::cell::Cell;
use std::marker::PhantomData;

use crate::fixture::context::{Fixture, FixtureContext, FixtureDef};
use crate::fixture::definition::{FixtureValue, Param, Passing, Shared, TypeKey};
use crate::model::error::{FixtureError, FixtureResult};

/// A parameter of type `T`.
pub struct ParamOf<T>(PhantomData<fn() -> T>);

impl<T: Any> ParamOf<T> {
    /// One.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "for expansions alone")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A type that a generic function makes. Written by `#[swimlanes::fixture]`.
pub trait Defined: Any + Sized {
    /// The function, for this type.
    const DEFINITION: &'static FixtureDef;

    /// Makes a value.
    ///
    /// # Errors
    ///
    /// Those of the function, and of what it takes.
    fn make(setup: &mut FixtureContext<'_>) -> FixtureResult<FixtureValue>;
}

/// For a type that is a fixture.
pub trait FromType<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// When it cannot be set up.
    fn take(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<T>;
    /// What is said of it.
    fn param(&self) -> Param;
}

impl<T: Fixture + Any> FromType<T> for &ParamOf<T> {
    fn take(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<T> {
        setup.take()
    }

    fn param(&self) -> Param {
        Param { of: TypeKey::of::<T>(), passing: Passing::FromType, by: None }
    }
}

/// For a type that a generic function makes.
pub trait FromGeneric<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// When it cannot be set up.
    fn take(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<T>;
    /// The value that tests share.
    ///
    /// # Errors
    ///
    /// When it cannot be set up.
    fn shared(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<Shared<T>>;
    /// What is said of it if it is taken by value.
    fn param(&self) -> Param;
    /// What is said of it if it is taken by reference.
    fn shared_param(&self) -> Param;
}

impl<T: Defined> FromGeneric<T> for &&ParamOf<T> {
    fn take(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<T> {
        setup.own_by(T::DEFINITION)
    }

    fn shared(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<Shared<T>> {
        setup.shared_by(T::DEFINITION)
    }

    fn param(&self) -> Param {
        Param { of: TypeKey::of::<T>(), passing: Passing::Owned, by: Some(&T::DEFINITION.function) }
    }

    fn shared_param(&self) -> Param {
        Param { passing: Passing::Shared, ..FromGeneric::<T>::param(self) }
    }
}

/// For every other one.
pub trait FromFunction<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// When it cannot be set up.
    fn take(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<T>;
    /// The value that tests share.
    ///
    /// # Errors
    ///
    /// When it cannot be set up.
    fn shared(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<Shared<T>>;
    /// What is said of it if it is taken by value.
    fn param(&self) -> Param;
    /// What is said of it if it is taken by reference.
    fn shared_param(&self) -> Param;
}

impl<T: Any> FromFunction<T> for ParamOf<T> {
    fn take(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<T> {
        setup.own()
    }

    fn shared(&self, setup: &mut FixtureContext<'_>) -> FixtureResult<Shared<T>> {
        setup.shared()
    }

    fn param(&self) -> Param {
        Param { of: TypeKey::of::<T>(), passing: Passing::Owned, by: None }
    }

    fn shared_param(&self) -> Param {
        Param { of: TypeKey::of::<T>(), passing: Passing::Shared, by: None }
    }
}

/// What a fixture's function, or the one that tears it down, has returned.
pub struct FixtureReturn<R>(Cell<Option<R>>);

impl<R> FixtureReturn<R> {
    /// That.
    pub const fn new(value: R) -> Self {
        Self(Cell::new(Some(value)))
    }

    pub(super) fn take(&self) -> R {
        self.0.take().expect("the expansion asks once")
    }
}

/// For a `Result`.
pub trait FixtureReturnResult<T, E> {
    /// The value in it. The bound is here, so that what does not fulfil it is complained of, and not taken for a value.
    ///
    /// # Errors
    ///
    /// Its error.
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

/// For everything else.
pub trait FixtureReturnValue<T> {
    /// It.
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

/// The value in this box, of the type that this function makes of what a fixture's function returns.
pub fn unboxed<R, T: Any>(_: fn(R) -> FixtureResult<T>, boxed_value: Box<dyn Any>) -> T {
    *boxed_value.downcast().expect("what is torn down is what was made")
}
