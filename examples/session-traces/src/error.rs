//! The errors of tracing, and which of them are retryable.

use swimlanes_kit::retry::RetryError;

/// An error of DuckDB.
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

    /// Whether another client is the cause: it has written the same row, before or at the same time.
    #[must_use]
    pub fn is_race(&self) -> bool {
        is_race(&self.cause)
    }

    /// The number of attempts.
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// The error of DuckDB.
    #[must_use]
    pub fn cause(&self) -> &duckdb::Error {
        &self.cause
    }
}

fn after(tries: u32) -> String {
    if tries == 1 { String::new() } else { format!(", after {tries} tries") }
}

/// Decides which errors are retryable.
pub(crate) type When = fn(&duckdb::Error) -> bool;

/// Whether another client has written the same row, before or at the same time.
pub(crate) fn is_race(error: &duckdb::Error) -> bool {
    is_conflict(error) || is_duplicate(error)
}

/// Whether another transaction has changed the same row. DuckDB does not wait: the second transaction fails at once.
///
/// DuckDB reports only the text of an error.
pub(crate) fn is_conflict(error: &duckdb::Error) -> bool {
    error.to_string().starts_with("TransactionContext Error: Conflict on update!")
}

/// Whether a row with this key exists: found at the insert, or only at the commit.
pub(crate) fn is_duplicate(error: &duckdb::Error) -> bool {
    const WHEN_INSERTED: &str = "Constraint Error: Duplicate key ";
    const WHEN_COMMITTED: &str =
        "TransactionContext Error: Failed to commit: PRIMARY KEY or UNIQUE constraint violation";
    let text = error.to_string();
    text.starts_with(WHEN_INSERTED) || text.starts_with(WHEN_COMMITTED)
}
