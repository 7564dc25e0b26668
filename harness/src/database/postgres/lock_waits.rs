//! How many connections of a PostgreSQL database wait for a lock. A lock is granted by whoever gives it back, before that one is
//! told of its success; so who has been let go is never counted any more.

use postgres::{Client, Statement};

use crate::database::postgres::worker_database::off_runtime;

/// What the server says of who waits (`pg_stat_activity`) would not do: there, who was granted a lock waits for it until it has been given
/// the processor. As a prepared statement this takes 0.07 ms; with that view in it, for the name of the database, 0.6 ms.
const WAITING: &str = "SELECT count(DISTINCT held.pid) FROM pg_locks held, pg_stat_get_activity(held.pid) whose \
                       WHERE NOT held.granted \
                       AND whose.datid = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// A connection that is closed with the answer.
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

/// Asks the server each time.
///
/// # Errors
///
/// When it does not understand the question.
pub(crate) fn count_waiting(mut client: Client) -> Result<impl FnMut() -> usize + Send + use<>, postgres::Error> {
    // The connection is closed there, too, if this fails.
    let prepared = off_runtime(move || client.prepare(WAITING).map(|waiting| (client, waiting)));
    let mut open = OpenConnection(Some(prepared?));
    Ok(move || open.count())
}
