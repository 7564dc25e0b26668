//! A client that records sessions.

use std::future::ready;
use std::time::Duration;

use duckdb::Connection;
use swimlanes_kit::clock::Clock;
use swimlanes_kit::point;
use swimlanes_kit::retry::Retry;

use crate::error::{Error, When, is_duplicate};
use crate::writes::Writes;

/// Whether a client was the first to record a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Yes: the session is new.
    New,
    /// No: another client has recorded it before.
    Known,
}

/// A client with its own connection.
///
/// Its statements run on the calling thread, also in a task: in memory they take less than a millisecond. Its futures can be sent to other
/// threads.
#[derive(Debug)]
pub struct Tracer {
    client: String,
    pub(crate) db: Connection,
    pub(crate) writes: Writes,
    pub(crate) retry: Retry<'static>,
}

impl Tracer {
    /// A client with this name. It makes three attempts if it conflicts with other clients; with [`Writes::OnConflict`], it retries until
    /// there is no conflict, for 30 seconds at most.
    #[must_use]
    pub fn new(client: impl Into<String>, db: Connection, writes: Writes) -> Self {
        let retry = Retry::new().initial_delay(Duration::from_millis(1)).max_delay(Duration::from_millis(50));
        let retry = match writes {
            Writes::SelectThenInsert | Writes::Gated(_) => retry.max_attempts(3),
            Writes::OnConflict => retry.max_attempts(u32::MAX).max_elapsed(Duration::from_secs(30)),
        };
        Self { client: client.into(), db, writes, retry }
    }

    /// Sets the clock of the delays and of the 30 seconds.
    #[must_use]
    pub fn clock(self, clock: &'static dyn Clock) -> Self {
        Self { retry: self.retry.clock(clock), ..self }
    }

    /// Sets other retries.
    #[must_use]
    pub fn retrying(self, retry: Retry<'static>) -> Self {
        Self { retry, ..self }
    }

    /// Records a session, unless it is already recorded.
    ///
    /// # Errors
    ///
    /// If DuckDB fails.
    pub fn record(&mut self, session: &str) -> Result<Recorded, Error> {
        let _pass = self.writes.enter();
        if let Writes::OnConflict = self.writes {
            let retry = self.inserting();
            let inserted = retry.run(|| self.insert_unless_there(session));
            return inserted.map_err(|gave_up| Error::gave_up(record(session), gave_up));
        }
        if self.knows(session)? {
            return Ok(Recorded::Known);
        }
        point!("after select");
        self.insert(session)
    }

    /// As [`record`](Tracer::record), in a task.
    ///
    /// # Errors
    ///
    /// If DuckDB fails.
    pub async fn record_async(&mut self, session: &str) -> Result<Recorded, Error> {
        let _pass = self.writes.enter_async().await;
        if let Writes::OnConflict = self.writes {
            let retry = self.inserting();
            point!(async "before insert");
            let inserted = retry.run_async(|| ready(self.insert_unless_there(session))).await;
            return inserted.map_err(|gave_up| Error::gave_up(record(session), gave_up));
        }
        if self.knows(session)? {
            return Ok(Recorded::Known);
        }
        point!(async "after select");
        self.insert(session)
    }

    fn knows(&self, session: &str) -> Result<bool, Error> {
        let known = self.db.prepare_cached("SELECT count(*) > 0 FROM session_trace WHERE session_id = ?");
        let known = known.and_then(|mut known| known.query_row([session], |row| row.get(0)));
        known.map_err(|cause| Error::new(format!("look for session `{session}`"), cause))
    }

    fn insert(&self, session: &str) -> Result<Recorded, Error> {
        let insert = self.db.prepare_cached("INSERT INTO session_trace (session_id, client) VALUES (?, ?)");
        let inserted = insert.and_then(|mut insert| insert.execute([session, &self.client]));
        inserted.map(|_| Recorded::New).map_err(|cause| Error::new(record(session), cause))
    }

    /// The retries of an insert. No client changes or removes a session, so only its key can cause a conflict.
    fn inserting(&self) -> Retry<'static, When> {
        self.retry.clone().retry_if(is_duplicate)
    }

    /// One attempt, without an `await`.
    ///
    /// A connection can be sent to another thread, but not be shared with it: the mutable borrow can be sent, as part of a future.
    fn insert_unless_there(&mut self, session: &str) -> duckdb::Result<Recorded> {
        let transaction = self.db.transaction()?;
        let insert = "INSERT INTO session_trace (session_id, client) VALUES (?, ?) ON CONFLICT DO NOTHING";
        let n_rows = transaction.prepare_cached(insert)?.execute([session, &self.client])?;
        point!("before commit");
        transaction.commit()?;
        Ok(if n_rows == 1 { Recorded::New } else { Recorded::Known })
    }
}

/// As in "cannot …".
fn record(session: &str) -> String {
    format!("record session `{session}`")
}
