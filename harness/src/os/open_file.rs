//! Which file a path refers to, and whether this process has it open. The latter is known on Linux.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The identity of a file, whichever path leads to it. After the file is removed, another file may get the same identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileId(Id);

#[cfg(unix)]
type Id = (u64, u64);
#[cfg(not(unix))]
type Id = PathBuf;

impl FileId {
    /// The file that is at this path now. It is not opened, because closing it would release every lock of this process on it.
    ///
    /// # Errors
    ///
    /// When there is no file.
    #[cfg(unix)]
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;

        fs::metadata(path).map(|metadata| Self((metadata.dev(), metadata.ino())))
    }

    /// The file that is at this path now.
    ///
    /// # Errors
    ///
    /// When there is no file.
    #[cfg(not(unix))]
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        fs::canonicalize(path).map(Self)
    }

    /// Whether a descriptor of this process refers to this file. `false` where this is unknown.
    pub(crate) fn is_open(&self) -> bool {
        descriptors().any(|descriptor| Self::of(&descriptor).is_ok_and(|id| id == *self))
    }
}

/// How many descriptors of this process refer to files whose paths begin with one of these.
#[cfg(target_os = "linux")]
pub(crate) fn n_open(beginnings: &[PathBuf]) -> usize {
    let begins = |path: PathBuf| {
        let path = path.as_os_str().as_encoded_bytes();
        beginnings.iter().any(|beginning| path.starts_with(beginning.as_os_str().as_encoded_bytes()))
    };
    descriptors().filter_map(|descriptor| fs::read_link(descriptor).ok()).filter(|path| begins(path.clone())).count()
}

/// The descriptors of this process, as links to their files.
fn descriptors() -> impl Iterator<Item = PathBuf> {
    fs::read_dir("/proc/self/fd").into_iter().flatten().flatten().map(|entry| entry.path())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn open_file_is_found_by_each_hard_link() {
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
