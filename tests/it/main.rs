//! All integration tests, on libtest. The same ones run on swimlanes itself from `self_hosted.rs`.
#![allow(missing_docs)]

// What `#[test]` is in the modules below.
pub(crate) use core::prelude::v1::test;

mod suite;
mod support;
