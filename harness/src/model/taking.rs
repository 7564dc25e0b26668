//! How a test, or a fixture's function, gets what other functions make.

use std::any::Any;
use std::rc::Rc;

use crate::model::error::{Error, FixtureResult};
use crate::model::fixture::{Brought, Definition, Setup};
use crate::model::function::{Extent, Held, Made, Param, Shared, Type};
use crate::model::made::{Lasting, Origin};
use crate::model::scope::Scope;
use crate::model::skip;
use crate::model::stopwatch::Stopwatch;
use crate::model::store::Store;

/// Nobody wants the test to run, only to say what it takes.
#[derive(Debug, thiserror::Error)]
#[error("only the parameters were asked for")]
pub(crate) struct Inspected;

impl Setup<'_> {
    /// Says what the test takes, if that is what somebody wants to know. The attribute calls this first.
    ///
    /// # Errors
    ///
    /// Always then, so that the test goes no further.
    #[doc(hidden)]
    pub fn inspect(&mut self, params: fn() -> Vec<Param>) -> FixtureResult<()> {
        match &mut self.inspected {
            None => Ok(()),
            Some(inspected) => {
                inspected.extend(params());
                Err(Inspected.into())
            }
        }
    }

    /// Where the asynchronous parts live of what is made now.
    #[doc(hidden)]
    #[must_use]
    pub fn runtime(&self) -> &Store {
        self.runtime
    }

    /// A value of this type, made by the function with `#[swimlanes::fixture]` that returns one, for this attempt.
    ///
    /// # Errors
    ///
    /// When no function makes one, or it failed.
    pub fn own<T: Any>(&mut self) -> FixtureResult<T> {
        let definition = self.defined::<T>()?;
        self.own_by(definition)
    }

    /// As [`Setup::own`]; by this function.
    ///
    /// # Errors
    ///
    /// When it failed.
    pub(crate) fn own_by<T: Any>(&mut self, definition: &'static Definition) -> FixtureResult<T> {
        match self.made(definition)? {
            Made::Own(value) => Ok(*value.downcast().expect("it is found by its type")),
            Made::Lasting(_) => {
                let message = "tests share it: take it by `&`, or with `Setup::shared`";
                Err(Error::of_fixture(definition.function.name(), message.into()))
            }
        }
    }

    /// The value of this type that tests share, made by the function with `#[swimlanes::fixture]` that returns one: for this attempt, for
    /// the worker or for the run, as its `scope` says.
    ///
    /// ```
    /// use swimlanes::prelude::*;
    ///
    /// #[swimlanes::fixture(scope = "run")]
    /// fn greeting() -> String {
    ///     "hello".to_owned()
    /// }
    ///
    /// struct Greeter(usize);
    ///
    /// impl Fixture for Greeter {
    ///     fn set_up(setup: &mut Setup<'_>) -> FixtureResult<Self> {
    ///         Ok(Self(setup.shared::<String>()?.len()))
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// When no function makes one, or it failed; once it has, it is not tried again for the worker or the run. A generic function is
    /// not found here: a parameter says at compile time which one makes its type.
    pub fn shared<T: Any>(&mut self) -> FixtureResult<Shared<T>> {
        let definition = self.defined::<T>()?;
        self.shared_by(definition)
    }

    /// As [`Setup::shared`]; by this function.
    ///
    /// # Errors
    ///
    /// When it failed.
    pub(crate) fn shared_by<T: Any>(&mut self, definition: &'static Definition) -> FixtureResult<Shared<T>> {
        let held = match definition.function.extent {
            Extent::Test => self.shared_in_attempt(definition)?,
            Extent::Worker => self.shared_in(self.of_worker, definition)?,
            Extent::Run => self.shared_in(self.of_run, definition)?,
        };
        Ok(Shared::new(held))
    }

    fn shared_in_attempt(&mut self, definition: &'static Definition) -> FixtureResult<Held> {
        let of_attempt = self.of_attempt;
        let value = of_attempt.get_or_make(&definition.function, || match self.made(definition)? {
            Made::Own(value) => Ok(value),
            Made::Lasting(value) => Ok(value),
        })?;
        Ok(Held::OfAttempt(Rc::clone(&value)))
    }

    fn shared_in(&self, scope: &Scope, definition: &'static Definition) -> FixtureResult<Held> {
        self.lasting_in(scope, definition).map(Held::Lasting)
    }

    /// The value of this function, which this scope has.
    ///
    /// # Errors
    ///
    /// When the function has failed.
    pub(crate) fn lasting_in(&self, scope: &Scope, definition: &'static Definition) -> FixtureResult<Lasting> {
        if let Some(value) = scope.made.get(&definition.function) {
            return Ok(value);
        }
        // Who waits for another test that makes it is not charged for that.
        let _standing = self.stopwatch.map(Stopwatch::stand);
        let make = || {
            if let Some(carried) = definition.function.carried
                && let Some(brought) = (self.carry)(self, &definition.function)
            {
                return match brought {
                    Brought::Value(bytes) => Ok(((carried().unpack)(&bytes)?, Origin::Elsewhere)),
                    Brought::Failed(cause) => Err(cause),
                    Brought::Skipped(reason) => skip::skip(reason),
                };
            }
            match self.make_in(scope, |setup| setup.made(definition))? {
                Made::Lasting(value) => Ok((value, Origin::Here)),
                Made::Own(_) => Err(Error::fault("a value that is to last was made for one attempt").into()),
            }
        };
        let value = scope.made.get_or_make(&definition.function, self.test, make);
        value.map_err(|cause| Error::of_fixture(definition.function.name(), cause))
    }

    fn made(&mut self, definition: &'static Definition) -> FixtureResult<Made> {
        __rust_begin_short_backtrace(|| (definition.make)(self))
            .map_err(|cause| Error::of_fixture(definition.function.name(), cause))
    }

    fn defined<T: Any>(&self) -> FixtureResult<&'static Definition> {
        let of = Type::of::<T>();
        (self.definition)(of.id).ok_or_else(|| {
            let message =
                "no function with `#[swimlanes::fixture]` returns one, and it is no `swimlanes::Fixture` either";
            Error::of_fixture(of.name, message.into())
        })
    }
}

/// What calls a fixture's function is of no interest in a backtrace: the standard library ends a short one at a frame of this name.
#[inline(never)]
fn __rust_begin_short_backtrace<T>(make: impl FnOnce() -> T) -> T {
    let made = make();
    // Not the last thing in the function, or the frame would be gone.
    std::hint::black_box(());
    made
}
