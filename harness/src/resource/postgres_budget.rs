//! How many connections the workers of a run may have to a PostgreSQL server, so that none is refused one.

use postgres::Client;

use crate::model::error::FixtureResult;
use crate::model::postgres_at::Address;
use crate::resource::postgres_lane;

/// For the tests of each worker, where the server allows it: two pools of ten, as they are commonly, and a few besides.
const USUAL: u32 = 25;

/// Of each worker there are ours besides: the one that is kept for `rollback`, and the one that cleans.
const OURS: u32 = 2;

/// Those that make databases.
const OF_KEEPER: u32 = 5;

/// What a server of ours has to allow for so many workers. The rest is for migrations, and for who looks at it from outside.
pub(crate) fn needed(workers: u32) -> u32 {
    workers * (USUAL + OURS) + OF_KEEPER + 10
}

/// How many the tests of one worker may have at once.
///
/// # Errors
///
/// When there are too few for all workers; the message says what to do.
pub(crate) fn of_worker(client: &mut Client, address: &Address, workers: u32) -> FixtureResult<u32> {
    match address {
        Address::Ours { .. } => Ok(USUAL),
        Address::Given { .. } => {
            let row = client.query_one(FREE, &[]).map_err(|cause| postgres_lane::told(&cause))?;
            let [most, free] = [row.get::<_, i32>(0), row.get(1)].map(|n| u32::try_from(n).unwrap_or(0));
            shared(most, free, workers)
        }
    }
}

/// What it allows who is no superuser, and how many of that nobody has.
const FREE: &str = "\
    SELECT most, most - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())::int
    FROM (SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int) AS allowed (most)";

fn shared(most: u32, free: u32, workers: u32) -> FixtureResult<u32> {
    let for_workers = free.saturating_sub(OF_KEEPER);
    let workers = workers.max(1);
    match (for_workers / workers).saturating_sub(OURS) {
        0 => Err(format!(
            "the PostgreSQL server allows {most} connections, {} of which are taken; for {workers} worker{} there must be {} at least: run fewer, with \
             `-n {}` for instance, or set `max_connections` of the server to more",
            most.saturating_sub(free),
            if workers == 1 { "" } else { "s" },
            OF_KEEPER + workers * (OURS + 1),
            (for_workers / (OURS + 1)).max(1)
        )
        .into()),
        share => Ok(share.min(USUAL)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(most: u32, free: u32, workers: u32, expected: Result<u32, &str>) {
        let shared = shared(most, free, workers).map_err(|error| error.to_string());
        assert_eq!(shared.as_ref().map_err(String::as_str), expected.as_ref().map_err(|expected| *expected));
    }

    #[test]
    fn each_worker_has_the_same_share() {
        check(97, 97, 1, Ok(25));
        check(97, 97, 4, Ok(21));
        check(97, 97, 8, Ok(9));
        check(97, 29, 8, Ok(1));
        let why = "the PostgreSQL server allows 97 connections, 69 of which are taken; for 8 workers there must be 29 at least: run fewer, with `-n 7` for \
                   instance, or set `max_connections` of the server to more";
        check(97, 28, 8, Err(why));
        let why = "the PostgreSQL server allows 10 connections, 8 of which are taken; for 1 worker there must be 8 at least: run fewer, with `-n 1` for \
                   instance, or set `max_connections` of the server to more";
        check(10, 2, 1, Err(why));
    }
}
