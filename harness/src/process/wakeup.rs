//! What ends a wait of the controller.

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wakeup {
    /// There may be an event.
    Events,
    /// The process of the workers has exited, or the workers have reported everything.
    Ended,
    /// Nothing, until the time was up.
    Nothing,
    /// The user wants the run to end; `again`: not for the first time.
    Interrupted { again: bool },
}
