//! What the macros name, and nobody else should: the pieces that an expanded test is written down with.

mod ended;
mod printing;
mod returned;
#[cfg(feature = "tokio")]
mod runtime;
mod wanted;

pub use inventory;
#[cfg(feature = "tokio")]
pub use tokio;

pub use crate::model::backoff::{Backoff, RetryOn};
pub use crate::model::carried::Carried;
pub use crate::model::case::{Attributes, Body, Case, Cases, Ignore, Pace, Ran, ShouldPanic};
pub use crate::model::error::FixtureResult;
pub use crate::model::fixture::{Definition, Generic, Setup};
pub use crate::model::function::{Extent, Function, Made, Param, Taken, Type};
pub use crate::model::location::Location;
pub use crate::model::outcome::Returned;
pub use crate::model::skip::skip;
pub use crate::model::store::Store;
pub use crate::model::tags::{Access, Domain, Lock, Need, Resource};
pub use crate::model::target::{DroppedTest, Target};
pub use ended::{End, EndedFuture, EndedValue};
pub use printing::{eprint, print};
pub use returned::{OfResult, OfTermination, Value};
#[cfg(feature = "tokio")]
pub use runtime::{Flavor, HasTestUtil, StartPaused, block_on, block_on_own, block_on_runtime_of, boxed, has_flavor};
pub use wanted::{Defined, FromFunction, FromGeneric, FromType, Given, GivenResult, GivenValue, Wanted, unboxed};
