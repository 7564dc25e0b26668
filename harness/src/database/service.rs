//! A database server that the fixture server owns, of any kind.

use std::path::Path;

use crate::model::error::FixtureError;
use crate::model::protocol::DatabaseRequest;

/// Why there is no server.
pub(crate) enum StartError {
    /// It is not installed; what to do.
    Missing(String),
    Failed(FixtureError),
}

impl<E: Into<FixtureError>> From<E> for StartError {
    fn from(cause: E) -> Self {
        Self::Failed(cause.into())
    }
}

/// One that runs.
pub(crate) trait Server: Send {
    fn is_alive(&mut self) -> bool;
    /// What those who connect to it need to know.
    fn described(&self) -> Vec<u8>;
    /// Does something about its databases, and answers what that kind of server answers.
    fn database(&mut self, wish: DatabaseRequest) -> Result<Vec<u8>, FixtureError>;
    fn end(&mut self);
}

/// Where a server is started.
pub(crate) struct ServerSpec<'a> {
    /// A directory that is its own, and empty.
    pub(crate) dir: &'a Path,
    #[cfg(feature = "postgres")]
    /// What the names of its databases begin with: nobody else's do.
    pub(crate) prefix: String,
    #[cfg(feature = "postgres")]
    pub(crate) workers: u32,
    /// How many there were before it in its place.
    pub(crate) generation: u32,
}
