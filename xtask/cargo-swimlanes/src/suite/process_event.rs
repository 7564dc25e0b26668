//! The events while a child runs.

/// An event that the thread which waits for a child receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProcessEvent {
    /// The child ended.
    Ended,
    /// Ctrl-C, with the number of times so far.
    Interrupted(u32),
}
