//! Events and tracking records in PostgreSQL.

use std::collections::HashMap;
use std::fmt;

use postgres::error::SqlState;
use postgres::types::ToSql;
use postgres::{Client, Row, Statement};
use swimlanes_kit::point;

use crate::error::{Error, Kind};
use crate::event::{Event, Notification, Tracking};
use crate::recorder::{Recorder, sql};

/// A connection to PostgreSQL, with isolation level READ COMMITTED.
pub struct PostgresRecorder {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
}

impl PostgresRecorder {
    /// Uses the database of this connection, which has the tables of [`SCHEMA`](crate::SCHEMA).
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, prepared: HashMap::new() }
    }

    fn batch(&mut self, tried: &'static str, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).map_err(|cause| failed(tried, cause))
    }

    fn query(
        &mut self,
        tried: &'static str,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Error> {
        let answered = self.prepared(sql).and_then(|statement| self.client.query(&statement, values));
        answered.map_err(|cause| failed(tried, cause))
    }

    fn prepared(&mut self, sql: &'static str) -> Result<Statement, postgres::Error> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.prepared.insert(sql, statement.clone());
        Ok(statement)
    }
}

impl fmt::Debug for PostgresRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresRecorder").finish_non_exhaustive()
    }
}

impl Recorder for PostgresRecorder {
    fn begin(&mut self) -> Result<(), Error> {
        self.batch("begin a transaction", "BEGIN")
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.batch("commit", "COMMIT")
    }

    fn rollback(&mut self) -> Result<(), Error> {
        self.batch("roll back", "ROLLBACK")
    }

    fn insert_event(&mut self, application_name: &str, event: &Event) -> Result<(), Error> {
        // Numbers must be assigned and committed in the same order. Otherwise a follower that sees 6 would track it, and never see 5, which
        // is committed later. Readers do not wait.
        self.batch("lock the events", "LOCK TABLE event IN EXCLUSIVE MODE")?;
        let values: [&(dyn ToSql + Sync); 4] =
            [&application_name, &event.originator_id, &event.originator_version, &event.state];
        self.query("insert an event", sql::INSERT_EVENT, &values).map(drop)
    }

    fn insert_tracking(&mut self, tracking: &Tracking) -> Result<(), Error> {
        let values: [&(dyn ToSql + Sync); 2] = [&tracking.application_name, &tracking.notification_id];
        self.query("insert a tracking record", sql::INSERT_TRACKING, &values)?;
        // Other transactions that insert this key wait until this one has ended.
        point!("tracking inserted, not committed");
        Ok(())
    }

    fn max_tracking_id(&mut self, application_name: &str) -> Result<i64, Error> {
        let rows = self.query("look for the last tracking record", sql::MAX_TRACKING_ID, &[&application_name])?;
        Ok(number(&rows))
    }

    fn tracked(&mut self, application_name: &str) -> Result<Vec<i64>, Error> {
        let rows = self.query("list tracking records", sql::TRACKED, &[&application_name])?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    fn notifications(&mut self, application_name: &str, after: i64, limit: i64) -> Result<Vec<Notification>, Error> {
        let rows = self.query("list notifications", sql::NOTIFICATIONS, &[&application_name, &after, &limit])?;
        let notification = |row: &Row| Notification {
            id: row.get(0),
            event: Event { originator_id: row.get(1), originator_version: row.get(2), state: row.get(3) },
        };
        Ok(rows.iter().map(notification).collect())
    }

    fn last_version(&mut self, application_name: &str, originator_id: &str) -> Result<i64, Error> {
        let rows = self.query("look for the last version", sql::LAST_VERSION, &[&application_name, &originator_id])?;
        Ok(number(&rows))
    }
}

/// The number in the result of a query about an aggregate.
fn number(rows: &[Row]) -> i64 {
    rows.first().map_or(0, |row| row.get(0))
}

fn failed(tried: &'static str, cause: postgres::Error) -> Error {
    let kind = match cause.code() {
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => Kind::UniqueViolation,
        Some(code) if *code == SqlState::T_R_SERIALIZATION_FAILURE => Kind::Serialization,
        Some(code) if *code == SqlState::T_R_DEADLOCK_DETECTED => Kind::Serialization,
        Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => Kind::Busy,
        _ => Kind::Other,
    };
    let why = match cause.as_db_error() {
        Some(error) => match error.detail() {
            Some(detail) => format!("{}; {detail}", error.message()),
            None => error.message().to_owned(),
        },
        None => cause.to_string(),
    };
    Error::new(kind, tried, why).because(cause)
}
