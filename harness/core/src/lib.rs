//! What swimlanes, its macros and its tools share: each idea that more than one of them needs is written down here, once. Suites depend on
//! the crate swimlanes, which re-exports what they need.
//!
//! | module | what it contains |
//! |---|---|
//! | [`split_mix`] | the random numbers of a seed |
//!
//! The crate has no dependencies.

pub mod split_mix;
