//! The service of a parcel depot: parcels in a SQLite file, a small HTTP server, settings that are read once, a manifest on disk.
//!
//! It is here to be tested by many workers at once. What they can get at each other by is what such a service has: one database URL, a
//! port, and settings that are kept for the whole process. [`broken`] has the forms of three of these that fail then.

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
