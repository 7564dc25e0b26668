//! A worker's database file, and SQLite templates for it.

pub(crate) mod database;
#[cfg(feature = "sqlite")]
pub(crate) mod template;
