//! Runs a program that may do anything. It has a time limit. It writes to files, so that no process waits for one that holds a pipe.
//! Processes that it leaves running are found by its session, or by a variable in their environment if they have left the session.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::support::suite_runner::{Fixture, below};
use crate::test;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

const VARIABLE: &str = "SWIMLANES_FAULT_RUN";

/// The time in which processes that a program leaves running must end.
const GRACE: Duration = Duration::from_secs(5);

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Code(i32),
    Signal(i32),
    /// It did not end, and was stopped.
    Stopped,
}

/// The facts about a program that has ended.
pub(super) struct Ended {
    pub(super) end: End,
    /// Its stdout, followed by its stderr.
    pub(super) output: String,
    /// The command lines of the processes that it left running. They have been killed.
    pub(super) left_running: Vec<String>,
    pub(super) left_files: Vec<String>,
}

/// Runs it to its end.
pub(super) fn run(fixture: Fixture, limit: Duration) -> Ended {
    run_with_grace(fixture, limit, GRACE)
}

/// As `run`, with another grace time for the remaining processes.
pub(super) fn run_with_grace(fixture: Fixture, limit: Duration, grace: Duration) -> Ended {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let id = format!("{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
    let (stdout, stderr) = (fixture.file("stdout"), fixture.file("stderr"));
    let mut started = fixture.env(VARIABLE, &id).start_writing(&stdout, &stderr);

    let session = Pid::from_child(&started.child);
    let traces = Traces { session, variable: format!("{VARIABLE}={id}") };
    let process = pidfd_open(session, PidfdFlags::empty()).expect("it is not reaped yet");
    let end = if is_over_within(&process, limit) {
        end_of(started.child.wait().expect("it has ended"))
    } else {
        started.child.kill().expect("it is not reaped yet");
        started.child.wait().expect("it has been killed");
        End::Stopped
    };
    // The processes of a program that had to be stopped do not count as left running.
    let left_running = match end {
        End::Stopped => {
            end_all(&traces, Duration::ZERO);
            Vec::new()
        }
        End::Code(_) | End::Signal(_) => end_all(&traces, grace),
    };
    let read = |file: &Path| String::from_utf8_lossy(&std::fs::read(file).expect("it was made")).into_owned();
    let output = read(stdout.as_ref()) + "\n" + &read(stderr.as_ref());
    Ended { end, output, left_running, left_files: below(started.tmp()) }
}

fn end_of(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Code(code),
        (None, Some(signal)) => End::Signal(signal),
        (None, None) => unreachable!("a process ends with a code or by a signal"),
    }
}

/// Marks that all processes of a run share.
struct Traces {
    session: Pid,
    /// The variable and its value.
    variable: String,
}

/// Waits until no process has one of these marks, and kills those that remain after the grace time. Returns their command lines.
fn end_all(traces: &Traces, grace: Duration) -> Vec<String> {
    let deadline = Instant::now() + grace;
    let mut ended = Vec::new();
    loop {
        let found = processes(traces);
        if found.is_empty() {
            return ended;
        }
        for (process, dir) in found {
            if !is_over_within(&process, deadline.saturating_duration_since(Instant::now())) {
                let command = std::fs::read(dir.join("cmdline")).unwrap_or_default();
                let command = String::from_utf8_lossy(&command).replace('\0', " ");
                // It may have ended just now.
                let _ = pidfd_send_signal(&process, Signal::KILL);
                assert!(is_over_within(&process, GRACE), "killed, and running still: {command}");
                ended.push(command);
            }
        }
    }
}

fn is_over_within(process: &OwnedFd, limit: Duration) -> bool {
    let limit = Timespec::try_from(limit).expect("a limit is short");
    let is_over = || poll(&mut [PollFd::from_borrowed_fd(process.as_fd(), PollFlags::IN)], Some(&limit));
    rustix::io::retry_on_intr(is_over).expect("a process can be waited for") == 1
}

/// The processes with one of these marks, and their directories.
fn processes(traces: &Traces) -> Vec<(OwnedFd, PathBuf)> {
    let dirs = std::fs::read_dir("/proc").expect("Linux").flatten().map(|entry| entry.path());
    let of_run = dirs.filter_map(|dir| {
        let pid = Pid::from_raw(dir.file_name()?.to_str()?.parse().ok()?)?;
        // Checked twice: between the two calls, the number may have become that of another process.
        let process = traces.has(&dir).then(|| pidfd_open(pid, PidfdFlags::empty()).ok())??;
        // A process that has ended exists until it is reaped.
        let is_there = traces.has(&dir) && !is_over_within(&process, Duration::ZERO);
        is_there.then_some((process, dir))
    });
    of_run.collect()
}

impl Traces {
    /// The session is set from the first moment. During `exec`, a process has no environment.
    fn has(&self, dir: &Path) -> bool {
        let read = |file: &str| std::fs::read(dir.join(file)).unwrap_or_default();
        let has_variable = || read("environ").split(|&byte| byte == 0).any(|it| it == self.variable.as_bytes());
        session_of(&String::from_utf8_lossy(&read("stat"))) == Some(self.session) || has_variable()
    }
}

/// After the name, which may contain any character, come the state, the parent, the group and the session.
fn session_of(stat: &str) -> Option<Pid> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    // It is 0 for a process from outside this container.
    let session = after_name.split(' ').nth(3)?.parse().ok().filter(|&session| session > 0)?;
    Pid::from_raw(session)
}

#[test]
fn a_process_that_is_left_running_is_found_and_killed() {
    let without_the_variable = format!("unset {VARIABLE}; sleep 1000 &");
    // The shell waits until the output is closed: then the other process is in its session, and stays.
    let without_the_session = "x=$(setsid --fork sh -c 'exec >&-; kill -STOP $$')";
    for script in [without_the_variable.as_str(), without_the_session] {
        let ended = run_with_grace(Fixture::at("sh").args(&["-c", script]), GRACE, Duration::ZERO);
        assert_eq!((ended.end, ended.left_running.len()), (End::Code(0), 1), "{script}: {:?}", ended.left_running);
    }
    let ended = run(Fixture::at("sh").args(&["-c", "true"]), GRACE);
    assert_eq!((ended.end, ended.left_running.len()), (End::Code(0), 0), "{:?}", ended.left_running);
}

#[test]
fn a_program_that_does_not_end_is_stopped() {
    let ended = run(Fixture::at("sh").args(&["-c", "sleep 1000 & wait"]), Duration::from_millis(50));
    assert_eq!(ended.end, End::Stopped);
}
