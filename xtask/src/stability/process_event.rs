//! What can happen while a child runs.

/// An event that the thread which waits for a child receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProcessEvent {
    /// The child ended.
    Ended,
    /// Ctrl-C, so many times until now.
    Interrupted(u32),
}
