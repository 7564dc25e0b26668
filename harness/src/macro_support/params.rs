//! Where a parameter comes from, by its type, and what a fixture's function has returned.
//!
//! Which of several ways it is, method resolution decides. It is asked for on `&&Wanted`, and so it finds the methods on `&Wanted` first,
//! `FromType`; then those on `&&Wanted`, `FromGeneric`; then those on `Wanted`, `FromFunction`. And so with `OfResult` and `Plain` below.

use std::any::Any;
use std::cell::Cell;
use std::marker::PhantomData;

use crate::fixture::context::{Definition, Fixture, Setup};
use crate::fixture::definition::{Made, Param, Shared, Taken, Type};
use crate::model::error::{FixtureError, FixtureResult};

/// A parameter of type `T`.
pub struct Wanted<T>(PhantomData<fn() -> T>);

impl<T: Any> Wanted<T> {
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
    const DEFINITION: &'static Definition;

    /// Makes a value.
    ///
    /// # Errors
    ///
    /// Those of the function, and of what it takes.
    fn make(setup: &mut Setup<'_>) -> FixtureResult<Made>;
}

/// For a type that is a fixture.
pub trait FromType<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// When it cannot be set up.
    fn take(&self, setup: &mut Setup<'_>) -> FixtureResult<T>;
    /// What is said of it.
    fn param(&self) -> Param;
}

impl<T: Fixture + Any> FromType<T> for &Wanted<T> {
    fn take(&self, setup: &mut Setup<'_>) -> FixtureResult<T> {
        setup.take()
    }

    fn param(&self) -> Param {
        Param { of: Type::of::<T>(), taken: Taken::FromType, by: None }
    }
}

/// For a type that a generic function makes.
pub trait FromGeneric<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// When it cannot be set up.
    fn take(&self, setup: &mut Setup<'_>) -> FixtureResult<T>;
    /// The value that tests share.
    ///
    /// # Errors
    ///
    /// When it cannot be set up.
    fn shared(&self, setup: &mut Setup<'_>) -> FixtureResult<Shared<T>>;
    /// What is said of it if it is taken by value.
    fn param(&self) -> Param;
    /// What is said of it if it is taken by reference.
    fn shared_param(&self) -> Param;
}

impl<T: Defined> FromGeneric<T> for &&Wanted<T> {
    fn take(&self, setup: &mut Setup<'_>) -> FixtureResult<T> {
        setup.own_by(T::DEFINITION)
    }

    fn shared(&self, setup: &mut Setup<'_>) -> FixtureResult<Shared<T>> {
        setup.shared_by(T::DEFINITION)
    }

    fn param(&self) -> Param {
        Param { of: Type::of::<T>(), taken: Taken::Owned, by: Some(&T::DEFINITION.function) }
    }

    fn shared_param(&self) -> Param {
        Param { taken: Taken::Shared, ..FromGeneric::<T>::param(self) }
    }
}

/// For every other one.
pub trait FromFunction<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// When it cannot be set up.
    fn take(&self, setup: &mut Setup<'_>) -> FixtureResult<T>;
    /// The value that tests share.
    ///
    /// # Errors
    ///
    /// When it cannot be set up.
    fn shared(&self, setup: &mut Setup<'_>) -> FixtureResult<Shared<T>>;
    /// What is said of it if it is taken by value.
    fn param(&self) -> Param;
    /// What is said of it if it is taken by reference.
    fn shared_param(&self) -> Param;
}

impl<T: Any> FromFunction<T> for Wanted<T> {
    fn take(&self, setup: &mut Setup<'_>) -> FixtureResult<T> {
        setup.own()
    }

    fn shared(&self, setup: &mut Setup<'_>) -> FixtureResult<Shared<T>> {
        setup.shared()
    }

    fn param(&self) -> Param {
        Param { of: Type::of::<T>(), taken: Taken::Owned, by: None }
    }

    fn shared_param(&self) -> Param {
        Param { of: Type::of::<T>(), taken: Taken::Shared, by: None }
    }
}

/// What a fixture's function, or the one that tears it down, has returned.
pub struct Given<R>(Cell<Option<R>>);

impl<R> Given<R> {
    /// That.
    pub const fn new(value: R) -> Self {
        Self(Cell::new(Some(value)))
    }

    pub(super) fn take(&self) -> R {
        self.0.take().expect("the expansion asks once")
    }
}

/// For a `Result`.
pub trait GivenResult<T, E> {
    /// The value in it. The bound is here, so that what does not fulfil it is complained of, and not taken for a value.
    ///
    /// # Errors
    ///
    /// Its error.
    fn value(&self) -> FixtureResult<T>
    where
        E: Into<FixtureError>;
}

impl<T, E> GivenResult<T, E> for Given<Result<T, E>> {
    fn value(&self) -> FixtureResult<T>
    where
        E: Into<FixtureError>,
    {
        self.take().map_err(Into::into)
    }
}

/// For everything else.
pub trait GivenValue<T> {
    /// It.
    ///
    /// # Errors
    ///
    /// Never.
    fn value(&self) -> FixtureResult<T>;
}

impl<T> GivenValue<T> for &Given<T> {
    fn value(&self) -> FixtureResult<T> {
        Ok(self.take())
    }
}

/// The value in this box, of the type that this function makes of what a fixture's function returns.
pub fn unboxed<R, T: Any>(_: fn(R) -> FixtureResult<T>, made: Box<dyn Any>) -> T {
    *made.downcast().expect("what is torn down is what was made")
}
