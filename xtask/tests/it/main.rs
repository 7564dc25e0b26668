//! `cargo xtask stability`, run from outside on small projects made for it.
#![cfg(unix)]

mod interrupt;
mod project;
mod stability;
