//! Why the story engine did not do what it was asked, and what may be tried again.

use postgres::error::SqlState;

/// Why a write or a read did not come about. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot {tried}: {kind}{}", after(*.tries))]
pub struct Error {
    tried: String,
    kind: Kind,
    tries: u32,
}

#[derive(Debug, thiserror::Error)]
enum Kind {
    /// postgres shows a database's error as "db error" and nothing more.
    #[error("{}", told(.0))]
    Server(#[from] postgres::Error),
    #[error("somebody else has changed the story meanwhile")]
    Stale,
    #[error("there is no {0}")]
    Missing(String),
}

impl Error {
    /// The version of the story was not the one that had been read.
    pub(crate) fn stale() -> Self {
        Kind::Stale.into()
    }

    pub(crate) fn missing(what: String) -> Self {
        Kind::Missing(what).into()
    }

    pub(crate) fn when_trying(self, tried: String) -> Self {
        Self { tried, ..self }
    }

    pub(crate) fn after(self, tries: u32) -> Self {
        Self { tries, ..self }
    }

    /// How often it was tried.
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Whether the story had another version when it was to be written.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        matches!(self.kind, Kind::Stale)
    }

    /// Whether there is no story or character with that number.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.kind, Kind::Missing(_))
    }

    /// Whether a row with these values is there already: 23505.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        self.state() == Some(&SqlState::UNIQUE_VIOLATION)
    }

    /// Whether the server has ended the transaction so that another one could go on, and asks to run it again: 40001, and 40P01, a
    /// deadlock.
    #[must_use]
    pub fn is_serialization_failure(&self) -> bool {
        self.state() == Some(&SqlState::T_R_SERIALIZATION_FAILURE) || self.is_deadlock()
    }

    /// Whether the transaction was the one of those in a deadlock that the server has ended: 40P01.
    #[must_use]
    pub fn is_deadlock(&self) -> bool {
        self.state() == Some(&SqlState::T_R_DEADLOCK_DETECTED)
    }

    /// Whether a statement ran, or waited, longer than it may: 57014.
    #[must_use]
    pub fn is_statement_timeout(&self) -> bool {
        self.state() == Some(&SqlState::QUERY_CANCELED)
    }

    fn state(&self) -> Option<&SqlState> {
        match &self.kind {
            Kind::Server(cause) => cause.code(),
            Kind::Stale | Kind::Missing(_) => None,
        }
    }
}

impl From<postgres::Error> for Error {
    fn from(cause: postgres::Error) -> Self {
        Kind::Server(cause).into()
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self { tried: "run a transaction".to_owned(), kind, tries: 1 }
    }
}

fn told(cause: &postgres::Error) -> String {
    match cause.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => cause.to_string(),
    }
}

fn after(tries: u32) -> String {
    if tries > 1 { format!(", after {tries} tries") } else { String::new() }
}
