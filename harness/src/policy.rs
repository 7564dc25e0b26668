//! Decisions, as functions from values to values and as state machines: no clock, thread, file or variable in here.

pub(crate) mod blame;
pub(crate) mod by_name;
pub(crate) mod countdown;
#[cfg(feature = "filterset")]
pub mod filterset;
pub(crate) mod judge;
pub(crate) mod ledger;
pub(crate) mod lookout;
pub(crate) mod needs;
pub(crate) mod open;
pub(crate) mod order;
pub(crate) mod plan;
pub(crate) mod retry;
pub(crate) mod schedule;
pub(crate) mod select;
pub(crate) mod shard;
pub(crate) mod stop;
pub(crate) mod summary;
