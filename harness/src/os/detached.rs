//! Children of this process that nobody waits for: they end by themselves, and later than this process.
#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nobody starts one there"))]

use std::io;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{WaitId, WaitIdOptions};

use crate::os::procfs;

static IDS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Starts one.
///
/// # Errors
///
/// When it cannot be started.
pub(crate) fn spawn(command: &mut Command) -> io::Result<()> {
    let mut ids = IDS.lock().unwrap_or_else(PoisonError::into_inner);
    ids.push(command.spawn()?.id());
    Ok(())
}

/// Those of them that are there still.
pub(crate) fn ids() -> MutexGuard<'static, Vec<u32>> {
    let mut ids = IDS.lock().unwrap_or_else(PoisonError::into_inner);
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    ids.retain(|&id| {
        let pid = procfs::pid(id);
        pid.is_some_and(|pid| matches!(rustix::process::waitid(WaitId::Pid(pid), options), Ok(None)))
    });
    ids
}
