//! What can go wrong in the depot.

use std::path::PathBuf;

use crate::parcel::Stage;

/// Why the depot did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing of that code is in the depot.
    #[error("there is no parcel `{0}`")]
    UnknownParcel(String),
    /// A parcel of that code is in the depot.
    #[error("there is a parcel `{0}` already")]
    Duplicate(String),
    /// A parcel cannot go from one stage to the other.
    #[error("parcel `{code}` is {from} and cannot be {to}")]
    Stage {
        /// Whose.
        code: String,
        /// Where it is.
        from: Stage,
        /// Where it was to go.
        to: Stage,
    },
    /// A parcel that nobody can deliver.
    #[error("not a parcel: {0}")]
    Parcel(String),
    /// Text that is no request.
    #[error("not understood: {0}")]
    Request(String),
    /// A body that is longer than the settings allow.
    #[error("the body has {length} bytes, {limit} at most")]
    TooLong {
        /// Of the body.
        length: usize,
        /// What the settings allow.
        limit: usize,
    },
    /// A setting that makes no sense.
    #[error("the setting `{0}` makes no sense")]
    Setting(String),
    /// A file of settings that cannot be read.
    #[error("cannot read the settings in {}: {cause}", path.display())]
    Settings {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A database of a later version of this service, or a version that never was.
    #[error("cannot bring a database from version {from} to {to}: only 0 to {latest} are known")]
    Version {
        /// The version that it has.
        from: u32,
        /// The version that it was to have.
        to: u32,
        /// The highest one.
        latest: u32,
    },
    /// Every port that the service may have is taken.
    #[error("cannot listen on 127.0.0.1: all {0} ports are in use")]
    NoPort(usize),
    /// SQLite refused.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    /// The system refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
