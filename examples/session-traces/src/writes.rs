//! How clients write what must be there once: sessions, and their links.

use crate::gate::{Gate, Pass};

/// How a client writes what must be there once. All clients of a database write alike; a clone has the same gate.
#[derive(Debug, Clone)]
pub enum Writes {
    /// It looks whether the row is there, and inserts it if not: two that have looked both insert it.
    SelectThenInsert,
    /// The same behind a write semaphore: between looking and inserting nobody else writes. DuckDB lets only one process write to a file, so a
    /// semaphore of that process is enough.
    Gated(Gate),
    /// It inserts the row and leaves it to the key to keep a second one out: `ON CONFLICT DO NOTHING`. Needs [`Key::Primary`].
    ///
    /// That clause passes over a row that is committed. With one that is committed meanwhile the statement fails, as a plain `INSERT` does; so
    /// it is tried again, and then the row is there.
    ///
    /// [`Key::Primary`]: crate::Key::Primary
    OnConflict,
}

impl Writes {
    /// How many clients wait for their turn.
    #[must_use]
    pub fn waiting(&self) -> usize {
        match self {
            Self::Gated(gate) => gate.waiting(),
            Self::SelectThenInsert | Self::OnConflict => 0,
        }
    }

    /// Whether a client looks for a row before it inserts it.
    pub(crate) fn looks_first(&self) -> bool {
        match self {
            Self::SelectThenInsert | Self::Gated(_) => true,
            Self::OnConflict => false,
        }
    }

    /// Waits for the client's turn to write, if clients take turns.
    pub(crate) fn enter(&self) -> Option<Pass> {
        match self {
            Self::Gated(gate) => Some(gate.enter()),
            Self::SelectThenInsert | Self::OnConflict => None,
        }
    }

    /// The same in a task.
    pub(crate) async fn enter_async(&self) -> Option<Pass> {
        match self {
            Self::Gated(gate) => Some(gate.enter_async().await),
            Self::SelectThenInsert | Self::OnConflict => None,
        }
    }
}
