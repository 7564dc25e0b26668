//! The code that swimlanes, its macros and its tools share. Suites depend on the crate swimlanes, which re-exports the items that they
//! need.
//!
//! | module | content | feature |
//! |---|---|---|
//! | [`attributes`] | the attributes of a test | – |
//! | [`backoff`] | the delay before a retry, and where a test is retried | its parsers: `parse` |
//! | `events` | the records of `--events` | `events` |
//! | `list` | the lines of `--list --format json` | `events` |
//! | [`split_mix`] | the random numbers of a seed | – |
//! | `time` | the parser of times such as `500ms` | `parse` |
//!
//! Without features the crate has no dependencies.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod attributes;
pub mod backoff;
#[cfg(feature = "events")]
pub mod events;
#[cfg(feature = "events")]
pub mod list;
pub mod split_mix;
#[cfg(feature = "parse")]
pub mod time;
