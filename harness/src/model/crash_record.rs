//! What a thread leaves that is about to end its process.

/// What a thread leaves that is about to end its process. Another one may be quicker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CrashRecord {
    /// For whom it worked. 0: nobody knows.
    pub(crate) owner: u64,
    /// The signal that it got first, and the last one.
    pub(crate) signals: Option<(i32, i32)>,
    /// It has called `exit`.
    pub(crate) has_exited: bool,
    /// What it had written, as far as it was captured, is at this place.
    pub(crate) place: usize,
}
