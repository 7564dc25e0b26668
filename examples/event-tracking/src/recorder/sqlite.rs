//! Events and tracking records in a SQLite file.

use std::fmt;

use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
use rusqlite::{Connection, ErrorCode, Params, Row};

use crate::error::{Error, Kind};
use crate::event::{Event, Notification, Tracking};
use crate::recorder::{Recorder, sql};

/// A connection to a SQLite file. Only one connection writes at a time.
pub struct SqliteRecorder(Connection);

impl SqliteRecorder {
    /// Uses the file of this connection, which has the tables of [`SCHEMA`](crate::SCHEMA). The connection should have a `busy_timeout`:
    /// without one, each call that finds the file locked fails at once.
    #[must_use]
    pub fn new(connection: Connection) -> Self {
        Self(connection)
    }

    fn batch(&self, tried: &'static str, sql: &str) -> Result<(), Error> {
        self.0.execute_batch(sql).map_err(|cause| failed(tried, cause))
    }

    fn execute(&self, tried: &'static str, sql: &str, values: impl Params) -> Result<(), Error> {
        let done = self.0.prepare_cached(sql).and_then(|mut statement| statement.execute(values));
        done.map(drop).map_err(|cause| failed(tried, cause))
    }

    fn query<T>(
        &self,
        tried: &'static str,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let answered =
            self.0.prepare_cached(sql).and_then(|mut statement| statement.query_map(values, read)?.collect());
        answered.map_err(|cause| failed(tried, cause))
    }
}

impl fmt::Debug for SqliteRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteRecorder").finish_non_exhaustive()
    }
}

impl Recorder for SqliteRecorder {
    fn begin(&mut self) -> Result<(), Error> {
        // Immediate: a transaction that has read and then writes would fail as busy if another one has written in the meantime.
        self.batch("begin a transaction", "BEGIN IMMEDIATE")
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.batch("commit", "COMMIT")
    }

    fn rollback(&mut self) -> Result<(), Error> {
        match self.0.is_autocommit() {
            true => Ok(()),
            false => self.batch("roll back", "ROLLBACK"),
        }
    }

    fn insert_event(&mut self, application_name: &str, event: &Event) -> Result<(), Error> {
        let values = (application_name, &event.originator_id, event.originator_version, &event.state);
        self.execute("insert an event", sql::INSERT_EVENT, values)
    }

    fn insert_tracking(&mut self, tracking: &Tracking) -> Result<(), Error> {
        let values = (&tracking.application_name, tracking.notification_id);
        self.execute("insert a tracking record", sql::INSERT_TRACKING, values)
    }

    fn max_tracking_id(&mut self, application_name: &str) -> Result<i64, Error> {
        let tried = "look for the last tracking record";
        Ok(number(&self.query(tried, sql::MAX_TRACKING_ID, [application_name], |row| row.get(0))?))
    }

    fn tracked(&mut self, application_name: &str) -> Result<Vec<i64>, Error> {
        self.query("list tracking records", sql::TRACKED, [application_name], |row| row.get(0))
    }

    fn notifications(&mut self, application_name: &str, after: i64, limit: i64) -> Result<Vec<Notification>, Error> {
        self.query("list notifications", sql::NOTIFICATIONS, (application_name, after, limit), |row| {
            let event = Event { originator_id: row.get(1)?, originator_version: row.get(2)?, state: row.get(3)? };
            Ok(Notification { id: row.get(0)?, event })
        })
    }

    fn last_version(&mut self, application_name: &str, originator_id: &str) -> Result<i64, Error> {
        let values = (application_name, originator_id);
        Ok(number(&self.query("look for the last version", sql::LAST_VERSION, values, |row| row.get(0))?))
    }
}

/// The number in the result of a query about an aggregate.
fn number(rows: &[i64]) -> i64 {
    rows.first().copied().unwrap_or(0)
}

fn failed(tried: &'static str, cause: rusqlite::Error) -> Error {
    let kind = match &cause {
        rusqlite::Error::SqliteFailure(failure, _) => match (failure.code, failure.extended_code) {
            (_, SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_UNIQUE) => Kind::UniqueViolation,
            (ErrorCode::DatabaseBusy, _) => Kind::Busy,
            _ => Kind::Other,
        },
        _ => Kind::Other,
    };
    Error::new(kind, tried, cause.to_string()).because(cause)
}
