//! The nouns of swimlanes. No operating system, no clock and no threads in here: values that every other layer shares.

pub(crate) mod again;
pub(crate) mod backoff;
pub(crate) mod case;
pub(crate) mod config;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod excerpt;
pub(crate) mod fixture;
pub(crate) mod hash;
pub(crate) mod leaks;
pub(crate) mod lease;
pub(crate) mod note;
pub(crate) mod order;
pub(crate) mod outcome;
pub(crate) mod owner;
pub(crate) mod scope;
pub(crate) mod seed;
pub(crate) mod skip;
pub(crate) mod stopwatch;
pub(crate) mod store;
pub(crate) mod tags;
pub(crate) mod target;
pub(crate) mod variables;
pub(crate) mod verdict;
pub(crate) mod worker;
