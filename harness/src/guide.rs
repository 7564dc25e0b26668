//! The guide: one page for each question, with examples that are tested.

#[doc = include_str!("../guide/versions.md")]
pub mod versions {}
