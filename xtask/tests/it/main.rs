//! Tests of `cargo xtask stability` as a process, on small generated projects.
#![cfg(unix)]

mod interrupt;
mod project;
mod stability;
