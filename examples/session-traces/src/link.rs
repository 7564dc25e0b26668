//! Links a session to its experiment, and counts it there.

use std::future::ready;

use duckdb::Connection;
use swimlanes_kit::point;

use crate::error::{Error, is_conflict};
use crate::tracer::Tracer;

impl Tracer {
    /// Links a session to its experiment, which counts its sessions.
    ///
    /// All sessions of an experiment change its one row. DuckDB lets the first transaction do so, and tells the others that there was a
    /// `Conflict on update!`: they are rolled back and tried again, as often as [`Tracer::new`] says.
    ///
    /// # Errors
    ///
    /// When another transaction was in the way each time, or DuckDB refuses it for another reason.
    pub fn link(&mut self, session: &str, experiment: &str) -> Result<(), Error> {
        let _pass = self.writes.enter();
        let retry = self.retry.clone().when(is_conflict);
        let linked = retry.run(|| link_once(&mut self.db, session, experiment));
        linked.map_err(|gave_up| Error::gave_up(link(session, experiment), gave_up))
    }

    /// The same in a task. A try is a transaction without an `await`, so that nobody can drop the future in the middle of it.
    ///
    /// # Errors
    ///
    /// As of [`Tracer::link`].
    pub async fn link_async(&mut self, session: &str, experiment: &str) -> Result<(), Error> {
        let _pass = self.writes.enter_async().await;
        let retry = self.retry.clone().when(is_conflict);
        let linked = retry.run_async(|| ready(link_once(&mut self.db, session, experiment))).await;
        linked.map_err(|gave_up| Error::gave_up(link(session, experiment), gave_up))
    }
}

/// As in "cannot …".
fn link(session: &str, experiment: &str) -> String {
    format!("link session `{session}` to `{experiment}`")
}

/// One try. Whatever fails is rolled back when the transaction is dropped.
fn link_once(db: &mut Connection, session: &str, experiment: &str) -> duckdb::Result<()> {
    let transaction = db.transaction()?;
    transaction
        .prepare_cached("INSERT INTO link (session_id, experiment) VALUES (?, ?)")?
        .execute([session, experiment])?;
    point!("before update");
    transaction
        .prepare_cached("UPDATE experiment SET sessions = sessions + 1 WHERE name = ?")?
        .execute([experiment])?;
    point!("before commit");
    transaction.commit()
}
