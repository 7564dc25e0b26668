//! The forms that failed as soon as several tests, or instances of the service, ran at the same time. They show how such mistakes are
//! found.

mod cache;
mod migration;
mod ports;

pub use cache::Cache;
pub use migration::migrate;
pub use ports::listen;
