//! The tables: traces, their experiments, and the number of sessions of each experiment.

use duckdb::Connection;

use crate::Error;

/// Whether the database itself keeps session ids unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// `session_id` is the primary key: a second row of a session is refused.
    Primary,
    /// There is no key: a second row is accepted.
    Missing,
}

/// Creates the tables in an empty database.
///
/// # Errors
///
/// If DuckDB fails.
pub fn migrate(db: &Connection, key: Key) -> Result<(), Error> {
    let primary = match key {
        Key::Primary => "PRIMARY KEY",
        Key::Missing => "",
    };
    db.execute_batch(&format!(
        "CREATE TABLE session_trace (session_id TEXT NOT NULL {primary}, client TEXT NOT NULL);
         CREATE TABLE experiment (name TEXT PRIMARY KEY, sessions BIGINT NOT NULL DEFAULT 0);
         CREATE TABLE link (session_id TEXT NOT NULL {primary}, experiment TEXT NOT NULL);"
    ))
    .map_err(|cause| Error::new("make the tables", cause))
}

/// Adds an experiment without sessions.
///
/// # Errors
///
/// If an experiment of this name exists.
pub fn add_experiment(db: &Connection, name: &str) -> Result<(), Error> {
    let added = db.execute("INSERT INTO experiment (name) VALUES (?)", [name]);
    added.map(|_| ()).map_err(|cause| Error::new(format!("add the experiment `{name}`"), cause))
}
