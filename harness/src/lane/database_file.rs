//! The path and the URL of a worker's database file.

use std::path::{Path, PathBuf};

/// The URL of the file, as [`Database::url`](crate::Database::url) returns it.
pub(crate) fn url(path: &Path) -> String {
    // These characters would end the path, or begin an encoded character.
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("sqlite://{path}?mode=rwc")
}

/// The path of the worker's database in this directory of its lane.
pub(crate) fn path(root: &Path) -> PathBuf {
    root.join("worker.db")
}
