//! How clients write rows that must exist once: sessions, and their links.

use crate::gate::{Gate, Pass};

/// How a client writes rows that must exist once. All clients of a database write in the same way; a clone has the same gate.
#[derive(Debug, Clone)]
pub enum Writes {
    /// It checks whether the row exists, and inserts it if not: two clients that have checked both insert it.
    SelectThenInsert,
    /// The same behind a write semaphore: no other client writes between the check and the insert. DuckDB lets only one process write to a
    /// file, so a semaphore of that process is enough.
    Gated(Gate),
    /// It inserts the row, and the key prevents a second one: `ON CONFLICT DO NOTHING`. Needs [`Key::Primary`].
    ///
    /// The clause skips a committed row. If the row is committed in the meantime, the statement fails like a plain `INSERT`; so it is
    /// retried, and then finds the row.
    ///
    /// [`Key::Primary`]: crate::Key::Primary
    OnConflict,
}

impl Writes {
    /// The number of clients that wait for the semaphore.
    #[must_use]
    pub fn waiting(&self) -> usize {
        match self {
            Self::Gated(gate) => gate.waiting(),
            Self::SelectThenInsert | Self::OnConflict => 0,
        }
    }

    /// Whether a client checks for a row before it inserts it.
    pub(crate) fn looks_first(&self) -> bool {
        match self {
            Self::SelectThenInsert | Self::Gated(_) => true,
            Self::OnConflict => false,
        }
    }

    /// Waits for the semaphore, if there is one.
    pub(crate) fn enter(&self) -> Option<Pass> {
        match self {
            Self::Gated(gate) => Some(gate.enter()),
            Self::SelectThenInsert | Self::OnConflict => None,
        }
    }

    /// As `enter`, in a task.
    pub(crate) async fn enter_async(&self) -> Option<Pass> {
        match self {
            Self::Gated(gate) => Some(gate.enter_async().await),
            Self::SelectThenInsert | Self::OnConflict => None,
        }
    }
}
