//! The child processes that the harness itself started. A child that it waits for is listed until the wait has ended. The others are
//! detached: they end by themselves, later than this process.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::sync::{Mutex, MutexGuard};

use rustix::process::{WaitId, WaitIdOptions};

use crate::model::mutex::MutexExt;
use crate::os::procfs;

/// The children that have not been waited for.
static LIVING: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static DETACHED: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// The children that have not been waited for. Code that waits for a child removes it from the list.
pub(crate) fn living() -> MutexGuard<'static, Vec<u32>> {
    LIVING.lock_even_if_poisoned()
}

/// The connections to worker processes: closing one for writing tells the process that its attempt is given up.
static CONNECTIONS: Mutex<Vec<(u32, UnixStream)>> = Mutex::new(Vec::new());

/// Notes the connection to this worker process.
pub(crate) fn add_connection(id: u32, connection: UnixStream) {
    CONNECTIONS.lock_even_if_poisoned().push((id, connection));
}

/// The worker process has ended.
pub(crate) fn remove_connection(id: u32) {
    CONNECTIONS.lock_even_if_poisoned().retain(|(other, _)| *other != id);
}

/// Tells all worker processes that their attempts are given up.
pub(crate) fn give_up_attempts() {
    for (_, connection) in &*CONNECTIONS.lock_even_if_poisoned() {
        // The process may have ended.
        let _ = connection.shutdown(Shutdown::Write);
    }
}

/// Whether the harness started this process.
pub(crate) fn is_ours(id: u32) -> bool {
    living().contains(&id) || detached().contains(&id)
}

/// How many children of the harness have not been waited for.
#[cfg(target_os = "linux")]
pub(crate) fn n_ours() -> i64 {
    (living().len() + detached().len()) as i64
}

/// Starts a detached child.
///
/// # Errors
///
/// When it cannot be started.
#[cfg(target_os = "linux")]
pub(crate) fn spawn_detached(command: &mut Command) -> io::Result<()> {
    let mut ids = DETACHED.lock_even_if_poisoned();
    ids.push(command.spawn()?.id());
    Ok(())
}

/// The detached children that have not ended.
fn detached() -> MutexGuard<'static, Vec<u32>> {
    let mut ids = DETACHED.lock_even_if_poisoned();
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    ids.retain(|&id| {
        let pid = procfs::pid(id);
        pid.is_some_and(|pid| matches!(rustix::process::waitid(WaitId::Pid(pid), options), Ok(None)))
    });
    ids
}
