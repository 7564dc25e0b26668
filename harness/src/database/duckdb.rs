//! DuckDB databases.

pub(crate) mod database;
pub(crate) mod instance;
pub(crate) mod template;
