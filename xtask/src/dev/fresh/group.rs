//! Runs a command in its own process group. The first signal to this process asks the group to end, the second kills it.

use std::io;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a group may take to end after it was asked to. Runs of swimlanes need 10 seconds if tests hang.
const GRACE: Duration = Duration::from_secs(20);

/// Handles Ctrl-C, and the other signals that ask this process to end.
#[derive(Debug)]
pub(super) struct CommandRunner {
    state: Mutex<RunnerState>,
    grace: Duration,
}

#[derive(Debug, Default)]
struct RunnerState {
    count: u32,
    listener: Option<Sender<GroupEvent>>,
}

#[derive(Debug)]
enum GroupEvent {
    /// The leader of the group ended.
    Ended(io::Result<ExitStatus>),
    Interrupted,
}

/// How a command ended.
#[derive(Debug)]
pub(super) enum GroupExit {
    ByItself(ExitStatus),
    Interrupted,
}

impl CommandRunner {
    /// Handles the signals from now on: they no longer end this process.
    pub(super) fn watch() -> io::Result<Arc<Self>> {
        let runner = Arc::new(Self::new(GRACE));
        let watched = Arc::clone(&runner);
        ctrlc::set_handler(move || watched.raise()).map_err(io::Error::other)?;
        Ok(runner)
    }

    pub(super) fn new(grace: Duration) -> Self {
        Self { state: Mutex::default(), grace }
    }

    pub(super) fn is_raised(&self) -> bool {
        self.lock().count > 0
    }

    /// One more signal.
    pub(super) fn raise(&self) {
        let mut state = self.lock();
        state.count += 1;
        if let Some(listener) = &state.listener {
            // The command may have ended just now.
            let _ = listener.send(GroupEvent::Interrupted);
        }
    }

    /// Runs the command to its end, and kills the remaining processes of its group.
    ///
    /// # Errors
    ///
    /// When it cannot be started or waited for.
    pub(super) fn run(&self, command: &mut Command) -> io::Result<GroupExit> {
        let (sender, events) = mpsc::channel();
        let (mut child, group) = {
            // Under the lock, so that no signal comes between the check and the start.
            let mut state = self.lock();
            if state.count > 0 {
                return Ok(GroupExit::Interrupted);
            }
            let started = sys::spawn(command)?;
            state.listener = Some(sender.clone());
            started
        };
        let waiting = thread::spawn(move || {
            // The receiver is dropped if waiting for the group failed.
            let _ = sender.send(GroupEvent::Ended(child.wait()));
        });
        let end = self.attend(&group, &events);
        self.lock().listener = None;
        group.force();
        waiting.join().map_err(|_| io::Error::other("the thread that waited for the command panicked"))?;
        end
    }

