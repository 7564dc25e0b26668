//! The signals that ask a process group to end.

/// A signal that asks a group to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopSignal {
    /// Like Ctrl-C.
    Interrupt,
    /// Like `kill`.
    Terminate,
}
