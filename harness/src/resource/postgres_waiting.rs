//! How many connections of a PostgreSQL database wait for a lock. A lock is granted by whoever gives it back, before that one is
//! told of its success; so who has been let go is never counted any more.

use postgres::Client;

use crate::resource::postgres_lane::off_runtime;

/// `pg_stat_activity` alone would not do: there, who was granted a lock waits for it until it has been given the processor.
const WAITING: &str = "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid) \
                       WHERE NOT granted AND datname = current_database()";

/// A connection that is closed with the answer.
struct OpenConnection(Option<Client>);

impl OpenConnection {
    fn count(&mut self) -> usize {
        let client = self.0.as_mut().expect("it has its client until it is dropped");
        let counted = off_runtime(|| client.query_one(WAITING, &[]).and_then(|row| row.try_get::<_, i64>(0)));
        counted.ok().and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let client = self.0.take();
        off_runtime(|| drop(client));
    }
}

/// Asks the server each time.
pub(crate) fn count_waiting(client: Client) -> impl FnMut() -> usize + Send + use<> {
    let mut connection = OpenConnection(Some(client));
    move || connection.count()
}
