//! Tests of `cargo swimlanes stability` as a process, on small generated projects.
#![cfg(unix)]

mod interrupt;
mod project;
mod stability;
