//! A PostgreSQL database that is migrated once and copied from then on.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use postgres::Client;

use crate::model::error::{Error, FixtureResult};

/// How to make a PostgreSQL database that others start as a copy of: migrations, reference data. Needs the feature `postgres`.
///
/// It is made once for the run, by whichever test asks first. `migrate` gets a connection to an empty database, and the name of that to
/// connect to it by other means, with [`Postgres::url_of`](crate::Postgres::url_of) for instance.
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
    pub(crate) migrate: fn(&mut Client) -> FixtureResult<()>,
}

impl PgTemplate {
    /// A template of this name, which must be unique in the suite; `migrate` fills an empty database.
    #[must_use]
    pub const fn new(name: &'static str, migrate: fn(&mut Client) -> FixtureResult<()>) -> Self {
        Self { name, migrate }
    }

    /// Refuses a second template of the same name, which would find the first one's tables.
    pub(crate) fn check_name(&'static self) -> Result<(), Error> {
        static KNOWN: Mutex<BTreeMap<&str, usize>> = Mutex::new(BTreeMap::new());
        let own = std::ptr::from_ref(self).addr();
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        match *known.entry(self.name).or_insert(own) == own {
            true => Ok(()),
            false => Err(Error::usage(format!("two templates are named `{}`; rename one of them", self.name))),
        }
    }
}

/// The statement that makes a copy of this database clean again: it deletes the rows of all tables that are empty in it, starts their
/// sequences anew, and fails if more than that has changed. It is one, so that it is planned once and asked in one go: with a statement for
/// each table it took 2.3 to 3.5 ms
/// where it takes 0.6 now (10 tables, on 2 cores that were busy with other things).
///
/// # Errors
///
/// When the server does not answer.
pub(crate) fn cleaning(client: &mut Client) -> Result<String, postgres::Error> {
    let (mut deleted, mut answers, mut looked_at) = (Vec::new(), Vec::new(), Vec::new());
    let tables = client.query(
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind = 'r' FROM pg_class c \
         JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1",
        &[],
    )?;
    for row in &tables {
        let (table, is_table): (String, bool) = (row.get(0), row.get(1));
        let rows = "coalesce(sum(hashtextextended(t::text, 0)), 0)::text || ' ' || count(*)";
        let found = client.query_one(&format!("SELECT {rows}, count(*) FROM {table} t"), &[])?;
        if is_table && found.get::<_, i64>(1) == 0 {
            deleted.push(format!("d{} AS (DELETE FROM ONLY {table})", deleted.len()));
        } else {
            let found: String = found.get(0);
            looked_at.push(format!("(SELECT {rows} FROM {table} t) <> '{found}'"));
        }
    }
    let sequences = client.query(
        "SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename), coalesce(last_value, start_value), last_value IS NOT NULL \
         FROM pg_sequences ORDER BY 1",
        &[],
    )?;
    for row in &sequences {
        let (sequence, value, is_used): (String, i64, bool) = (row.get(0), row.get(1), row.get(2));
        answers.push(format!("setval('{}', {value}, {is_used})", sequence.replace('\'', "''")));
    }
    let shape = shape();
    let found: String = client.query_one(&format!("SELECT {shape}"), &[])?.get(0);
    looked_at.push(format!("{shape} <> '{found}'"));
    // Nobody catches this error: what has been deleted by then is there again.
    answers.push(format!("1 / CASE WHEN {} THEN 0 ELSE 1 END", looked_at.join(" OR ")));
    let with = if deleted.is_empty() { String::new() } else { format!("WITH {} ", deleted.join(", ")) };
    Ok(format!("{with}SELECT {}", answers.join(", ")))
}

/// What somebody has made in the database, apart from rows: how many things of each kind, and of which number the newest is. The server's
/// own have lower numbers, and are not looked at.
fn shape() -> String {
    let kinds = [
        ("pg_class", "oid", "relpersistence <> 't'"),
        ("pg_attribute", "attrelid", "NOT attisdropped"),
        ("pg_type", "oid", "typtype <> 'p'"),
        ("pg_enum", "oid", "true"),
        ("pg_proc", "oid", "true"),
        ("pg_constraint", "oid", "true"),
        ("pg_trigger", "oid", "true"),
        ("pg_namespace", "oid", "nspname NOT LIKE 'pg_%'"),
        ("pg_largeobject_metadata", "oid", "true"),
    ];
    let count = |(table, number, which): &(&str, &str, &str)| {
        let newest = if *number == "oid" { "coalesce(max(oid)::bigint, 0)" } else { "0" };
        format!("(SELECT count(*) || '/' || {newest} FROM {table} WHERE {number} >= 16384 AND {which})")
    };
    kinds.iter().map(count).collect::<Vec<String>>().join(" || ' ' || ")
}
