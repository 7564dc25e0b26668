//! Which file a path means, and whether this process has it open. The latter is known on Linux.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file, by whatever name. Means another one once this one is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileId(Id);

#[cfg(unix)]
type Id = (u64, u64);
#[cfg(not(unix))]
type Id = PathBuf;

impl FileId {
    /// The file that is there now. It is not opened for that: to close it again would let go of every lock of this process on it.
    ///
    /// # Errors
    ///
    /// When there is none.
    #[cfg(unix)]
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;

        fs::metadata(path).map(|metadata| Self((metadata.dev(), metadata.ino())))
    }

    /// The file that is there now.
    ///
    /// # Errors
    ///
    /// When there is none.
    #[cfg(not(unix))]
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        fs::canonicalize(path).map(Self)
    }

    /// Whether a descriptor of this process is one of this file. `false` where nobody can tell.
    pub(crate) fn is_open(&self) -> bool {
        descriptors().any(|descriptor| Self::of(&descriptor).is_ok_and(|id| id == *self))
    }
}

/// How many descriptors of this process are files whose path begins so.
#[cfg(target_os = "linux")]
pub(crate) fn n_open(beginnings: &[PathBuf]) -> usize {
    let begins = |path: PathBuf| {
        let path = path.as_os_str().as_encoded_bytes();
        beginnings.iter().any(|beginning| path.starts_with(beginning.as_os_str().as_encoded_bytes()))
    };
    descriptors().filter_map(|descriptor| fs::read_link(descriptor).ok()).filter(|path| begins(path.clone())).count()
}

/// The descriptors of this process, as links to what they are.
fn descriptors() -> impl Iterator<Item = PathBuf> {
    fs::read_dir("/proc/self/fd").into_iter().flatten().flatten().map(|entry| entry.path())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn an_open_file_is_seen_by_any_of_its_names() {
        let dir = tempfile::tempdir().expect("a directory");
        let [path, link] = ["a", "b"].map(|name| dir.path().join(name));
        fs::write(&path, "x").expect("written");
        fs::hard_link(&path, &link).expect("linked");
        let id = FileId::of(&link).expect("it is there");
        assert_eq!(id, FileId::of(&path).expect("it is there"));
        assert!(!id.is_open());
        let file = fs::File::open(&path).expect("opened");
        assert!(id.is_open());
        assert_eq!(n_open(&[dir.path().join("a")]), 1);
        drop(file);
        assert!(!id.is_open());
        assert_eq!(n_open(&[dir.path().join("a")]), 0);
    }
}
