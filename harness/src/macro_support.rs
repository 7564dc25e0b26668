//! What the macros refer to in their expansions. No other code should use it.

mod needs_harness;
mod params;
mod printing;
#[cfg(feature = "tokio")]
mod runtime;
mod teardown_fn;
mod test_return;

pub use inventory;
#[cfg(feature = "tokio")]
pub use tokio;

pub use crate::fixture::body_end::BodyEnd;
pub use crate::fixture::codec::{RunScoped, ValueCodec};
pub use crate::fixture::context::{FixtureContext, FixtureDef, GenericFixtureDef};
pub use crate::fixture::definition::{Autouse, FixtureInfo, FixtureValue, Param, Passing, Scope, TearDown, TypeKey};
pub use crate::fixture::type_map::TypeMap;
pub use crate::model::error::FixtureResult;
pub use crate::model::location::Location;
pub use crate::model::outcome::TestReturn;
pub use crate::model::skip::skip;
pub use crate::model::tags::{Access, Constraint, LockClaim, LockNamespace, Resource};
pub use crate::model::target::{DroppedTest, Target};
pub use crate::test_case::case::{Attributes, Body, Case, Cases, Ignore, Pace, Ran, ShouldPanic};
pub use needs_harness::needs_harness_false;
pub use params::{
    Defined, FixtureReturn, FixtureReturnResult, FixtureReturnValue, FromFunction, FromGeneric, FromType, ParamOf,
};
pub use printing::{eprint, print};
#[cfg(feature = "tokio")]
pub use runtime::{Flavor, HasTestUtil, StartPaused, block_on, block_on_own, block_on_runtime_of, boxed, has_flavor};
pub use swimlanes_core::backoff::{Backoff, RetryOn};
pub use teardown_fn::{TeardownFn, TeardownResult, tear_down_with};
pub use test_return::{ResultReturn, TerminationReturn, TestReturnValue};
