//! A parallel test harness: every worker swims in its own lane.

#[doc(hidden)]
pub mod expansion;

mod model;
mod platform;
mod policy;
mod report;
mod resource;
mod run;
mod session;

pub mod prelude;

#[doc(hidden)]
pub use expansion as __macros;

pub use model::error::{Error, FixtureError, FixtureResult};
pub use model::fixture::{Fixture, Setup};
pub use model::seed::Seed;
pub use model::tags::Tags;
pub use model::worker::Worker;
#[cfg(feature = "filterset")]
#[doc(hidden)]
pub use policy::filterset;
pub use resource::bound_port::BoundPort;
pub use resource::database::Database;
pub use resource::dir::{TestDir, WorkerDir};
pub use resource::port::Port;
#[cfg(feature = "sqlite")]
pub use resource::template::Template;
pub use session::runner::{Runner, runner};
pub use swimlanes_macros::test;
