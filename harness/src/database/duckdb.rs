//! DuckDB databases: a file for each worker, and databases in memory for each test. Feature `duckdb`.
//!
//! A test takes [`DuckDb`]; [`Template`] describes a migrated database, which is copied for workers and tests.
//!
//! # Driver
//!
//! [`duckdb`](crate::duckdb::duckdb) is the driver of [`DuckDb::connect`] and of [`Template`]: the crate `duckdb`, exactly version
//! 1.10506.0, with a shared library `libduckdb` 1.5.6. The two versions must match, so each release of swimlanes requires one pair, and a
//! change of the pair is a breaking release. [`DuckDb`] explains how to install the library.

pub(crate) mod database;
pub(crate) mod instance;
pub(crate) mod template;

pub use crate::model::error::{Error, ErrorKind};
pub use ::duckdb;
pub use database::DuckDb;
pub use template::DuckTemplate as Template;
