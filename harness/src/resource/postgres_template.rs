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

/// What makes a copy of this database clean again: deletes the rows of all tables that are empty in it, and starts their sequences anew;
/// and says with an error that more than that has changed. In one go, as each question to the server costs more than the rest of it.
///
/// # Errors
///
/// When the server does not answer.
pub(crate) fn cleaning(client: &mut Client) -> Result<String, postgres::Error> {
    let mut emptied = String::new();
    let mut looked_at = Vec::new();
    let tables = client.query(
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1",
        &[],
    )?;
    for row in &tables {
        let table: String = row.get(0);
        let rows = "coalesce(sum(hashtextextended(t::text, 0)), 0)::text || ' ' || count(*)";
        let found = client.query_one(&format!("SELECT {rows}, count(*) FROM {table} t"), &[])?;
        if found.get::<_, i64>(1) == 0 {
            emptied += &format!("DELETE FROM {table};\n");
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
        emptied += &format!("PERFORM setval('{}', {value}, {is_used});\n", sequence.replace('\'', "''"));
    }
    // What is there at all: tables, columns, types, functions.
    let shape = "(SELECT count(*) || ' ' || (SELECT count(*) FROM pg_attribute) || ' ' || (SELECT count(*) FROM pg_proc) || ' ' || \
                 (SELECT count(*) FROM pg_type) FROM pg_class WHERE relpersistence <> 't')";
    let found: String = client.query_one(&format!("SELECT {shape}"), &[])?.get(0);
    looked_at.push(format!("{shape} <> '{found}'"));
    let changed = looked_at.join(" OR ");
    // No trigger and no foreign key has a say in what order rows go.
    Ok(format!(
        "SET session_replication_role = replica;\nDO $swimlanes$ BEGIN\nIF {changed} THEN RAISE 'more than rows of empty tables has \
         changed'; END IF;\n{emptied}END $swimlanes$;\nSET session_replication_role = DEFAULT;"
    ))
}
