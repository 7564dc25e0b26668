//! A database file for each worker, and SQLite templates for it.
//!
//! A test takes [`Database`]. With the feature `sqlite`, `Template` describes a migrated database, which is copied for workers and tests,
//! and `Database::connect` opens a connection.
//!
//! # Driver
//!
//! The feature `sqlite` provides connections of the crate `rusqlite`, re-exported here, from version 0.32 up to and including 0.41, and
//! builds SQLite from C. Only one crate of a build can link SQLite, so cargo selects the version that is compatible with other users of
//! SQLite, such as sqlx. A suite that names the types of the driver should use the re-export, which is always the selected version. Support
//! for a later version of `rusqlite` is added in a minor release of swimlanes; support for a version is removed only in a breaking release.
//! Without the feature, any driver can open the file with [`Database::path`] or [`Database::url`].
#![cfg_attr(
    feature = "sqlite",
    doc = r#"
```
use swimlanes::sqlite::rusqlite::ErrorCode;
use swimlanes::sqlite::{Database, Template};

static SHOP: Template = Template::new("shop", |db| Ok(db.execute_batch("CREATE TABLE item (name TEXT PRIMARY KEY)")?));

#[swimlanes::test]
fn an_item_has_one_row(db: Database) -> Result<(), Box<dyn std::error::Error>> {
    let db = db.fresh_with_template(&SHOP)?.connect()?;
    let insert = "INSERT INTO item VALUES ('tea')";
    db.execute(insert, ())?;
    let error = db.execute(insert, ()).unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::ConstraintViolation));
    Ok(())
}
# fn main() {}
```
"#
)]

pub(crate) mod database;
#[cfg(feature = "sqlite")]
pub(crate) mod template;

pub use crate::model::error::{Error, ErrorKind};
#[cfg(feature = "sqlite")]
pub use ::rusqlite;
pub use database::Database;
#[cfg(feature = "sqlite")]
pub use template::Template;
