//! Unix: users, files, sockets and the streams.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::event::{PollFd, PollFlags};
use rustix::net::{AddressFamily, SocketType, sockopt};

/// A name for the user, for file names.
pub(crate) fn user() -> String {
    rustix::process::geteuid().as_raw().to_string()
}

/// The session of a process; 0 is this one. In a container, the session is 0 if its leader is outside, so it is a
/// number here: a `Pid` of rustix must not be 0, and neither `getsid` nor `getpgrp` of rustix checks that.
pub(crate) fn session_of(pid: i32) -> io::Result<i32> {
    // SAFETY: it takes a number and touches no memory.
    match unsafe { libc::getsid(pid) } {
        -1 => Err(io::Error::last_os_error()),
        session => Ok(session),
    }
}

/// Whether this process leads its process group.
pub(crate) fn leads_its_group() -> bool {
    // SAFETY: it takes nothing and touches no memory.
    let group = unsafe { libc::getpgrp() };
    group == rustix::process::getpid().as_raw_pid()
}

/// Makes the kernel send this signal to the started process when the thread that starts it ends, even if that is
/// killed.
#[cfg(all(target_os = "linux", any(feature = "postgres", feature = "redis")))]
pub(crate) fn set_pdeathsig(command: &mut std::process::Command, signal: i32) {
    use std::os::unix::process::CommandExt;

    let parent = rustix::process::getpid();
    let ask = move || {
        let signal = rustix::process::Signal::from_named_raw(signal);
        rustix::process::set_parent_process_death_signal(signal)?;
        // The parent may have ended before the call.
        match rustix::process::getppid() == Some(parent) {
            true => Ok(()),
            false => Err(io::ErrorKind::BrokenPipe.into()),
        }
    };
    // SAFETY: two system calls and nothing else, so no lock is needed that another thread could have held at the fork.
    unsafe { command.pre_exec(ask) };
}

/// Whether the open file is still the one at this path.
pub(crate) fn is_same_file(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(open), Ok(at_path)) => (open.dev(), open.ino()) == (at_path.dev(), at_path.ino()),
        _ => false,
    }
}

/// The identity of a file: its device, and its number there.
pub(crate) type InodeId = (u64, u64);

/// The identity of the open file. `None` if it is unknown.
pub(crate) fn id_of_open(file: &File) -> Option<InodeId> {
    file.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// The identity of the file at this path.
pub(crate) fn id_at(path: &Path) -> Option<InodeId> {
    path.symlink_metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// How many descriptors this process may open.
pub(crate) fn descriptor_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// Writes everything to stdout.
pub(crate) fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    write_to(rustix::stdio::stdout(), bytes)
}

/// Writes everything to stderr, even if a thread holds the standard library's lock of it.
pub(crate) fn write_stderr(bytes: &[u8]) -> io::Result<()> {
    write_to(rustix::stdio::stderr(), bytes)
}

fn write_to(stream: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match write_past(stream, rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => rest = &rest[n..],
            Err(cause) => match cause.kind() {
                io::ErrorKind::Interrupted => {}
                // The reader is slow, and the stream was given to us in non-blocking mode.
                io::ErrorKind::WouldBlock => wait_for(stream)?,
                _ => return Err(cause),
            },
        }
    }
    Ok(())
}

/// Like write(2), but never captured: where possible, the symbol `write` is ours and captures the output of this
/// thread.
pub(super) fn write_past(stream: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    let (fd, start) = (stream.as_raw_fd(), bytes.as_ptr());
    #[cfg(target_os = "linux")]
    // SAFETY: the slice has this number of readable bytes.
    let written = unsafe { libc::syscall(libc::SYS_write, fd, start, bytes.len()) };
    #[cfg(not(target_os = "linux"))]
    // SAFETY: the slice has this number of readable bytes.
    let written = unsafe { libc::write(fd, start.cast(), bytes.len()) };
    usize::try_from(written).map_err(|_| io::Error::last_os_error())
}

fn wait_for(stream: BorrowedFd<'_>) -> io::Result<()> {
    let mut fds = [PollFd::from_borrowed_fd(stream, PollFlags::OUT)];
    match rustix::event::poll(&mut fds, None) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(cause) => Err(cause.into()),
    }
}

/// The monotonic clock, which all processes of the machine share.
pub(crate) fn monotonic_nanos() -> u64 {
    let mut now = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: the time is written to `now`, which is ours and large enough.
    if unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, now.as_mut_ptr()) } != 0 {
        return 0;
    }
    // SAFETY: the call has succeeded, so it has written the time.
    let now = unsafe { now.assume_init() };
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}

/// A TCP port on 127.0.0.1 that the kernel assigns to no other program while this exists.
///
/// The socket is bound with `SO_REUSEADDR` and never listens. Linux lets a second socket with that option bind and
/// listen on the same port, and refuses one without it. It never assigns the port to a program that asks for any port.
#[derive(Debug)]
pub(crate) struct ReservedPort {
    port: u16,
    _socket: OwnedFd,
}

impl ReservedPort {
    /// Whether a server can bind a reserved port on this system.
    pub(crate) const WORKS: bool = cfg!(target_os = "linux");

    /// Reserves this port; `0` stands for any free port.
    pub(crate) fn bind(port: u16) -> io::Result<Self> {
        #[cfg(not(target_vendor = "apple"))]
        let socket = {
            let flags = rustix::net::SocketFlags::CLOEXEC;
            rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?
        };
        // Apple's systems have no such flag.
        #[cfg(target_vendor = "apple")]
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
        #[cfg(target_vendor = "apple")]
        rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
        sockopt::set_socket_reuseaddr(&socket, true)?;
        rustix::net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
        let address = SocketAddr::try_from(rustix::net::getsockname(&socket)?)?;
        Ok(Self { port: address.port(), _socket: socket })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}
