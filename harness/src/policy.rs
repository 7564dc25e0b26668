//! Decisions, as functions from values to values and as state machines: no clock, thread, file or variable in here.

pub(crate) mod attribution;
pub(crate) mod cancel;
pub(crate) mod classify;
pub(crate) mod ledger;
pub(crate) mod remaining_tests;
pub(crate) mod retry;
pub(crate) mod run_monitor;
pub(crate) mod summary;
pub(crate) mod timeout;
