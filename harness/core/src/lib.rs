//! What swimlanes, its macros and its tools share: each idea that more than one of them needs is written down here, once. Suites depend on
//! the crate swimlanes, which re-exports what they need.
//!
//! | module | what it contains | feature |
//! |---|---|---|
//! | [`attributes`] | what the attribute of a test says | – |
//! | [`backoff`] | the delay before a retry, and where a test is retried | its parsers: `parse` |
//! | `events` | the records of `--events` | `events` |
//! | [`split_mix`] | the random numbers of a seed | – |
//! | `time` | the parser of times such as `500ms` | `parse` |
//!
//! Without features the crate has no dependencies.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod attributes;
pub mod backoff;
#[cfg(feature = "events")]
pub mod events;
pub mod split_mix;
#[cfg(feature = "parse")]
pub mod time;
