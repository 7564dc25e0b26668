//! How many connections to a PostgreSQL database wait for a lock. The server grants a released lock to the next waiter before it reports
//! success to the connection that released it. A waiter that has received the lock is therefore never counted.

use postgres::{Client, Statement};

use crate::database::postgres::worker_database::off_runtime;

/// The wait events in `pg_stat_activity` are unsuitable: a connection that has been granted a lock is shown as waiting until its process
/// runs again. As a prepared statement this query takes 0.07 ms; with that view, to get the name of the database, it takes 0.6 ms.
const WAITING: &str = "SELECT count(DISTINCT held.pid) FROM pg_locks held, pg_stat_get_activity(held.pid) whose \
                       WHERE NOT held.granted \
                       AND whose.datid = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// A connection that is closed off the runtime when it is dropped.
struct OpenConnection(Option<(Client, Statement)>);

impl OpenConnection {
    fn count(&mut self) -> usize {
        let (client, waiting) = self.0.as_mut().expect("it has its client until it is dropped");
        let counted = off_runtime(|| client.query_one(waiting, &[]).and_then(|row| row.try_get::<_, i64>(0)));
        counted.ok().and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let open = self.0.take();
        off_runtime(|| drop(open));
    }
}

/// Returns a function that queries the server at each call.
///
/// # Errors
///
/// When the server cannot prepare the query.
pub(crate) fn count_waiting(mut client: Client) -> Result<impl FnMut() -> usize + Send + use<>, postgres::Error> {
    // If this fails, the connection is closed off the runtime, too.
    let prepared = off_runtime(move || client.prepare(WAITING).map(|waiting| (client, waiting)));
    let mut open = OpenConnection(Some(prepared?));
    Ok(move || open.count())
}
