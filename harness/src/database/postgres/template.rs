//! A PostgreSQL database that is migrated once and copied from then on.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

use postgres::Client;

use crate::database::postgres::recycle::{Rows, renewal};
use crate::model::error::FixtureResult;
use crate::model::protocol::Renewal;

/// How to make a PostgreSQL database that others start as a copy of: migrations, reference data. Needs the feature `postgres`.
///
/// It is made once for the run, by whichever test asks first. `migrate` gets a connection to an empty database, and its URL, with which
/// other drivers migrate it: `tokio::runtime::Runtime::new()?.block_on(…)` for asynchronous ones. What `ALTER DATABASE … SET` sets is not
/// copied.
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
    /// A template of this name, for people; `migrate` fills an empty database.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str, migrate: fn(&mut Migration) -> FixtureResult<()>) -> Self {
        Self { name, migrated_at: Location::caller(), migrate }
    }

    /// What no other one has. Two may have one name, in other processes, too, where nobody could compare them.
    pub(crate) fn key(&self) -> String {
        format!("{} {}", self.name, self.migrated_at)
    }
}

/// An empty database that is to become a template: a connection to it, and its URL.
pub struct Migration {
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl Migration {
    /// As [`Postgres::url`](crate::Postgres::url).
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

/// The statement that makes a copy of this database clean again: it deletes the rows of all tables that are empty in it, starts their
/// sequences anew, and fails if more than that has changed. It is one, so that it is planned once and asked in one go:
/// 1.3 to 1.4 ms with 10 tables (2 cores, release build). And the way of which less is asked and more is looked at, if there is one.
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
    // Nobody catches this error: what has been deleted by then is there again.
    let answer = format!("1 / CASE WHEN {} THEN 0 ELSE 1 END", looked_at.join(" OR "));
    let clean = rows_of.put_right(&answer);
    Ok((clean, renewal(client, &rows_of)?))
}

/// What somebody has made in the database, apart from rows: a number for all that the catalogs say of it. The server's own things have
/// lower numbers, and are not looked at. Left out is what the server itself changes in the course of time.
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
