//! What is known of a function that makes fixtures, and of the values that it makes.

use std::any::{Any, TypeId, type_name};
use std::marker::PhantomData;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use crate::model::carried::Carried;
use crate::model::error::FixtureResult;
use crate::model::location::Location;
use crate::model::store::Store;

/// How long a value lives, and who shares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// One attempt of one test.
    Test,
    /// As long as the worker, and for all its tests.
    Worker,
    /// As long as the run, and for all tests of this process.
    Run,
}

impl Extent {
    /// As in `scope = "worker"`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Worker => "worker",
            Self::Run => "run",
        }
    }
}

/// A type, and its name for people.
#[derive(Debug, Clone, Copy)]
pub struct Type {
    pub(crate) id: TypeId,
    pub(crate) name: &'static str,
}

impl Type {
    /// That type.
    #[must_use]
    pub fn of<T: Any>() -> Self {
        Self { id: TypeId::of::<T>(), name: type_name::<T>() }
    }

    /// The type that this function makes of what a fixture's function returns.
    #[must_use]
    pub fn of_value<R, T: Any>(_: fn(R) -> FixtureResult<T>) -> Self {
        Self::of::<T>()
    }
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// How a parameter is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// By value, of a type that is a [`Fixture`](crate::Fixture).
    FromType,
    /// By value, from a function.
    Owned,
    /// By reference, from a function.
    Shared,
}

/// A parameter of a test, or of a fixture's function.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Of which type; without the `&`.
    pub of: Type,
    /// How it is taken.
    pub taken: Taken,
    /// The function that makes it, if that is generic: nobody else can know which of its values there are.
    pub by: Option<&'static Function>,
}

/// A value that a fixture's function has made.
pub enum Made {
    /// For one attempt.
    Own(Box<dyn Any>),
    /// For all tests of a worker or of the run.
    Lasting(Box<dyn Any + Send + Sync>),
}

impl Made {
    /// For one attempt.
    pub fn own<T: Any>(value: T) -> Self {
        Self::Own(Box::new(value))
    }

    /// For all tests of a worker or of the run, which may run on several threads.
    pub fn lasting<T: Any + Send + Sync>(value: T) -> Self {
        Self::Lasting(Box::new(value))
    }
}

/// A value of some type that is shared.
pub(crate) enum Held {
    OfAttempt(Rc<Box<dyn Any>>),
    Lasting(Arc<Box<dyn Any + Send + Sync>>),
}

/// A value of type `T` that is shared, as long as a test or a fixture's function uses it.
pub struct Shared<T> {
    held: Held,
    of: PhantomData<fn() -> T>,
}

impl<T> Shared<T> {
    pub(crate) fn new(held: Held) -> Self {
        Self { held, of: PhantomData }
    }
}

impl<T: Any> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let value = match &self.held {
            Held::OfAttempt(value) => value.downcast_ref(),
            Held::Lasting(value) => value.downcast_ref(),
        };
        value.expect("it is found by its type")
    }
}

/// What ends a value: `runtime` is where its asynchronous parts live.
pub(crate) type TearDown = fn(made: Box<dyn Any>, runtime: &Store) -> FixtureResult<()>;

/// A function that makes values of one type, and what is known of it before it is called.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// The path of the function, with the crate.
    pub path: &'static str,
    /// Where the function's name stands.
    pub location: Location,
    /// How long its values live.
    pub extent: Extent,
    /// What it makes.
    pub makes: fn() -> Type,
    /// What it takes.
    pub params: fn() -> Vec<Param>,
    /// Ends one, if it is not simply dropped.
    pub tear_down: Option<TearDown>,
    /// How one comes to the other processes of the run, if they are to share it.
    pub carried: Option<fn() -> Carried>,
}

impl Function {
    /// Whether it is that one. A generic one has a place in memory for each type, or several.
    pub(crate) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || (self.makes)() == (other.makes)()
    }

    /// The function, without the crate.
    pub(crate) fn name(&self) -> &'static str {
        self.path.split_once("::").map_or(self.path, |(_, name)| name)
    }
}
