//! What PostgreSQL servers that were killed have left outside of their directories: each a small segment of shared memory, of which a
//! system has room for a few thousand.

use std::fs;
use std::path::Path;

use crate::platform::sys;

/// Removes what the servers of this run have left that run no more.
pub(crate) fn remove(run: &Path) {
    for server in fs::read_dir(run).into_iter().flatten().flatten() {
        // A server that has come to its end has removed this file.
        if let Ok(file) = fs::read_to_string(server.path().join("data").join("postmaster.pid"))
            && let Some((id, creator)) = segment(&file)
        {
            sys::remove_segment(id, creator);
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
