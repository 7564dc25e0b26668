//! Tests of `cargo swimlanes` as a process, on small generated projects and files.
#![cfg(unix)]

mod interrupt;
mod new_suite;
mod project;
mod report;
mod stability;
