//! DuckDB databases: a file for each worker, and databases in memory for each test. Feature `duckdb`.
//!
//! A test takes [`DuckDb`]; [`Template`] describes a migrated database that others start as.
//!
//! # Driver
//!
//! [`duckdb`](crate::duckdb::duckdb) is the driver of [`DuckDb::connect`] and of [`Template`]: the crate `duckdb`, exactly version 1.10506.0,
//! with a shared library `libduckdb` 1.5.6. Both have to agree, so each release of swimlanes names one pair, and a release that names
//! another pair is a breaking one. [`DuckDb`] says how the library gets there.

pub(crate) mod database;
pub(crate) mod instance;
pub(crate) mod template;

pub use crate::model::error::{Error, ErrorKind};
pub use ::duckdb;
pub use database::DuckDb;
pub use template::DuckTemplate as Template;
