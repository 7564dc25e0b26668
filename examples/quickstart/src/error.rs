//! What can go wrong in the shop.

/// Why the shop did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing of that name was ever put into the shop.
    #[error("there is no item `{0}`")]
    UnknownItem(String),
    /// More were ordered than there are.
    #[error("only {left} of `{item}` left")]
    SoldOut {
        /// What was ordered.
        item: String,
        /// How many there are.
        left: u32,
    },
    /// A line that is no request.
    #[error("not understood: {0}")]
    Request(String),
    /// A setting that makes no sense.
    #[error("the setting `{0}` makes no sense")]
    Setting(String),
    /// SQLite refused.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    /// The system refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