    fn attend(&self, group: &sys::CommandGroup, events: &Receiver<GroupEvent>) -> io::Result<GroupExit> {
        let mut step = GroupStep::Running;
        let mut has_ended = false;
        loop {
            match next(events, step) {
                Some(GroupEvent::Ended(status)) if step == GroupStep::Running => {
                    return Ok(GroupExit::ByItself(status?));
                }
                Some(GroupEvent::Ended(status)) => {
                    status?;
                    has_ended = true;
                }
                Some(GroupEvent::Interrupted) if step == GroupStep::Running => {
                    group.ask();
                    step = GroupStep::Asked { until: Instant::now() + self.grace };
                }
                Some(GroupEvent::Interrupted) => step = group.end(),
                None => {}
            }
            if has_ended && !group.is_alive() {
                return Ok(GroupExit::Interrupted);
            }
            match step {
                GroupStep::Asked { until } if until <= Instant::now() => step = group.end(),
                GroupStep::Forced { until } if has_ended && until <= Instant::now() => {
                    return Ok(GroupExit::Interrupted);
                }
                _ => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, RunnerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The steps of stopping a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GroupStep {
    Running,
    Asked { until: Instant },
    Forced { until: Instant },
}

impl sys::CommandGroup {
    fn end(&self) -> GroupStep {
        /// A process that ended belongs to the group until it is reaped, and not every container reaps orphans.
        const REST: Duration = Duration::from_secs(1);
        self.force();
        GroupStep::Forced { until: Instant::now() + REST }
    }
}

/// Returns the next event. After a signal, returns `None` from time to time, because no event reports the end of processes in the group
/// that are not our children.
fn next(events: &Receiver<GroupEvent>, step: GroupStep) -> Option<GroupEvent> {
    const POLL: Duration = Duration::from_millis(50);
    match step {
        GroupStep::Running => Some(events.recv().expect("the thread that waits sends the end before it returns")),
        GroupStep::Asked { .. } | GroupStep::Forced { .. } => match events.recv_timeout(POLL) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => unreachable!("the listener holds a sender"),
        },
    }
}

#[cfg(unix)]
mod sys {
    use std::io;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};

    use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

    /// The process id of the leader. It is not reused while a process of the group lives.
    pub(super) struct CommandGroup(Pid);

    pub(super) fn spawn(command: &mut Command) -> io::Result<(Child, CommandGroup)> {
        let child = command.process_group(0).spawn()?;
        let group = CommandGroup(Pid::from_child(&child));
        Ok((child, group))
    }

    impl CommandGroup {
        pub(super) fn ask(&self) {
            // It fails if the group is empty, which is not an error.
            let _ = kill_process_group(self.0, Signal::TERM);
        }

        pub(super) fn force(&self) {
            let _ = kill_process_group(self.0, Signal::KILL);
        }

        pub(super) fn is_alive(&self) -> bool {
            test_kill_process_group(self.0).is_ok()
        }
    }
}

/// Without process groups, Ctrl-C reaches all processes by itself.
#[cfg(not(unix))]
mod sys {
    use std::io;
    use std::process::{Child, Command};

    pub(super) struct CommandGroup;

    pub(super) fn spawn(command: &mut Command) -> io::Result<(Child, CommandGroup)> {
        Ok((command.spawn()?, CommandGroup))
    }

    impl CommandGroup {
        pub(super) fn ask(&self) {}

        pub(super) fn force(&self) {}

        pub(super) fn is_alive(&self) -> bool {
            false
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;

    use expect_test::{Expect, expect};

    use super::*;

    /// Runs the script until it writes to the pipe `$READY`, and then raises `n_signals` signals.
    #[track_caller]
    fn check(script: &str, n_signals: u32, grace: Duration, expected: Expect) {
        let dir = tempfile::tempdir().expect("a directory");
        let [ready, out] = ["ready", "out"].map(|name| dir.path().join(name));
        assert!(Command::new("mkfifo").arg(&ready).status().expect("mkfifo starts").success());
        let runner = CommandRunner::new(grace);
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("READY", &ready).env("OUT", &out);
        let end = thread::scope(|scope| {
            let running = scope.spawn(|| runner.run(&mut command).expect("a shell"));
            fs::read(&ready).expect("it is ready");
            (0..n_signals).for_each(|_| runner.raise());
            running.join().expect("no panic")
        });
        expected.assert_eq(&format!("{end:?}, {:?}", fs::read_to_string(&out).unwrap_or_default()));
        if n_signals > 0 {
            let again = runner.run(&mut Command::new("/nowhere/at/all"));
            assert!(matches!(again, Ok(GroupExit::Interrupted)), "nothing is started any more: {again:?}");
        }
    }

    const LONG: Duration = Duration::from_secs(60);

    /// Another shell reports that it is ready, so that no child is still a fork of the first shell when the signal arrives.
    const SLEEP: &str = "sh -c 'echo > \"$READY\"; exec sleep 1000'";

    #[test]
    fn the_first_signal_asks_and_the_second_kills() {
        let script = format!("trap 'echo asked > \"$OUT\"; exit 0' TERM; {SLEEP} & wait");
        check(&script, 1, LONG, expect![[r#"Interrupted, "asked\n""#]]);
        check("trap '' TERM; echo > \"$READY\"; sleep 1000", 2, LONG, expect![[r#"Interrupted, """#]]);
    }

    #[test]
    fn a_group_that_does_not_end_in_time_is_killed() {
        check("trap '' TERM; echo > \"$READY\"; sleep 1000", 1, Duration::ZERO, expect![[r#"Interrupted, """#]]);
    }

    #[test]
    fn remaining_processes_of_the_group_are_waited_for() {
        let rest = format!("(trap 'echo late > \"$OUT\"; exit' TERM; {SLEEP} & wait) & wait");
        check(&rest, 1, LONG, expect![[r#"Interrupted, "late\n""#]]);
    }

    #[test]
    fn without_a_signal_the_command_ends_by_itself() {
        check("echo > \"$READY\"; exit 3", 0, LONG, expect![[r#"ByItself(ExitStatus(unix_wait_status(768))), """#]]);
    }
}
