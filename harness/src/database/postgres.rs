//! PostgreSQL databases for workers and tests, on a server that the run starts. Feature `postgres`; Linux.
//!
//! A test takes [`Postgres`]; [`Template`] describes a migrated database, which is copied for workers and tests.
//!
//! # Driver
//!
//! [`postgres`](crate::postgres::postgres) is the driver of [`Postgres::connect`], [`Postgres::rollback`] and [`Migration`]: the crate
//! `postgres`, version 0.19. A suite that names its types can use this re-export instead of its own dependency on the driver. Every
//! other driver works with [`Postgres::url`]. A change to version 0.20 will be a breaking release of swimlanes.
//!
//! The server must be PostgreSQL 13 or later.
//!
//! ```
//! use swimlanes::postgres::{Postgres, Template};
//!
//! static SHOP: Template = Template::new("shop", |db| Ok(db.batch_execute("CREATE TABLE item (name text PRIMARY KEY)")?));
//!
//! #[swimlanes::test]
//! fn an_item_has_one_row(db: Postgres) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut db = db.with_template(&SHOP)?.rollback()?;
//!     let insert = "INSERT INTO item VALUES ('tea')";
//!     db.execute(insert, &[])?;
//!     let error = db.execute(insert, &[]).unwrap_err();
//!     assert_eq!(error.code(), Some(&swimlanes::postgres::postgres::error::SqlState::UNIQUE_VIOLATION));
//!     Ok(())
//! }
//! # fn main() {}
//! ```

pub(crate) mod binaries;
pub(crate) mod cleanup;
pub(crate) mod connection_limit;
pub(crate) mod create;
pub(crate) mod database;
pub(crate) mod lock_waits;
pub(crate) mod pool;
pub(crate) mod recycle;
pub(crate) mod rollback;
pub(crate) mod server;
pub(crate) mod template;
pub(crate) mod worker_database;

pub use crate::model::error::{Error, ErrorKind};
pub use ::postgres;
pub use database::Postgres;
pub use rollback::Rollback;
pub use template::{Migration, PgTemplate as Template};
