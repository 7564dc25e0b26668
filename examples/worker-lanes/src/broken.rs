//! The forms that failed as soon as tests, or instances of the service, ran beside each other. They stay to show how that is found.

mod cache;
mod migration;
mod ports;

pub use cache::Cache;
pub use migration::migrate;
pub use ports::listen;
