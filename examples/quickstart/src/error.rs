//! The errors of the shop.

/// An error of the shop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The shop has never had an item with this name.
    #[error("there is no item `{0}`")]
    UnknownItem(String),
    /// The order is for more pieces than the stock.
    #[error("only {left} of `{item}` left")]
    SoldOut {
        /// The ordered item.
        item: String,
        /// The number of pieces in stock.
        left: u32,
    },
    /// A line that is not a request.
    #[error("invalid request: {0}")]
    Request(String),
    /// An invalid setting.
    #[error("the setting `{0}` is invalid")]
    Setting(String),
    /// An error of SQLite.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    /// An error of the system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
