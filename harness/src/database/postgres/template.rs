//! A PostgreSQL database that is migrated once and copied from then on.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

use postgres::Client;

use crate::database::postgres::recycle::{Rows, renewal};
use crate::model::error::FixtureResult;
use crate::model::protocol::Renewal;

/// How to make a PostgreSQL database that is copied for workers and tests: migrations, reference data. Needs the feature `postgres`.
///
/// The first test that asks for the template makes it, once for the run. `migrate` gets a connection to an empty database, and its URL
/// for migrations with other drivers; run asynchronous ones with `tokio::runtime::Runtime::new()?.block_on(…)`. Settings made with
/// `ALTER DATABASE … SET` are not copied.
///
/// ```
/// use swimlanes::prelude::*;
/// use swimlanes::{PgTemplate, Postgres};
///
/// static SHOP: PgTemplate = PgTemplate::new("shop", |db| {
///     db.batch_execute("CREATE TABLE item (name text PRIMARY KEY)")?;
///     Ok(())
/// });
///
/// #[swimlanes::test]
/// fn a_new_shop_is_empty(db: Postgres) -> Result<(), Box<dyn std::error::Error>> {
///     let mut db = db.with_template(&SHOP)?.rollback()?;
///     let items: i64 = db.query_one("SELECT count(*) FROM item", &[])?.get(0);
///     assert_eq!(items, 0);
///     Ok(())
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct PgTemplate {
    pub(crate) name: &'static str,
    migrated_at: &'static Location<'static>,
    pub(crate) migrate: fn(&mut Migration) -> FixtureResult<()>,
}

impl PgTemplate {
    /// Creates a template. Its name helps people to recognize it and need not be unique; `migrate` fills an empty database.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str, migrate: fn(&mut Migration) -> FixtureResult<()>) -> Self {
        Self { name, migrated_at: Location::caller(), migrate }
    }

    /// The key that identifies the template. Names are not sufficient: templates in different processes may have the same name, and
    /// cannot be compared.
    pub(crate) fn key(&self) -> String {
        format!("{} {}", self.name, self.migrated_at)
    }
}

/// An empty database that becomes a template: a connection to it, and its URL.
pub struct Migration {
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl Migration {
    /// The URL of the database, as [`Postgres::url`](crate::Postgres::url) returns it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migration").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Deref for Migration {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Migration {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

/// Returns the statement that cleans a copy of this database. It deletes the rows of all tables that are empty in the template, resets
/// the sequences, and fails if anything else has changed. It is a single statement, so it is planned once and takes one round trip:
/// 1.3 to 1.4 ms with 10 tables (2 cores, release build). Also returns the statements that recycle a copy, if copies can be recycled.
///
/// # Errors
///
/// When the server does not answer.
pub(crate) fn cleaning(client: &mut Client) -> Result<(String, Option<Renewal>), postgres::Error> {
    let (mut rows_of, mut looked_at) = (Rows::default(), Vec::new());
    let tables = client.query(
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind = 'r', c.oid FROM pg_class c \
         JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1",
        &[],
    )?;
    for row in &tables {
        let (table, is_table, oid): (String, bool, u32) = (row.get(0), row.get(1), row.get(2));
        let rows = "coalesce(sum(hashtextextended(ROW(swimlanes_row.*)::text, 0)), 0)::text || ' ' || count(*)";
        let found = client.query_one(&format!("SELECT {rows}, count(*) FROM {table} swimlanes_row"), &[])?;
        if is_table && found.get::<_, i64>(1) == 0 {
            rows_of.empty.push((table, oid));
        } else {
            let found: String = found.get(0);
            looked_at.push(format!("(SELECT {rows} FROM {table} swimlanes_row) <> '{found}'"));
            rows_of.filled.push(table);
        }
    }
    let sequences = client.query(
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind = 'S' AND c.relpersistence <> 't' ORDER BY 1",
        &[],
    )?;
    for row in &sequences {
        let sequence: String = row.get(0);
        let state = client.query_one(&format!("SELECT last_value, is_called FROM {sequence}"), &[])?;
        let (value, is_used): (i64, bool) = (state.get(0), state.get(1));
        rows_of.sequences.push(format!("setval('{}', {value}, {is_used})", sequence.replace('\'', "''")));
    }
    let shape = shape();
    let found: String = client.query_one(&format!("SELECT {shape}"), &[])?.get(0);
    looked_at.push(format!("{shape} <> '{found}'"));
    // The error aborts the statement, which restores the rows that it has deleted.
    let answer = format!("1 / CASE WHEN {} THEN 0 ELSE 1 END", looked_at.join(" OR "));
    let clean = rows_of.put_right(&answer);
    Ok((clean, renewal(client, &rows_of)?))
}

/// A query expression for the structure of the database: a hash of each catalog's rows. Objects of the server itself have smaller OIDs
/// and are left out, and so is what the server changes by itself over time.
fn shape() -> String {
    let kinds = [
        (
            "pg_class",
            "oid >= 16384 AND relpersistence <> 't'",
            "relname, relkind, relnatts, relchecks, relhasrules, relhastriggers, \
          relrowsecurity, relforcerowsecurity, relowner, reloptions, relacl, relreplident",
        ),
        (
            "pg_attribute",
            "attrelid >= 16384 AND attrelid IN (SELECT oid FROM pg_class WHERE relpersistence <> 't')",
            "*",
        ),
        ("pg_attrdef", "adrelid >= 16384", "*"),
        (
            "pg_type",
            "oid >= 16384 AND typrelid NOT IN (SELECT oid FROM pg_class WHERE relpersistence = 't') AND typname NOT LIKE \
          'pg_temp%'",
            "*",
        ),
        ("pg_enum", "oid >= 16384", "*"),
        ("pg_proc", "oid >= 16384", "*"),
        ("pg_constraint", "oid >= 16384", "*"),
        ("pg_trigger", "oid >= 16384", "*"),
        ("pg_rewrite", "oid >= 16384", "*"),
        ("pg_policy", "oid >= 16384", "*"),
        ("pg_index", "indexrelid >= 16384", "indexrelid, indisvalid, indisunique"),
        ("pg_sequence", "seqrelid >= 16384", "*"),
        ("pg_namespace", "oid >= 16384 AND nspname NOT LIKE 'pg_%'", "*"),
        ("pg_extension", "oid >= 16384", "*"),
        ("pg_largeobject_metadata", "true", "oid"),
        (
            "pg_db_role_setting",
            "setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())",
            "setrole, setconfig",
        ),
    ];
    let number = |(table, which, what): &(&str, &str, &str)| {
        let row = match *what {
            "*" => "c.*".to_owned(),
            columns => {
                columns.split(", ").map(|column| format!("c.{}", column.trim())).collect::<Vec<String>>().join(", ")
            }
        };
        format!(
            "(SELECT coalesce(sum(hashtextextended(ROW({row})::text, 0)), 0) || '/' || count(*) FROM {table} c WHERE {which})"
        )
    };
    kinds.iter().map(number).collect::<Vec<String>>().join(" || ' ' || ")
}
