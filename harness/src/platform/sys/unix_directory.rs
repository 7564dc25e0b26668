//! Directories whose names others can guess, in directories where others can write: opened without following a link, and checked by
//! what was opened.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

/// What users other than the owner may do with a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(all(target_os = "linux", feature = "postgres")), allow(dead_code))]
pub(crate) enum Others {
    /// Nothing.
    None,
    /// Reach a file in it whose name they know.
    Pass,
    /// That, and list it.
    Read,
}

impl Others {
    fn bits(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Pass => 0o011,
            Self::Read => 0o055,
        }
    }
}

/// An open directory that belongs to this user, or to another one that was named, and that nobody else can change.
#[derive(Debug)]
pub(crate) struct OwnDirectory(File);

impl OwnDirectory {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// When it is not there, or is something else: says what.
    pub(crate) fn open(path: &Path, others: Others) -> io::Result<Self> {
        Self::open_of(path, rustix::process::geteuid().as_raw(), others)
    }

    /// Opens that of this user.
    ///
    /// # Errors
    ///
    /// As [`OwnDirectory::open`].
    pub(crate) fn open_of(path: &Path, owner: u32, others: Others) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::io::retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()));
        let directory = opened.map_err(|cause| not_opened(path, owner, cause.into()))?;
        let directory = File::from(directory);
        let found = directory.metadata()?;
        check(found.uid(), found.mode(), owner, others)?;
        Ok(Self(directory))
    }

    /// Opens a file in it, and makes it first if it is not there. Whatever the path of the directory is now, the file is in this one.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub(crate) fn file(&self, path: &Path) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = rustix::io::retry_on_intr(|| rustix::fs::openat(&self.0, path, flags, mode))?;
        Ok(File::from(file))
    }
}

fn check(uid: u32, mode: u32, owner: u32, others: Others) -> io::Result<()> {
    let mode = mode & 0o7777;
    if uid != owner {
        return Err(refused(&format!("it belongs to user {uid}, and not to user {owner}")));
    }
    let may = 0o700 | others.bits();
    if mode & 0o777 & !may != 0 || mode & 0o700 != 0o700 {
        return Err(refused(&format!("its mode is {mode:04o}, and {may:04o} is the most that is safe")));
    }
    Ok(())
}

/// What is there instead, if that is why it could not be opened.
fn not_opened(path: &Path, owner: u32, cause: io::Error) -> io::Error {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => refused("it is a symbolic link"),
        Ok(found) if !found.is_dir() => {
            refused(if found.file_type().is_socket() { "it is a socket" } else { "it is not a directory" })
        }
        Ok(found) if found.uid() != owner => {
            refused(&format!("it belongs to user {}, and not to user {owner}", found.uid()))
        }
        _ => cause,
    }
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

/// Makes a directory that only this user can look into.
pub(crate) fn make_private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;

    #[track_caller]
    fn check(path: &Path, others: Others, expected: Result<(), &str>) {
        let opened = OwnDirectory::open(path, others).map(drop).map_err(|cause| cause.to_string());
        assert_eq!(opened, expected.map_err(str::to_owned));
    }

    #[test]
    fn a_directory_that_others_can_change_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("d");
        make_private_directory(&path).expect("made");
        check(&path, Others::None, Ok(()));
        let table = [
            (0o711, Others::None, Some("0711, and 0700")),
            (0o711, Others::Pass, None),
            (0o755, Others::Pass, Some("0755, and 0711")),
            (0o755, Others::Read, None),
            (0o775, Others::Read, Some("0775, and 0755")),
            (0o1777, Others::Read, Some("1777, and 0755")),
            (0o600, Others::None, Some("0600, and 0700")),
        ];
        for (mode, others, fault) in table {
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("changed");
            let expected = fault.map_or(Ok(()), |modes| Err(format!("its mode is {modes} is the most that is safe")));
            // Who is not root cannot open what they may not read.
            check(&path, others, expected.as_ref().copied().map_err(|fault| &**fault));
        }
    }

    #[test]
    fn what_is_no_directory_of_this_user_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let [own, link, dangling, file] = ["own", "link", "dangling", "file"].map(|name| dir.path().join(name));
        make_private_directory(&own).expect("made");
        symlink(&own, &link).expect("linked");
        symlink(dir.path().join("nowhere"), &dangling).expect("linked");
        fs::write(&file, "").expect("written");
        check(&link, Others::Read, Err("it is a symbolic link"));
        check(&dangling, Others::Read, Err("it is a symbolic link"));
        check(&file, Others::Read, Err("it is not a directory"));
        let missing = OwnDirectory::open(&dir.path().join("missing"), Others::None).map_err(|cause| cause.kind());
        assert_eq!(missing.map(drop), Err(io::ErrorKind::NotFound));
        // Only root can give a directory away; for others `/` belongs to somebody else.
        let me = rustix::process::geteuid().as_raw();
        if me == 0 {
            chown(&own, Some(65_534), None).expect("given away");
            check(&own, Others::Read, Err("it belongs to user 65534, and not to user 0"));
        } else {
            check(Path::new("/"), Others::Read, Err(&format!("it belongs to user 0, and not to user {me}")));
        }
    }

    #[test]
    fn a_file_is_made_in_the_directory_that_was_checked() {
        let dir = tempfile::tempdir().expect("a directory");
        let [path, moved] = ["d", "moved"].map(|name| dir.path().join(name));
        make_private_directory(&path).expect("made");
        let own = OwnDirectory::open(&path, Others::None).expect("opened");
        fs::rename(&path, &moved).expect("moved");
        make_private_directory(&path).expect("made");
        own.file(Path::new("f")).expect("made");
        assert!(moved.join("f").exists() && !path.join("f").exists());
        // One that is gone takes no files.
        fs::remove_dir_all(&moved).expect("removed");
        assert_eq!(own.file(Path::new("g")).map(drop).map_err(|cause| cause.kind()), Err(io::ErrorKind::NotFound));
    }
}
