//! What differs from system to system: groups of processes, signals, the size of the terminal. The files have the same
//! functions with the same types.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(super) use unix::{ProcessGroup, signal_of, terminal_width};

#[cfg(not(unix))]
mod unsupported;
#[cfg(not(unix))]
pub(super) use unsupported::{ProcessGroup, signal_of, terminal_width};

/// How a group is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopSignal {
    /// As Ctrl-C does.
    Interrupt,
    /// As `kill` does.
    Terminate,
}
