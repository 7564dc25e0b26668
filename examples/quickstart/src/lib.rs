//! A small shop: items and orders in a SQLite file, a server that sells them over TCP, reports as CSV files.
//!
//! It exists to be tested: the features that `tests/shop` shows need a program that owns files, listens on ports and reads the state of the
//! process.

mod error;
mod export;
mod observer;
mod protocol;
mod server;
mod settings;
mod store;

pub use error::Error;
pub use export::{csv, write_reports};
pub use observer::{Observation, Order, observe};
pub use server::Server;
pub use settings::Settings;
pub use store::{Item, Store, migrate};

#[cfg(test)]
swimlanes::main!();
