//! The address of a Redis server.

use std::path::PathBuf;

/// What a client needs to know about a Redis server.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct RedisAt {
    /// How many servers this one has replaced.
    pub(crate) generation: u32,
    /// `None`: the path of a socket would be too long.
    pub(crate) socket: Option<PathBuf>,
    pub(crate) port: u16,
    /// Consists of digits and letters.
    pub(crate) password: String,
    /// The version that its program reports.
    pub(crate) version: String,
    pub(crate) log: PathBuf,
}
