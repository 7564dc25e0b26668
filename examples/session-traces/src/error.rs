//! What can go wrong while sessions are traced, and which of that is worth another try.

use swimlanes_kit::retry::RetryError;

/// Why DuckDB did not do what a client asked.
#[derive(Debug, thiserror::Error)]
#[error("cannot {tried}: {cause}{}", after(*.tries))]
pub struct Error {
    tried: String,
    tries: u32,
    cause: duckdb::Error,
}

impl Error {
    /// `tried` as in "cannot {tried}".
    pub(crate) fn new(tried: impl Into<String>, cause: duckdb::Error) -> Self {
        Self { tried: tried.into(), tries: 1, cause }
    }

    pub(crate) fn gave_up(tried: impl Into<String>, gave_up: RetryError<duckdb::Error>) -> Self {
        Self { tries: gave_up.attempts(), ..Self::new(tried, gave_up.into_error()) }
    }

    /// Whether another client was in the way: it has written the same, before or at the same time.
    #[must_use]
    pub fn is_race(&self) -> bool {
        is_race(&self.cause)
    }

    /// How often it was tried.
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// What DuckDB said.
    #[must_use]
    pub fn cause(&self) -> &duckdb::Error {
        &self.cause
    }
}

fn after(tries: u32) -> String {
    if tries == 1 { String::new() } else { format!(", after {tries} tries") }
}

/// Which errors are worth another try.
pub(crate) type When = fn(&duckdb::Error) -> bool;

/// Whether another client has written the same, before or at the same time.
pub(crate) fn is_race(error: &duckdb::Error) -> bool {
    is_conflict(error) || is_duplicate(error)
}

/// Whether another transaction has changed the same row. DuckDB waits for nobody: who comes second fails at once.
///
/// Of all its errors DuckDB tells nothing but the text.
pub(crate) fn is_conflict(error: &duckdb::Error) -> bool {
    error.to_string().starts_with("TransactionContext Error: Conflict on update!")
}

/// Whether there is a row with that key: when it was inserted, or only when that was committed.
pub(crate) fn is_duplicate(error: &duckdb::Error) -> bool {
    const WHEN_INSERTED: &str = "Constraint Error: Duplicate key ";
    const WHEN_COMMITTED: &str =
        "TransactionContext Error: Failed to commit: PRIMARY KEY or UNIQUE constraint violation";
    let text = error.to_string();
    text.starts_with(WHEN_INSERTED) || text.starts_with(WHEN_COMMITTED)
}
