//! Doing it: the pool of supervisors, the worker loop, attempts, and the single test under cargo-nextest.

pub(crate) mod attempt;
pub(crate) mod case;
pub(crate) mod closing;
pub(crate) mod gate;
pub(crate) mod pool;
pub(crate) mod progress;
pub(crate) mod shared;
pub(crate) mod site;
pub(crate) mod solo;
pub(crate) mod supervisor;
pub(crate) mod watch;
pub(crate) mod worker;
