//! A database server of any kind that the fixture server owns.

use std::path::Path;

use crate::model::error::FixtureError;
use crate::model::protocol::DatabaseRequest;

/// Why there is no server.
pub(crate) enum StartError {
    /// It is not installed. The text says what to do.
    Missing(String),
    Failed(FixtureError),
}

impl<E: Into<FixtureError>> From<E> for StartError {
    fn from(cause: E) -> Self {
        Self::Failed(cause.into())
    }
}

/// A running server.
pub(crate) trait Server: Send {
    fn is_alive(&mut self) -> bool;
    /// What clients need to connect to it, encoded.
    fn described(&self) -> Vec<u8>;
    /// Handles a request about its databases. The content of the response depends on the kind of server.
    fn database(&mut self, wish: DatabaseRequest) -> Result<Vec<u8>, FixtureError>;
    fn end(&mut self);
}

/// The parameters of a server to be started.
pub(crate) struct ServerSpec<'a> {
    /// An empty directory for this server alone.
    pub(crate) dir: &'a Path,
    #[cfg(feature = "postgres")]
    /// The prefix of the names of its databases, which no other server's databases have.
    pub(crate) prefix: String,
    #[cfg(feature = "postgres")]
    pub(crate) workers: u32,
    /// How many servers ran before it in its place.
    pub(crate) generation: u32,
}
