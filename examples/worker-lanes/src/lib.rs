//! The service of a parcel depot: parcels in a SQLite file, a small HTTP server, settings that are read once, a manifest on disk.
//!
//! It exists to be tested by many workers at once. Its shared state is typical for such a service: one database URL, a port, and settings
//! that are cached for the whole process. [`broken`] contains the forms of three of these that fail with many workers.

pub mod broken;
mod error;
mod http;
pub mod manifest;
pub mod migration;
mod parcel;
pub mod ports;
mod repository;
mod routes;
mod server;
pub mod settings;

pub use error::Error;
pub use parcel::{Parcel, Stage};
pub use repository::{Repository, connect};
pub use server::Server;
pub use settings::{Cache, Settings};
