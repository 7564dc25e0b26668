//! The path and the URL of a worker's database file.

use std::path::{Path, PathBuf};

/// The file as [`Database::url`](crate::Database::url) names it.
pub(crate) fn url(path: &Path) -> String {
    // The characters that would end the path, or be taken for the start of an encoded one.
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("sqlite://{path}?mode=rwc")
}

/// The worker's own database in the lane with this directory.
pub(crate) fn path(root: &Path) -> PathBuf {
    root.join("worker.db")
}
