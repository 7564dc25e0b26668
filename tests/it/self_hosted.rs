//! All integration tests, on swimlanes itself. They run on libtest too, from `main.rs`, as a harness that fails its own tests could
//! not be trusted to say so.
#![allow(missing_docs)]

// What `#[test]` is in the modules below.
pub(crate) use swimlanes::test;

mod suite;
mod support;

swimlanes::main!();
