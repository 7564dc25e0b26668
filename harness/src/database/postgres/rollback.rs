//! A connection in a transaction that is never committed.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use postgres::Client;

use crate::database::postgres::worker_database::{PostgresLane, off_runtime};
use crate::model::protocol::FixtureRequest;

/// If the test ends the transaction, the savepoint no longer exists.
pub(crate) const BEGIN: &str = "BEGIN; SAVEPOINT swimlanes";

/// Also resets the session. `DISCARD ALL` is not used, because it drops the statements that the driver has prepared.
const END: &str = "ROLLBACK; RESET SESSION AUTHORIZATION; RESET ALL; CLOSE ALL; UNLISTEN *; DISCARD TEMP; \
                   SELECT pg_advisory_unlock_all(); DO $$ DECLARE prepared text; BEGIN \
                   FOR prepared IN SELECT name FROM pg_prepared_statements WHERE from_sql LOOP \
                   EXECUTE 'DEALLOCATE ' || quote_ident(prepared); END LOOP; END $$";

/// A connection in a transaction that is never committed: see [`Postgres::rollback`](crate::Postgres::rollback).
pub struct Rollback {
    /// `None` only while the value is dropped.
    client: Option<Client>,
    name: Arc<str>,
    lane: Arc<PostgresLane>,
    /// The request for a new database, sent if something was committed to this one.
    anew: Option<FixtureRequest>,
}

impl fmt::Debug for Rollback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rollback").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Deref for Rollback {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.client.as_ref().expect("it is there until it is dropped")
    }
}

impl DerefMut for Rollback {
    fn deref_mut(&mut self) -> &mut Client {
        self.client.as_mut().expect("it is there until it is dropped")
    }
}

impl Drop for Rollback {
    fn drop(&mut self) {
        let Some(mut client) = self.client.take() else { return };
        off_runtime(|| {
            let has_committed = client.batch_execute("ROLLBACK TO SAVEPOINT swimlanes").is_err() && !client.is_closed();
            if has_committed && let Some(anew) = &self.anew {
                eprintln!(
                    "note: the transaction of `rollback()` was committed; the next test gets a new database instead of {}",
                    self.name
                );
                let _ = self.lane.to_keeper.ask(anew);
            } else if client.batch_execute(END).is_ok() {
                self.lane.idle().insert(Arc::clone(&self.name), client);
            }
        });
    }
}

impl Rollback {
    /// The transaction of `client` has already begun.
    pub(crate) fn new(client: Client, name: &Arc<str>, lane: &Arc<PostgresLane>, anew: Option<FixtureRequest>) -> Self {
        Self { client: Some(client), name: Arc::clone(name), lane: Arc::clone(lane), anew }
    }
}
