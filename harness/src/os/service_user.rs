//! The user that servers run as, and the files of their directories. As root, a server runs as another user, and that user owns the
//! directory of the server. The user can replace a file there by a link, a pipe or a file of their own before root opens it.

#[cfg(feature = "postgres")]
use std::fs;
use std::fs::{File, OpenOptions};
use std::io;
#[cfg(feature = "postgres")]
use std::io::Write;
#[cfg(feature = "postgres")]
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::OpenOptionsExt;
#[cfg(feature = "postgres")]
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
#[cfg(feature = "postgres")]
use std::process::{Command, Stdio};

use rustix::fs::OFlags;

/// The user that a program runs as, if not the current one.
#[cfg(feature = "postgres")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunAs {
    pub(crate) user: u32,
    pub(crate) group: u32,
}

/// Whether this process runs as root, as which servers refuse to run.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The user with this name.
#[cfg(feature = "postgres")]
pub(crate) fn user(name: &str) -> Option<RunAs> {
    let number = |option: &str| -> Option<u32> {
        let output = Command::new("id").args([option, name]).stderr(Stdio::null()).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    Some(RunAs { user: number("-u")?, group: number("-g")? })
}

/// Makes the command run as that user.
#[cfg(feature = "postgres")]
pub(crate) fn run_as(command: &mut Command, who: Option<RunAs>) {
    if let Some(RunAs { user, group }) = who {
        command.uid(user).gid(group);
    }
}

/// Gives a file or directory to that user.
///
/// # Errors
///
/// When this process is not allowed to.
#[cfg(feature = "postgres")]
pub(crate) fn chown(path: &Path, who: Option<RunAs>) -> io::Result<()> {
    match who {
        Some(RunAs { user, group }) => std::os::unix::fs::chown(path, Some(user), Some(group)),
        None => Ok(()),
    }
}

/// Opens a regular file, and follows no link to it.
pub(crate) fn open_plain(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Without `NONBLOCK`, opening a pipe would wait for a process that opens the other end.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = options.mode(0o600).custom_flags(flags.bits().cast_signed()).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is not a file")),
    }
}

/// The text of a file.
///
/// # Errors
///
/// When it cannot be read, or is no file.
#[cfg(feature = "postgres")]
pub(crate) fn read(path: &Path) -> io::Result<String> {
    io::read_to_string(open_plain(path, File::options().read(true))?)
}

/// The text of a file that this user has written.
///
/// # Errors
///
/// When it cannot be read, is no file, or is one of another user.
#[cfg(feature = "postgres")]
pub(crate) fn read_own(path: &Path) -> io::Result<String> {
    let file = open_plain(path, File::options().read(true))?;
    let owner = file.metadata()?.uid();
    match owner == rustix::process::geteuid().as_raw() {
        true => io::read_to_string(file),
        false => Err(io::Error::other(format!("it belongs to user {owner}"))),
    }
}

/// Writes a file that only that user can read, and replaces an existing one.
///
/// # Errors
///
/// When it cannot be written.
#[cfg(feature = "postgres")]
pub(crate) fn write_private(path: &Path, text: &str, who: Option<RunAs>) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut file = open_plain(path, File::options().write(true).create_new(true))?;
    file.write_all(text.as_bytes())?;
    match who {
        Some(RunAs { user, group }) => std::os::unix::fs::fchown(&file, Some(user), Some(group)),
        None => Ok(()),
    }
}

/// Where servers put their data: in a file system in memory if there is one with room, which avoids waiting for a disk and wearing it
/// out. A directory that the user has configured takes precedence.
pub(crate) fn data_directory(elsewhere: &Path) -> PathBuf {
    const ROOM: u64 = 1 << 30;
    let memory = Path::new("/dev/shm");
    let has_room = || {
        let stat = rustix::fs::statvfs(memory).ok()?;
        let is_writable = rustix::fs::access(memory, rustix::fs::Access::WRITE_OK).is_ok();
        Some(is_writable && stat.f_bavail.saturating_mul(stat.f_frsize) >= ROOM)
    };
    if std::env::var_os("SWIMLANES_TMPDIR").is_none_or(|dir| dir.is_empty()) && has_room() == Some(true) {
        memory.to_owned()
    } else {
        elsewhere.to_owned()
    }
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// A file that another user put at a path is neither read nor written to, but replaced.
    #[track_caller]
    fn check(put: impl FnOnce(&Path, &Path)) {
        let dir = tempfile::tempdir().expect("a directory");
        let [path, other] = ["path", "other"].map(|name| dir.path().join(name));
        fs::write(&other, "of another user").expect("written");
        put(&path, &other);
        assert!(read(&path).is_err() && read_own(&path).is_err());
        assert!(open_plain(&path, File::options().create(true).append(true)).is_err());
        write_private(&path, "secret", None).expect("written");
        assert_eq!((read(&path).expect("read"), read_own(&path).expect("read")), ("secret".into(), "secret".into()));
        let found = path.symlink_metadata().expect("it is there");
        assert!(found.is_file() && found.permissions().mode() & 0o777 == 0o600);
        assert_eq!(fs::read_to_string(other).expect("read"), "of another user");
    }

    #[test]
    fn root_uses_only_regular_files_in_directories_of_other_users() {
        check(|path, other| symlink(other, path).expect("linked"));
        check(|path, other| symlink(other.with_extension("gone"), path).expect("linked"));
        check(|path, _| assert!(Command::new("mkfifo").arg(path).status().is_ok_and(|status| status.success())));
    }
}
