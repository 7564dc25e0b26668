//! Removes directories that tests have used, whatever their permissions.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Removes the directory with its content. A directory that does not exist is removed already. Directories that their owner may not read or
/// write, as tests of error handling make them, get these permissions first.
///
/// # Errors
///
/// If something in it cannot be removed.
pub(crate) fn remove_all(path: &Path) -> io::Result<()> {
    let removed = match fs::remove_dir_all(path) {
        Err(cause) if cause.kind() == ErrorKind::PermissionDenied => {
            make_removable(path);
            fs::remove_dir_all(path)
        }
        removed => removed,
    };
    match removed {
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Allows the owner to use the directory and all directories below it. Symbolic links are not followed. Errors appear when the directory is
/// removed.
fn make_removable(path: &Path) {
    let mut open: Vec<PathBuf> = vec![path.to_owned()];
    while let Some(directory) = open.pop() {
        if !directory.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            continue;
        }
        let _ = fs::set_permissions(&directory, owner_only());
        open.extend(fs::read_dir(&directory).into_iter().flatten().flatten().map(|entry| entry.path()));
    }
}

#[cfg(unix)]
fn owner_only() -> Permissions {
    use std::os::unix::fs::PermissionsExt;

    Permissions::from_mode(0o700)
}

#[cfg(not(unix))]
fn owner_only() -> Permissions {
    let mut permissions = fs::metadata(".").map(|found| found.permissions()).expect("the working directory exists");
    #[expect(clippy::permissions_set_readonly_false, reason = "on Windows, this is an attribute of the file")]
    permissions.set_readonly(false);
    permissions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_directory_is_removed_already() {
        let dir = tempfile::tempdir().expect("a directory");
        remove_all(&dir.path().join("missing")).expect("nothing to do");
    }

    // As root, these directories can be removed in any case; the integration tests check it without that right.
    #[cfg(unix)]
    #[test]
    fn directories_without_permissions_are_removed_and_links_are_not_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let dir = tempfile::tempdir().expect("a directory");
        let (kept, removed) = (dir.path().join("kept"), dir.path().join("removed"));
        fs::create_dir(&kept).expect("made");
        fs::create_dir_all(removed.join("a").join("b")).expect("made");
        symlink(&kept, removed.join("a").join("link")).expect("made");
        fs::set_permissions(&kept, Permissions::from_mode(0o755)).expect("set");
        for (path, mode) in [("a/b", 0o000), ("a", 0o555)] {
            fs::set_permissions(removed.join(path), Permissions::from_mode(mode)).expect("set");
        }
        make_removable(&removed);
        remove_all(&removed).expect("removed");
        assert!(!removed.exists());
        assert_eq!(kept.metadata().expect("it exists").permissions().mode() & 0o777, 0o755);
    }
}
