//! All integration tests, on libtest. `self_hosted.rs` runs the same tests on swimlanes.
#![allow(missing_docs)]

// The meaning of `#[test]` in the modules below.
pub(crate) use core::prelude::v1::test;

mod suite;
mod support;
