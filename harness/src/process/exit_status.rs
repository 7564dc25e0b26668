//! How processes ended, and which are stopped.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use crate::model::crash_record::CrashRecord;
use crate::model::outcome::ProcessExit;
use crate::os::procfs;

/// The signal that has stopped this child of ours, if it is stopped now.
pub(crate) fn stopping_signal(child: Pid) -> Option<i32> {
    let options = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    rustix::process::waitid(WaitId::Pid(child), options).ok().flatten()?.stopping_signal()
}

/// A sentence for each descendant of this process that is stopped. Only for a child the system says by which signal. A program that reads from
/// or writes to the terminal in the background is stopped, and a test that waits for it hangs.
pub(crate) fn stopped_descendants() -> Vec<String> {
    let mut sentences = Vec::new();
    let mut open: Vec<(u32, bool)> = procfs::children().into_iter().map(|id| (id, true)).collect();
    while let Some((id, is_child)) = open.pop() {
        open.extend(procfs::children_of(id).into_iter().map(|id| (id, false)));
        if !procfs::is_stopped(id) {
            continue;
        }
        let signal = procfs::pid(id).filter(|_| is_child).and_then(stopping_signal);
        let by = match signal {
            Some(signal) if signal == Signal::TTIN.as_raw() || signal == Signal::TTOU.as_raw() => {
                format!(" by {}, because it used the terminal in the background", signal_name(signal))
            }
            Some(signal) => format!(" by {}", signal_name(signal)),
            None => String::new(),
        };
        let command = procfs::command_line(id).unwrap_or_default();
        sentences.push(format!("the process {id} (`{command}`), which the test may wait for, was stopped{by}"));
    }
    sentences
}

/// The signal that ended the process, or its exit code.
pub(crate) fn end_of(status: Option<ExitStatus>) -> (Option<i32>, Option<i32>) {
    (status.and_then(|status| status.signal()), status.and_then(|status| status.code()))
}

/// How a process ended that had not finished. `None`: its status is not known.
pub(crate) fn process_exit(status: Option<ExitStatus>, note: &CrashRecord) -> ProcessExit {
    let (first, last) = note.signals.unzip();
    match (first.or_else(|| status?.signal()), status.and_then(|status| status.code())) {
        (Some(signal), _) => {
            // The standard library reports a stack overflow in this way.
            let is_overflow = signal == Signal::SEGV.as_raw() && last == Some(Signal::ABORT.as_raw());
            ProcessExit::Signal { name: signal_name(signal), is_overflow }
        }
        (None, Some(code)) => ProcessExit::Exit { code },
        (None, None) => ProcessExit::Unknown,
    }
}

/// The name of a signal.
pub(crate) fn signal_name(number: i32) -> String {
    let names = [
        (Signal::SEGV, "SIGSEGV"),
        (Signal::BUS, "SIGBUS"),
        (Signal::ILL, "SIGILL"),
        (Signal::FPE, "SIGFPE"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::KILL, "SIGKILL"),
        (Signal::TERM, "SIGTERM"),
        (Signal::INT, "SIGINT"),
        (Signal::HUP, "SIGHUP"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::XCPU, "SIGXCPU"),
        (Signal::XFSZ, "SIGXFSZ"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::SYS, "SIGSYS"),
        (Signal::STOP, "SIGSTOP"),
        (Signal::TSTP, "SIGTSTP"),
        (Signal::TTIN, "SIGTTIN"),
        (Signal::TTOU, "SIGTTOU"),
    ];
    let signal_entry = names.into_iter().find(|(signal, _)| signal.as_raw() == number);
    signal_entry.map_or_else(|| format!("signal {number}"), |(_, name)| name.to_owned())
}
