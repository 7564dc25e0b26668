//! All integration tests, on swimlanes itself. They also run on libtest, from `main.rs`, as a harness that fails its own tests cannot be
//! trusted to report that.
#![allow(missing_docs)]

// The meaning of `#[test]` in the modules below.
pub(crate) use swimlanes::test;

mod suite;
mod support;

swimlanes::main!();
