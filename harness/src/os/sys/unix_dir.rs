//! Unix: directories of this user in places where other users can write, too. A path there can lead anywhere, but a descriptor
//! cannot: each directory is checked after it was opened, and its files are created through the descriptor.

use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};

/// What other users may do with a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// Nothing: mode 0700.
    Closed,
    /// Use their own files in it, if they know the names: mode 0711, or 0700.
    #[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
    Passable,
    /// Read it.
    #[cfg(all(target_os = "linux", feature = "postgres"))]
    Readable,
}

/// A directory that was checked when it was opened: it is no symbolic link, belongs to this user, and is not open to others.
#[derive(Debug)]
pub(crate) struct OwnDir {
    file: File,
    id: (u64, u64),
    door: Door,
}

/// What is wrong with a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    Link,
    NoDirectory,
    OfUser(u32),
    Mode(u32),
}

impl OwnDir {
    /// Opens the directory, and then checks it. `advice` says what to do if it must not be used.
    ///
    /// # Errors
    ///
    /// `NotFound` when nothing exists at this path. Otherwise the message contains the flaw and the advice.
    pub(crate) fn open(path: &Path, door: Door, advice: &str) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(rustix::io::Errno::NOENT) => return Err(ErrorKind::NotFound.into()),
            // The system only reports "not a directory", or "not permitted".
            Err(cause) => {
                let flaw = path.symlink_metadata().ok().and_then(|found| flaw(&found, door));
                return Err(flaw.map_or_else(|| cause.into(), |flaw| refusal(flaw, advice)));
            }
        };
        let found = file.metadata()?;
        match flaw(&found, door) {
            None => Ok(Self { file, id: (found.dev(), found.ino()), door }),
            Some(flaw) => Err(refusal(flaw, advice)),
        }
    }

    /// Whether the descriptor still refers to that directory, and the directory has not been removed and is still closed to others.
    /// A test may have closed descriptors that are not its own, and have opened another file.
    pub(crate) fn is_whole(&self) -> bool {
        self.file.metadata().is_ok_and(|found| {
            (found.dev(), found.ino()) == self.id && found.nlink() > 0 && flaw(&found, self.door).is_none()
        })
    }

    /// Closes the descriptor, unless it now refers to another file.
    pub(crate) fn close(self) {
        let is_ours = self.file.metadata().is_ok_and(|found| (found.dev(), found.ino()) == self.id);
        if !is_ours {
            std::mem::forget(self.file);
        }
    }

    /// Opens a file below it for its lock, and creates the file if it does not exist. Links are not followed.
    ///
    /// # Errors
    ///
    /// `NotFound` when the directory was removed in the meantime.
    pub(crate) fn open_file(&self, below: &Path) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.file, below, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// Whether something of this name is in it.
    pub(crate) fn has(&self, below: &Path) -> bool {
        rustix::fs::statat(&self.file, below, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// Opens a directory below it.
    ///
    /// # Errors
    ///
    /// When there is none.
    #[cfg(target_os = "linux")]
    pub(crate) fn open_dir(&self, below: &Path) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.file, below, flags, Mode::empty())?.into())
    }

    /// Allows other users to pass through it.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    #[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
    pub(crate) fn let_others_pass(&self) -> io::Result<()> {
        Ok(rustix::fs::fchmod(&self.file, Mode::from_raw_mode(0o711))?)
    }
}

/// Creates a directory that only this user can access.
pub(crate) fn make_private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Why other users could replace files of this user in the directory, if they could.
///
/// A directory that its group may write to is not reported: on systems where each user has a private group, such as Debian, all
/// directories are like that.
pub(crate) fn danger_in(dir: &Path) -> Option<String> {
    const STICKY: u32 = 0o1000;
    let found = dir.metadata().ok()?;
    let (owner, us) = (found.uid(), rustix::process::geteuid().as_raw());
    if owner != 0 && owner != us {
        return Some(format!("it belongs to user {owner}"));
    }
    let is_open = found.mode() & 0o002 != 0 && found.mode() & STICKY == 0;
    is_open
        .then(|| format!("every user can write to it, and it has no sticky bit (mode {:04o})", found.mode() & 0o7777))
}

fn flaw(found: &Metadata, door: Door) -> Option<Flaw> {
    // The higher bits come from the parent directory: the setgid bit, for example, is inherited.
    let mode = found.mode() & 0o777;
    let is_shut = match door {
        Door::Closed => mode == 0o700,
        #[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
        Door::Passable => matches!(mode, 0o700 | 0o711),
        #[cfg(all(target_os = "linux", feature = "postgres"))]
        Door::Readable => mode & 0o722 == 0o700,
    };
    if found.is_symlink() {
        Some(Flaw::Link)
    } else if !found.is_dir() {
        Some(Flaw::NoDirectory)
    } else if found.uid() != rustix::process::geteuid().as_raw() {
        Some(Flaw::OfUser(found.uid()))
    } else if !is_shut {
        Some(Flaw::Mode(mode))
    } else {
        None
    }
}

fn refusal(flaw: Flaw, advice: &str) -> io::Error {
    let what = match flaw {
        Flaw::Link => "it is a symbolic link".to_owned(),
        Flaw::NoDirectory => "it is not a directory".to_owned(),
        Flaw::OfUser(owner) => {
            let us = rustix::process::geteuid().as_raw();
            format!("it belongs to user {owner}, and this is user {us}")
        }
        Flaw::Mode(mode) if mode & 0o077 != 0 => format!("it is open to other users (mode {mode:04o})"),
        Flaw::Mode(mode) => format!("this user cannot use it (mode {mode:04o})"),
    };
    io::Error::new(ErrorKind::PermissionDenied, format!("{what}; {advice}"))
}
