//! Cleans up after killed runs: their databases on servers that swimlanes did not start, and shared memory of the servers that they
//! started. Each such server has a small segment of shared memory that is not a file in its directory, and a system has room for a few
//! thousand segments.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use postgres::Client;

use crate::os::service_user;
use crate::os::sys;

/// Databases of fixture servers that have exited, found by names that only swimlanes uses. A fixture server uses the prefix of its
/// databases as the name of its connections: while one of them is open, the fixture server runs.
const ABANDONED: &str = "\
    SELECT made.datname::text FROM pg_database AS made
    WHERE made.datname ~ '^swimlanes_[0-9A-Za-z]{8,}_[0-9a-f]{6}_[0-9]+_[a-z][0-9a-f]+$' AND pg_has_role(made.datdba, 'MEMBER') AND NOT EXISTS (
        SELECT FROM pg_stat_activity AS used
        WHERE used.datid = made.oid
           OR starts_with(used.application_name, 'swimlanes_') AND starts_with(made.datname::text, used.application_name)
    )";

/// The abandoned databases on this server.
pub(crate) fn databases(client: &mut Client) -> Vec<String> {
    // If the query fails, the next run finds them.
    client.query(ABANDONED, &[]).unwrap_or_default().iter().map(|row| row.get(0)).collect()
}

/// Removes the shared memory of the servers of this run that no longer run.
pub(crate) fn remove(run: &Path) {
    for server in fs::read_dir(run).into_iter().flatten().flatten() {
        // A server that ended normally has removed this file.
        if let Ok(file) = service_user::read(&server.path().join("data").join("postmaster.pid"))
            && let Some((id, creator)) = segment(&file)
            && let Ok(metadata) = server.metadata()
        {
            sys::remove_segment(id, metadata.uid(), creator);
        }
    }
}

/// The ID of the segment and of the process that created it. The first line of the file is the ID of the server process, the seventh is
/// a key and the ID of the segment.
fn segment(file: &str) -> Option<(i32, i32)> {
    let creator = file.lines().next()?.trim().parse().ok()?;
    let id = file.lines().nth(6)?.split_whitespace().nth(1)?.parse().ok()?;
    Some((id, creator))
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn shared_memory_segment_is_read_from_the_seventh_line() {
        let file = "4711\n/dev/shm/x/data\n1763750000\n5433\n/dev/shm/x\n127.0.0.1\n  1234567     98304\nready   \n";
        assert_eq!(segment(file), Some((98304, 4711)));
        assert_eq!(segment("4711\n/dev/shm/x/data\n"), None);
        assert_eq!(segment(""), None);
    }
}
