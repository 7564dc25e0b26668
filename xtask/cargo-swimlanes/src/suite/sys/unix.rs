//! Unix: process groups and the terminal.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::stop_signal::StopSignal;

/// A child and its descendants, as one process group. Dropping it kills and reaps it.
#[derive(Debug)]
pub(crate) struct ProcessGroup {
    child: Child,
    leader: Pid,
    is_reaped: bool,
}

impl ProcessGroup {
    /// Starts the command as the leader of a new group.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        let leader = Pid::from_child(&child);
        Ok(Self { child, leader, is_reaped: false })
    }

    /// Calls `on_end` when the leader has ended. The leader is not reaped then: its process id, which is also that of the group, is not
    /// reused before `reap`.
    pub(crate) fn watch(&self, on_end: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
        let leader = self.leader;
        thread::Builder::new().name("reaper".to_owned()).spawn(move || {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            // It fails only for a process that is not our child, which needs no waiting.
            let _ = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(leader), options));
            on_end();
        })
    }

    /// Asks all processes of the group to end.
    pub(crate) fn ask(&self, ask: StopSignal) {
        self.signal(match ask {
            StopSignal::Interrupt => Signal::INT,
            StopSignal::Terminate => Signal::TERM,
        });
    }

    /// Kills all processes of the group.
    pub(crate) fn force(&self) {
        self.signal(Signal::KILL);
    }

    /// Waits for the leader, and returns its status.
    pub(crate) fn reap(mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        self.is_reaped = true;
        Ok(status)
    }

    fn signal(&self, signal: Signal) {
        // It fails if the group is empty, which is not an error.
        let _ = kill_process_group(self.leader, signal);
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if !self.is_reaped {
            self.force();
            let _ = self.child.wait();
        }
    }
}

/// The signal that ended a process without an exit code.
pub(crate) fn signal_of(status: ExitStatus) -> i32 {
    status.signal().unwrap_or_default()
}

/// The number of columns, if stdout is a terminal.
pub(crate) fn terminal_width() -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(size.ws_col).filter(|&columns| columns > 0)
}
