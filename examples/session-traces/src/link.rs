//! Links a session to its experiment, and counts it there.

use std::future::ready;

use duckdb::Connection;
use swimlanes_kit::point;
use swimlanes_kit::retry::Retry;

use crate::error::{Error, When, is_conflict, is_race};
use crate::tracer::Tracer;
use crate::writes::Writes;

/// Whether a client was the first to link a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked {
    /// Yes: the experiment has counted the session.
    New,
    /// No: the session was linked before, and nothing has changed.
    Known,
}

const INSERT: &str = "INSERT INTO link (session_id, experiment) VALUES (?, ?)";
const INSERT_UNLESS_THERE: &str = "INSERT INTO link (session_id, experiment) VALUES (?, ?) ON CONFLICT DO NOTHING";

impl Tracer {
    /// Links a session to its experiment, which counts its sessions, unless it is already linked. A session has one experiment.
    ///
    /// All sessions of an experiment change one row. DuckDB lets the first transaction do that, and fails the others with a `Conflict on
    /// update!`: they are rolled back and retried, as [`Tracer::new`] defines.
    ///
    /// # Errors
    ///
    /// If another transaction conflicted with each attempt, or DuckDB fails for another reason.
    pub fn link(&mut self, session: &str, experiment: &str) -> Result<Linked, Error> {
        let _pass = self.writes.enter();
        if self.writes.looks_first() && self.is_linked(session)? {
            return Ok(Linked::Known);
        }
        point!("before link");
        let (insert, retry) = self.linking();
        let linked = retry.run(|| link_once(&mut self.db, insert, session, experiment));
        linked.map_err(|gave_up| Error::gave_up(link(session, experiment), gave_up))
    }

    /// As [`link`](Tracer::link), in a task. An attempt is a transaction without an `await`, so the future cannot be dropped in the middle
    /// of it.
    ///
    /// # Errors
    ///
    /// As of [`Tracer::link`].
    pub async fn link_async(&mut self, session: &str, experiment: &str) -> Result<Linked, Error> {
        let _pass = self.writes.enter_async().await;
        if self.writes.looks_first() && self.is_linked(session)? {
            return Ok(Linked::Known);
        }
        point!(async "before link");
        let (insert, retry) = self.linking();
        let linked = retry.run_async(|| ready(link_once(&mut self.db, insert, session, experiment))).await;
        linked.map_err(|gave_up| Error::gave_up(link(session, experiment), gave_up))
    }

    fn is_linked(&self, session: &str) -> Result<bool, Error> {
        let linked = self.db.prepare_cached("SELECT count(*) > 0 FROM link WHERE session_id = ?");
        let linked = linked.and_then(|mut linked| linked.query_row([session], |row| row.get(0)));
        linked.map_err(|cause| Error::new(format!("look for the link of session `{session}`"), cause))
    }

    /// The statement that inserts a link, and the retries. An existing key stays; only `ON CONFLICT` skips it at the next attempt.
    fn linking(&self) -> (&'static str, Retry<'static, When>) {
        let (insert, when): (_, When) = match self.writes {
            Writes::SelectThenInsert | Writes::Gated(_) => (INSERT, is_conflict),
            Writes::OnConflict => (INSERT_UNLESS_THERE, is_race),
        };
        (insert, self.retry.clone().retry_if(when))
    }
}

/// As in "cannot …".
fn link(session: &str, experiment: &str) -> String {
    format!("link session `{session}` to `{experiment}`")
}

/// One attempt. An error rolls back the transaction when it is dropped.
fn link_once(db: &mut Connection, insert: &str, session: &str, experiment: &str) -> duckdb::Result<Linked> {
    let transaction = db.transaction()?;
    let n_rows = transaction.prepare_cached(insert)?.execute([session, experiment])?;
    if n_rows == 0 {
        return Ok(Linked::Known);
    }
    point!("before update");
    transaction
        .prepare_cached("UPDATE experiment SET sessions = sessions + 1 WHERE name = ?")?
        .execute([experiment])?;
    point!("before commit");
    transaction.commit()?;
    Ok(Linked::New)
}
