//! The reasons that end a wait of the controller.

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wakeup {
    /// There may be an event.
    Events,
    /// The process of the workers has exited, or the workers have reported everything.
    Ended,
    /// The time limit.
    Nothing,
    /// The user has interrupted the run; `again`: not for the first time.
    Interrupted { again: bool },
}
