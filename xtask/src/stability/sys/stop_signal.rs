//! The signals that ask a process group to end.

/// How a group is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::stability) enum StopSignal {
    /// As Ctrl-C does.
    Interrupt,
    /// As `kill` does.
    Terminate,
}
