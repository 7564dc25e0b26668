//! How many connections the workers of a run may have to a PostgreSQL server, so that no worker is refused one.

use postgres::Client;

use crate::model::error::{self, FixtureResult};
use crate::model::postgres_endpoint::Address;

/// For the tests of each worker, if the server allows it: two pools of the usual size, ten, and a few more.
const USUAL: u32 = 25;

/// Connections of the harness for each worker: one for `rollback`, and one for `clean`.
const OURS: u32 = 2;

/// Connections of the fixture server that make databases.
const OF_KEEPER: u32 = 2;

/// Connections of the fixture server that recycle databases. More of them cost more memory than they save time.
const RENEWERS: u32 = 16;

/// The limits for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    /// For the tests of one worker, at once.
    pub(crate) worker_scope: u32,
    /// For the fixture server, to recycle databases.
    pub(crate) renewers: u32,
}

/// What a server that swimlanes starts must allow for this many workers. The rest is for migrations, and for people who
/// inspect the server.
pub(crate) fn needed(workers: u32) -> u32 {
    workers * (USUAL + OURS) + OF_KEEPER + RENEWERS + 10
}

/// The limits for a run with this many workers.
///
/// # Errors
///
/// When there are too few for all workers; the message says what to do.
pub(crate) fn budget(client: &mut Client, address: &Address, workers: u32) -> FixtureResult<Budget> {
    match address {
        Address::Ours { .. } => Ok(Budget { worker_scope: USUAL, renewers: RENEWERS }),
        Address::Given { .. } => {
            let row = client.query_one(FREE, &[]).map_err(|cause| error::with_causes(&cause))?;
            let [most, free] = [row.get::<_, i32>(0), row.get(1)].map(|n| u32::try_from(n).unwrap_or(0));
            shared(most, free, workers)
        }
    }
}

/// How many connections the server allows to users other than superusers, and how many of these are free.
const FREE: &str = "\
    SELECT most, most - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())::int
    FROM (SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int) AS allowed (most)";

fn shared(most: u32, free: u32, workers: u32) -> FixtureResult<Budget> {
    let workers = workers.max(1);
    let least = OF_KEEPER + workers * (OURS + 1);
    if free < least {
        return Err(format!(
            "the PostgreSQL server allows {most} connections, and {} are in use; for {workers} worker{}, at least {least} must be free: \
             use fewer workers, for example `-n {}`, or increase `max_connections` of the server",
            most.saturating_sub(free),
            if workers == 1 { "" } else { "s" },
            (free.saturating_sub(OF_KEEPER) / (OURS + 1)).max(1)
        )
        .into());
    }
    let renewers = RENEWERS.min((free - least) / 4);
    let worker_scope = (free - OF_KEEPER - renewers) / workers - OURS;
    Ok(Budget { worker_scope: worker_scope.min(USUAL), renewers })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(most: u32, free: u32, workers: u32, expected: Result<(u32, u32), &str>) {
        let shared = shared(most, free, workers).map_err(|error| error.to_string());
        let shared = shared.as_ref().map(|budget| (budget.worker_scope, budget.renewers)).map_err(String::as_str);
        assert_eq!(shared, expected);
    }

    #[test]
    fn each_worker_gets_the_same_number_of_connections() {
        check(97, 97, 1, Ok((25, 16)));
        check(97, 97, 4, Ok((17, 16)));
        check(97, 97, 8, Ok((7, 16)));
        check(97, 30, 8, Ok((1, 1)));
        check(97, 26, 8, Ok((1, 0)));
        let why = "the PostgreSQL server allows 97 connections, and 72 are in use; for 8 workers, at least 26 must be free: use fewer workers, \
                   for example `-n 7`, or increase `max_connections` of the server";
        check(97, 25, 8, Err(why));
        let why = "the PostgreSQL server allows 10 connections, and 8 are in use; for 1 worker, at least 5 must be free: use fewer workers, \
                   for example `-n 1`, or increase `max_connections` of the server";
        check(10, 2, 1, Err(why));
    }

    #[test]
    fn connections_of_all_workers_fit_the_limit() {
        for workers in 1..=64 {
            for free in 0..400 {
                if let Ok(Budget { worker_scope, renewers }) = shared(400, free, workers) {
                    assert!(OF_KEEPER + renewers + workers * (OURS + worker_scope) <= free, "{workers} of {free}");
                    assert!(worker_scope > 0);
                }
            }
        }
    }
}
