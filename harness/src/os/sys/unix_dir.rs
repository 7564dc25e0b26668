//! Unix: directories of this user in places where other users can write, too. A path there can lead anywhere, a descriptor cannot:
//! each directory is checked once it is open, and what is made in it is made by way of the descriptor.

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
    /// Use what is theirs in it, if they know its name: mode 0711, or 0700.
    #[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
    Passable,
    /// Look into it.
    #[cfg(all(target_os = "linux", feature = "postgres"))]
    Readable,
}

/// A directory that was checked when it was opened: no symbolic link, of this user, and not open to others.
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
    /// Opens it, and checks what is open. `advice` is what to do when it is not to be used.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is nothing at this path. Otherwise the message says what is wrong with it, and has the advice.
    pub(crate) fn open(path: &Path, door: Door, advice: &str) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(rustix::io::Errno::NOENT) => return Err(ErrorKind::NotFound.into()),
            // The system says no more than "not a directory", or "not permitted".
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

    /// Whether the descriptor is still one of that directory, which was not removed, and still of no use to others. A test may have
    /// closed descriptors that are not its own, and have opened something else.
    pub(crate) fn is_whole(&self) -> bool {
        self.file.metadata().is_ok_and(|found| {
            (found.dev(), found.ino()) == self.id && found.nlink() > 0 && flaw(&found, self.door).is_none()
        })
    }

    /// Closes it, unless the descriptor belongs to somebody else by now.
    pub(crate) fn close(self) {
        let is_ours = self.file.metadata().is_ok_and(|found| (found.dev(), found.ino()) == self.id);
        if !is_ours {
            std::mem::forget(self.file);
        }
    }

    /// Opens a file below it for its lock, and makes it if it is not there. A link is not followed.
    ///
    /// # Errors
    ///
    /// `NotFound` when the directory was removed meanwhile.
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

    /// Lets others pass through it.
    ///
    /// # Errors
    ///
    /// When the system does not let it.
    #[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
    pub(crate) fn let_others_pass(&self) -> io::Result<()> {
        Ok(rustix::fs::fchmod(&self.file, Mode::from_raw_mode(0o711))?)
    }
}

/// Makes a directory that only this user can look into.
pub(crate) fn make_private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Why other users could replace what this user makes in the directory, if they could.
///
/// That the group may write there is none: where each user has a group of its own, as on Debian, all directories are like that.
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
    // Bits above these come from the directory around it: the setgid bit, for example, is handed down.
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
