//! All integration tests, on libtest. The same ones run on swimlanes itself from `main_lanes.rs`.
#![allow(missing_docs)]

// What `#[test]` is in the modules below.
pub(crate) use core::prelude::v1::test;

mod suite;
