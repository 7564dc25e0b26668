//! The record of a thread that is about to end its process.

/// The record of a thread that is about to end its process. Another thread may end the process before it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CrashRecord {
    /// The test that the thread worked for; 0: not known.
    pub(crate) owner: u64,
    /// The first signal that the thread received, and the last one.
    pub(crate) signals: Option<(i32, i32)>,
    /// The thread has called `exit`.
    pub(crate) has_exited: bool,
    /// Where the text that the thread had captured is stored.
    pub(crate) place: usize,
}
