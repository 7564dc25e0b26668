//! Where a Redis server is.

use std::path::PathBuf;

/// All that a client needs to know.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct RedisAt {
    /// How many there were in its place before.
    pub(crate) generation: u32,
    /// `None`: the path of one would be too long.
    pub(crate) socket: Option<PathBuf>,
    pub(crate) port: u16,
    /// Made of digits and letters.
    pub(crate) password: String,
    /// As its program names itself.
    pub(crate) version: String,
    pub(crate) log: PathBuf,
}
