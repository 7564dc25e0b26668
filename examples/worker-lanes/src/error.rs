//! The errors of the depot.

use std::path::PathBuf;

use crate::parcel::Stage;

/// An error of the depot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The depot has no parcel with this code.
    #[error("there is no parcel `{0}`")]
    UnknownParcel(String),
    /// The depot has a parcel with this code.
    #[error("there is a parcel `{0}` already")]
    Duplicate(String),
    /// A parcel cannot change from one stage to the other.
    #[error("parcel `{code}` is {from} and cannot be {to}")]
    Stage {
        /// The code of the parcel.
        code: String,
        /// Its current stage.
        from: Stage,
        /// The requested stage.
        to: Stage,
    },
    /// An invalid parcel.
    #[error("not a parcel: {0}")]
    Parcel(String),
    /// A text that is not a request.
    #[error("invalid request: {0}")]
    Request(String),
    /// A body that is longer than the settings allow.
    #[error("the body has {length} bytes, {limit} at most")]
    TooLong {
        /// The length of the body.
        length: usize,
        /// The limit in the settings.
        limit: usize,
    },
    /// An invalid setting.
    #[error("the setting `{0}` is invalid")]
    Setting(String),
    /// A settings file that cannot be read.
    #[error("cannot read the settings in {}: {cause}", path.display())]
    Settings {
        /// The path of the file.
        path: PathBuf,
        /// The error of the system.
        cause: std::io::Error,
    },
    /// A database of a later version of this service, or an invalid version.
    #[error("cannot bring a database from version {from} to {to}: only 0 to {latest} are known")]
    Version {
        /// The current version.
        from: u32,
        /// The requested version.
        to: u32,
        /// The latest known version.
        latest: u32,
    },
    /// All ports of the service are in use.
    #[error("cannot listen on 127.0.0.1: all {0} ports are in use")]
    NoPort(usize),
    /// An error of SQLite.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    /// An error of the system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
