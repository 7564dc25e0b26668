//! The statements that recycle a test's copy of a template, if only rows have changed in it.
//!
//! Since version 15, the server immediately counts the rows written to each table, aborted or not, including catalog tables. While the
//! counters of all tables that are not emptied are 0, nothing has been created, changed or removed there. Reading the counters takes 0.2
//! ms; checking every row of the catalogs takes 2.4 ms (2 cores). Sessions that set `track_counts` to off are not counted; only superusers
//! can do that.

use postgres::Client;

use crate::model::protocol::Renewal;

/// The first version with `idle_session_timeout`.
const OLDEST: i32 = 140_000;

/// The first version that counts written rows immediately.
const COUNTING: i32 = 150_000;

/// The content of a template.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// Tables without rows, with their OIDs, which are the same in all copies.
    pub(crate) empty: Vec<(String, u32)>,
    /// Tables and materialized views with rows.
    pub(crate) filled: Vec<String>,
    /// Expressions that reset the sequences.
    pub(crate) sequences: Vec<String>,
}

impl Rows {
    /// The statement that empties the tables and resets the sequences. Its first column is `answer`.
    pub(crate) fn put_right(&self, answer: &str) -> String {
        let tables = self.empty.iter().enumerate();
        let deleted: Vec<String> =
            tables.map(|(n, (table, _))| format!("d{n} AS (DELETE FROM ONLY {table})")).collect();
        let with = if deleted.is_empty() { String::new() } else { format!("WITH {} ", deleted.join(", ")) };
        let answers: Vec<&str> = std::iter::once(answer).chain(self.sequences.iter().map(String::as_str)).collect();
        format!("{with}SELECT {}", answers.join(", "))
    }
}

/// Prepares a session that recycles. Triggers, foreign keys and policies are disabled, waits are short, and nothing is written to the log
/// that is shown with a test that fails. If a test needs exclusive access to a database, to copy or rename it, the server waits 5 s for
/// other sessions to end; the idle timeout ends this session before that.
pub(crate) const PREPARE: &str = "SET session_replication_role = replica; SET row_security = off; SET lock_timeout = '100ms'; \
                                  SET statement_timeout = '100ms'; SET log_min_messages = panic; SET idle_session_timeout = '500ms'; \
                                  SET search_path = pg_catalog";

/// The statements that recycle copies of this database. `None` if copies cannot be recycled: the server is too old, its user is not a
/// superuser, or there are triggers or rules that cannot be disabled this way.
///
/// # Errors
///
/// When the server does not answer.
pub(crate) fn renewal(client: &mut Client, rows: &Rows) -> Result<Option<Renewal>, postgres::Error> {
    let found = client.query_one(
        "SELECT current_setting('server_version_num')::int, \
                current_setting('is_superuser')::bool \
                AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgenabled IN ('A', 'R')) \
                AND NOT EXISTS (SELECT FROM pg_rewrite WHERE ev_enabled IN ('A', 'R')), \
                (SELECT dattablespace FROM pg_database WHERE datname = current_database())",
        &[],
    )?;
    let (version, may, tablespace): (i32, bool, u32) = (found.get(0), found.get(1), found.get(2));
    if version < OLDEST || !may {
        return Ok(None);
    }
    let counts = version >= COUNTING;
    let (untouched, since) = if counts {
        (untouched(rows), "coalesce(pg_stat_get_db_stat_reset_time(d.oid)::text, ''), pg_stat_force_next_flush()")
    } else {
        ("false".to_owned(), "''")
    };
    let answer = format!(
        "CASE WHEN NOT ({}) THEN 'changed' WHEN {untouched} THEN 'same' ELSE 'perhaps' END",
        is_itself(tablespace)
    );
    let this = "FROM pg_database d WHERE d.datname = current_database()";
    let clean = format!("{} {this}", rows.put_right(&format!("{answer}, {since}")));
    let count_anew = match counts {
        true => format!("SELECT pg_stat_reset(), pg_stat_get_db_stat_reset_time(d.oid)::text {this}"),
        false => "SELECT ''".to_owned(),
    };
    Ok(Some(Renewal { clean, compare: compare(client, rows)?, count_anew }))
}

/// Whether rows were written only to the tables that are emptied.
fn untouched(rows: &Rows) -> String {
    let empty: Vec<String> = rows.empty.iter().map(|(_, oid)| oid.to_string()).collect();
    format!(
        "current_setting('track_counts')::bool AND (SELECT sum(pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid) \
         + pg_stat_get_tuples_deleted(oid)) = 0 FROM pg_class WHERE relkind IN ('r', 'm') AND NOT relisshared \
         AND oid <> ALL ('{{{}}}'::oid[]))",
        empty.join(", ")
    )
}

/// Whether the shared catalogs describe this database like a new copy.
fn is_itself(tablespace: u32) -> String {
    let none = |what: &str| format!("NOT EXISTS (SELECT FROM {what})");
    [
        format!("d.datallowconn AND NOT d.datistemplate AND d.datconnlimit = -1 AND d.dattablespace = {tablespace}"),
        "d.datacl IS NULL AND d.datdba = (SELECT r.oid FROM pg_roles r WHERE r.rolname = session_user)".to_owned(),
        none("pg_db_role_setting s WHERE s.setdatabase = d.oid"),
        none("pg_shdescription s WHERE s.objoid = d.oid AND s.classoid = 'pg_database'::regclass"),
        none("pg_shseclabel s WHERE s.objoid = d.oid AND s.classoid = 'pg_database'::regclass"),
        none("pg_subscription s WHERE s.subdbid = d.oid"),
        none("pg_prepared_xacts p WHERE p.database = d.datname"),
        none("pg_replication_slots s WHERE s.database = d.datname"),
    ]
    .join(" AND ")
}

/// Whether every table that is filled in the template has the same number of rows, none of them newer. An updated row is newer; a deleted
/// row changes the number.
fn compare(client: &mut Client, rows: &Rows) -> Result<String, postgres::Error> {
    let catalogs = client.query(
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind = 'r' AND NOT c.relisshared AND n.nspname IN ('pg_catalog', 'information_schema') ORDER BY 1",
        &[],
    )?;
    let catalogs = catalogs.iter().map(|row| row.get(0));
    let tables: Vec<String> = catalogs.chain(rows.filled.iter().cloned()).collect();
    let from = |table: &String| match table.as_str() {
        // The schemas of temporary tables remain after the tables are dropped.
        "pg_catalog.pg_namespace" => format!("FROM {table} t WHERE t.nspname !~ '^pg_(toast_)?temp_'"),
        _ => format!("FROM ONLY {table} t"),
    };
    let counts: Vec<String> = tables.iter().map(|table| format!("(SELECT count(*) {})", from(table))).collect();
    let counts = client.query_one(&format!("SELECT ARRAY[{}]", counts.join(", ")), &[])?;
    let counts: Vec<i64> = counts.get(0);
    // Every row of the template is older than this transaction.
    let born: String = client.query_one("SELECT (txid_current() % 4294967296)::text", &[])?.get(0);
    let is_as_was = |(table, count): (&String, i64)| {
        let newer = "count(*) FILTER (WHERE age(t.xmin) <= born.age)";
        format!("(SELECT count(*) = {count} AND {newer} = 0 {})", from(table))
    };
    let compared: Vec<String> = tables.iter().zip(counts).map(is_as_was).collect();
    Ok(format!("SELECT {} FROM (SELECT age('{born}'::xid)) born(age)", compared.join(" AND ")))
}
