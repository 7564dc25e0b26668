//! What runs that were killed have left of PostgreSQL: databases on servers that were there, and of servers of their own, outside of
//! their directories, a small segment of shared memory each, of which a system has room for a few thousand.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use postgres::Client;

use crate::os::service_user;
use crate::os::sys;

/// Databases of fixture servers that have exited, found by names that only swimlanes gives. The connections of a fixture server have the prefix of its databases as their name: while one is open, the fixture server runs.
const ABANDONED: &str = "\
    SELECT made.datname::text FROM pg_database AS made
    WHERE made.datname ~ '^swimlanes_[0-9A-Za-z]{8,}_[0-9a-f]{6}_[0-9]+_[a-z][0-9a-f]+$' AND pg_has_role(made.datdba, 'MEMBER') AND NOT EXISTS (
        SELECT FROM pg_stat_activity AS used
        WHERE used.datid = made.oid
           OR starts_with(used.application_name, 'swimlanes_') AND starts_with(made.datname::text, used.application_name)
    )";

/// The databases on this server that nobody needs any more.
pub(crate) fn databases(client: &mut Client) -> Vec<String> {
    // What is not found now, the next run finds.
    client.query(ABANDONED, &[]).unwrap_or_default().iter().map(|row| row.get(0)).collect()
}

/// Removes what the servers of this run have left that run no more.
pub(crate) fn remove(run: &Path) {
    for server in fs::read_dir(run).into_iter().flatten().flatten() {
        // A server that has come to its end has removed this file.
        if let Ok(file) = service_user::read(&server.path().join("data").join("postmaster.pid"))
            && let Some((id, creator)) = segment(&file)
            && let Ok(metadata) = server.metadata()
        {
            sys::remove_segment(id, metadata.uid(), creator);
        }
    }
}

/// The segment's number, and that of the process which has made it: the first line has the one of the server, the seventh a key and the
/// number.
fn segment(file: &str) -> Option<(i32, i32)> {
    let creator = file.lines().next()?.trim().parse().ok()?;
    let id = file.lines().nth(6)?.split_whitespace().nth(1)?.parse().ok()?;
    Some((id, creator))
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn the_seventh_line_names_it() {
        let file = "4711\n/dev/shm/x/data\n1763750000\n5433\n/dev/shm/x\n127.0.0.1\n  1234567     98304\nready   \n";
        assert_eq!(segment(file), Some((98304, 4711)));
        assert_eq!(segment("4711\n/dev/shm/x/data\n"), None);
        assert_eq!(segment(""), None);
    }
}
