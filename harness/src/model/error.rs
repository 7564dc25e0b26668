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
    #[error("cannot {tried}: {}", with_causes(&**cause))]
    Database { tried: String, cause: FixtureError },
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
            ErrorRepr::Database { .. } => ErrorKind::Database,
        }
    }

    /// The error that caused this one, if its type is `E`. That of the operating system is a [`std::io::Error`], that of a database
    /// is the error of its driver. The message of this error contains its text, so [`source`](std::error::Error::source) does not
    /// return it again.
    ///
    /// ```
    /// use swimlanes::prelude::*;
    ///
    /// fn is_disk_full(error: &swimlanes::Error) -> bool {
    ///     error.cause::<std::io::Error>().is_some_and(|cause| cause.kind() == std::io::ErrorKind::StorageFull)
    /// }
    /// ```
    #[must_use]
    pub fn cause<E: std::error::Error + 'static>(&self) -> Option<&E> {
        let cause: &(dyn std::error::Error + 'static) = match &*self.0 {
            ErrorRepr::File { cause, .. } | ErrorRepr::Io { cause, .. } => cause,
            ErrorRepr::Fixture { cause, .. } | ErrorRepr::Database { cause, .. } => &**cause,
            ErrorRepr::Usage(_) | ErrorRepr::NoTests(_) | ErrorRepr::Fault(_) => return None,
        };
        cause.downcast_ref()
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

    /// An error of a database; `tried` as in "cannot {tried}".
    #[allow(dead_code, reason = "for the features with a driver")]
    pub(crate) fn database(tried: impl Into<String>, cause: impl Into<FixtureError>) -> Self {
        Self(Box::new(ErrorRepr::Database { tried: tried.into(), cause: cause.into() }))
    }

    /// The name of the fixture and the cause, if a fixture could not be set up.
    #[cfg(target_os = "linux")]
    pub(crate) fn as_fixture(&self) -> Option<(&str, &FixtureError)> {
        match &*self.0 {
            ErrorRepr::Fixture { type_name, cause } => Some((type_name, cause)),
            _ => None,
        }
    }

    pub(crate) fn is_fixture(&self) -> bool {
        matches!(*self.0, ErrorRepr::Fixture { .. })
    }

    pub(crate) fn blame(&self) -> ErrorClass {
        match *self.0 {
            ErrorRepr::Usage(_) => ErrorClass::Usage,
            ErrorRepr::NoTests(_) => ErrorClass::NoTests,
            ErrorRepr::File { .. }
            | ErrorRepr::Io { .. }
            | ErrorRepr::Fixture { .. }
            | ErrorRepr::Database { .. }
            | ErrorRepr::Fault(_) => ErrorClass::Harness,
        }
    }
}

/// The message of an error and of its causes. The message of some drivers is only "db error", and others repeat that of their cause.
pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| cause.source()) {
        let cause = cause.to_string();
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// `Database` for `swimlanes::resource::database::Database`.
fn short_type_name(type_name: &str) -> &str {
    match type_name.split_once('<') {
        None => type_name.rsplit("::").next().unwrap_or(type_name),
        Some(_) => type_name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("db error")]
    struct BareError(#[source] io::Error);

    #[derive(Debug, thiserror::Error)]
    #[error("db error: {0}")]
    struct FullError(#[source] io::Error);

    #[test]
    fn message_contains_each_cause_once() {
        let cause = || io::Error::other("no table");
        assert_eq!(with_causes(&cause()), "no table");
        assert_eq!(with_causes(&BareError(cause())), "db error: no table");
        assert_eq!(with_causes(&FullError(cause())), "db error: no table");
    }

    #[test]
    fn cause_is_found_by_its_type() {
        let error = Error::database("open the database", BareError(io::Error::other("no table")));
        assert_eq!(error.to_string(), "cannot open the database: db error: no table");
        assert_eq!(error.kind(), ErrorKind::Database);
        assert!(error.cause::<BareError>().is_some());
        assert!(error.cause::<io::Error>().is_none());
        assert!(Error::io("read", io::Error::other("no")).cause::<io::Error>().is_some());
        assert!(Error::usage("no").cause::<io::Error>().is_none());
    }
}
