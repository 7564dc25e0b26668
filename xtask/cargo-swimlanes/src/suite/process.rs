//! Runs a child to its end: asks it to end, kills it after a grace time, and always reaps it.

mod output_reader;

use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use output_reader::OutputReader;

use crate::suite::binary::RunEnd;
use crate::suite::process_event::ProcessEvent;
use crate::suite::signals::Interrupts;
use crate::suite::sys::{ProcessGroup, StopSignal, signal_of};

/// How long a child may take to end after it was asked to.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// The limits of a child.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The whole run.
    pub(crate) run: Duration,
    /// From the request to end until the kill.
    pub(crate) grace: Duration,
}

/// How a child ended, and its output.
#[derive(Debug)]
pub(crate) struct ExitInfo {
    pub(crate) end: RunEnd,
    pub(crate) took: Duration,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Runs the command in its own process group, with an empty stdin.
///
/// # Errors
///
/// If it cannot be started, or its output cannot be stored.
pub(crate) fn run(command: &mut Command, limits: Limits, interrupts: &Interrupts) -> io::Result<ExitInfo> {
    let ((stdout, its_stdout), (stderr, its_stderr)) = (OutputReader::start()?, OutputReader::start()?);
    command.stdin(Stdio::null()).stdout(its_stdout).stderr(its_stderr);
    let (sender, events) = mpsc::channel();
    let started = Instant::now();
    let group = ProcessGroup::spawn(command)?;
    interrupts.listen(Some(sender.clone()));
    let watcher = group.watch(move || {
        // The receiver is dropped if waiting failed, and that error is returned.
        let _ = sender.send(ProcessEvent::Ended);
    })?;
    let cut = attend(&group, &events, limits);
    let took = started.elapsed();
    interrupts.listen(None);
    // No process of this run may disturb the next one.
    group.force();
    let status = group.reap()?;
    watcher.join().map_err(|_| io::Error::other("the thread that waited for the child panicked"))?;
    let end = cut.unwrap_or_else(|| end_of(status));
    Ok(ExitInfo { end, took, stdout: stdout.finish()?, stderr: stderr.finish()? })
}

/// Waits until the child ends; stops it at the deadline or on Ctrl-C. Returns why it was stopped, if it was.
fn attend(group: &ProcessGroup, events: &Receiver<ProcessEvent>, limits: Limits) -> Option<RunEnd> {
    let mut cut = None;
    let mut deadline = Instant::now().checked_add(limits.run);
    loop {
        match next(events, deadline) {
            Some(ProcessEvent::Ended) => return cut,
            Some(ProcessEvent::Interrupted(1)) => {
                group.ask(StopSignal::Interrupt);
                cut.get_or_insert(RunEnd::Interrupted);
                deadline = Instant::now().checked_add(limits.grace);
            }
            Some(ProcessEvent::Interrupted(_)) => {
                group.force();
                cut.get_or_insert(RunEnd::Interrupted);
                deadline = None;
            }
            None if cut.is_none() => {
                group.ask(StopSignal::Terminate);
                cut = Some(RunEnd::TimedOut);
                deadline = Instant::now().checked_add(limits.grace);
            }
            None => {
                group.force();
                deadline = None;
            }
        }
    }
}

/// `None` if the deadline came first.
fn next(events: &Receiver<ProcessEvent>, deadline: Option<Instant>) -> Option<ProcessEvent> {
    const INVARIANT: &str = "the watcher sends the end before it returns";
    let Some(deadline) = deadline else { return Some(events.recv().expect(INVARIANT)) };
    match events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(event) => Some(event),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => unreachable!("{INVARIANT}"),
    }
}

fn end_of(status: ExitStatus) -> RunEnd {
    match status.code() {
        Some(code) => RunEnd::Exited { code },
        None => RunEnd::Signalled { signal: signal_of(status) },
    }
}

#[cfg(all(test, unix))]
mod tests;
