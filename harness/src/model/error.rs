//! Errors of the harness itself. A failing test is not an error: tests fail with outcomes.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a fixture could not be set up: any error. The test that takes the fixture fails with its message.
pub type FixtureError = Box<dyn std::error::Error + Send + Sync>;

/// The result of setting up a fixture.
pub type FixtureResult<T> = Result<T, FixtureError>;

/// An error of the harness. The message says what failed, on what, and why.
///
/// ```
/// use swimlanes::prelude::*;
///
/// fn fresh_copy(db: &Database) -> Result<Database, swimlanes::Error> {
///     db.fresh()
/// }
/// ```
#[derive(thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<ErrorRepr>);

// A test that returns this error fails with its `Debug` text, so that text is written for people, too.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Debug, thiserror::Error)]
enum ErrorRepr {
    #[error("cannot {tried} {}: {cause}", path.display())]
    File { tried: &'static str, path: PathBuf, cause: io::Error },
    #[error("cannot {tried}: {cause}")]
    Io { tried: String, cause: io::Error },
    #[error("cannot set up the fixture {}: {cause}", short_type_name(type_name))]
    Fixture { type_name: Cow<'static, str>, cause: FixtureError },
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    NoTests(String),
    #[error("{0}")]
    Fault(String),
    #[cfg(feature = "sqlite")]
    #[error("cannot {tried} the SQLite database {}: {cause}", path.display())]
    Sqlite { tried: &'static str, path: PathBuf, cause: FixtureError },
    #[cfg(feature = "duckdb")]
    #[error("cannot {tried} the DuckDB database {which}: {cause}")]
    DuckDb { tried: &'static str, which: String, cause: FixtureError },
}

/// The kind of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused an operation on a file, a directory, a port, a process or a thread.
    Io,
    /// A fixture could not be set up.
    Fixture,
    /// A database or its server refused an operation.
    Database,
    /// The command line or the suite is wrong.
    Usage,
    /// No test was selected, although the options require at least one.
    NoTests,
    /// An internal error of swimlanes. Please report it.
    Internal,
}

/// Where the cause of an error lies; it decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorClass {
    /// The command line or the suite is wrong.
    Usage,
    /// Tests were required, and none was selected.
    NoTests,
    /// The harness or the machine failed.
    Harness,
}

impl Error {
    /// The kind of this error.
    ///
    /// ```
    /// use swimlanes::prelude::*;
    /// use swimlanes::ErrorKind;
    ///
    /// fn copy_or_skip(db: &Database) -> Result<Database, swimlanes::Error> {
    ///     match db.fresh() {
    ///         Err(error) if error.kind() == ErrorKind::Io => swimlanes::skip!("no room for a copy: {error}"),
    ///         copied => copied,
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match *self.0 {
            ErrorRepr::File { .. } | ErrorRepr::Io { .. } => ErrorKind::Io,
            ErrorRepr::Fixture { .. } => ErrorKind::Fixture,
            ErrorRepr::Usage(_) => ErrorKind::Usage,
            ErrorRepr::NoTests(_) => ErrorKind::NoTests,
            ErrorRepr::Fault(_) => ErrorKind::Internal,
            #[cfg(feature = "sqlite")]
            ErrorRepr::Sqlite { .. } => ErrorKind::Database,
            #[cfg(feature = "duckdb")]
            ErrorRepr::DuckDb { .. } => ErrorKind::Database,
        }
    }

    /// `tried` as in "cannot {tried} {path}".
    pub(crate) fn file(tried: &'static str, path: &Path, cause: io::Error) -> Self {
        Self(Box::new(ErrorRepr::File { tried, path: path.to_owned(), cause }))
    }

    /// `tried` as in "cannot {tried}".
    pub(crate) fn io(tried: impl Into<String>, cause: io::Error) -> Self {
        Self(Box::new(ErrorRepr::Io { tried: tried.into(), cause }))
    }

    pub(crate) fn fixture(type_name: impl Into<Cow<'static, str>>, cause: impl Into<FixtureError>) -> Self {
        Self(Box::new(ErrorRepr::Fixture { type_name: type_name.into(), cause: cause.into() }))
    }

    /// The error of a fixture. If several nested fixtures fail, it names the innermost one, whose setup failed; the outer ones only pass
    /// the error on.
    pub(crate) fn fixture_failure(name: &'static str, cause: FixtureError) -> FixtureError {
        match cause.downcast::<Self>() {
            // `into` would put the box into a second box, and a downcast would then not find the error.
            Ok(error) if error.is_fixture() => error,
            Ok(error) => Self::fixture(name, error as FixtureError).into(),
            Err(cause) => Self::fixture(name, cause).into(),
        }
    }

    /// The command line or the suite is wrong; `message` says how to correct it.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self(Box::new(ErrorRepr::Usage(message.into())))
    }

    /// Tests were required, and none was selected.
    pub(crate) fn no_tests(message: impl Into<String>) -> Self {
        Self(Box::new(ErrorRepr::NoTests(message.into())))
    }

    /// An internal error.
    pub(crate) fn fault(message: impl Into<String>) -> Self {
        Self(Box::new(ErrorRepr::Fault(message.into())))
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn sqlite(tried: &'static str, path: &Path, cause: impl Into<FixtureError>) -> Self {
        Self(Box::new(ErrorRepr::Sqlite { tried, path: path.to_owned(), cause: cause.into() }))
    }

    /// The name of the fixture and the cause, if a fixture could not be set up.
    #[cfg(target_os = "linux")]
    pub(crate) fn as_fixture(&self) -> Option<(&str, &FixtureError)> {
        match &*self.0 {
            ErrorRepr::Fixture { type_name, cause } => Some((type_name, cause)),
            _ => None,
        }
    }

    /// `which` is a file, or describes a database in memory.
    #[cfg(feature = "duckdb")]
    pub(crate) fn duckdb(tried: &'static str, which: impl fmt::Display, cause: impl Into<FixtureError>) -> Self {
        Self(Box::new(ErrorRepr::DuckDb { tried, which: which.to_string(), cause: cause.into() }))
    }

    pub(crate) fn is_fixture(&self) -> bool {
        matches!(*self.0, ErrorRepr::Fixture { .. })
    }

    pub(crate) fn blame(&self) -> ErrorClass {
        match *self.0 {
            ErrorRepr::Usage(_) => ErrorClass::Usage,
            ErrorRepr::NoTests(_) => ErrorClass::NoTests,
            ErrorRepr::File { .. } | ErrorRepr::Io { .. } | ErrorRepr::Fixture { .. } | ErrorRepr::Fault(_) => {
                ErrorClass::Harness
            }
            #[cfg(feature = "sqlite")]
            ErrorRepr::Sqlite { .. } => ErrorClass::Harness,
            #[cfg(feature = "duckdb")]
            ErrorRepr::DuckDb { .. } => ErrorClass::Harness,
        }
    }
}

/// `Database` for `swimlanes::resource::database::Database`.
fn short_type_name(type_name: &str) -> &str {
    match type_name.split_once('<') {
        None => type_name.rsplit("::").next().unwrap_or(type_name),
        Some(_) => type_name,
    }
}
