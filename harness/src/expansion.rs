//! What the macros name, and nobody else should: the pieces that an expanded test is written down with.

mod printing;
mod returned;
#[cfg(feature = "tokio")]
mod runtime;

pub use inventory;

pub use crate::model::backoff::{Backoff, RetryOn};
pub use crate::model::case::{Attributes, Body, Case, Ignore, Location, Pace, Ran, ShouldPanic};
pub use crate::model::fixture::Setup;
pub use crate::model::outcome::Returned;
pub use crate::model::skip::skip;
pub use crate::model::tags::{Access, Domain, Lock, Need, Resource};
pub use crate::model::target::Target;
pub use printing::{eprint, print};
pub use returned::{OfResult, OfTermination, Value};
#[cfg(feature = "tokio")]
pub use runtime::{Flavor, block_on};
