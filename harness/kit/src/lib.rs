//! A kit for the tests of concurrent code that works on real databases and lock services.

mod backoff;
pub mod clock;
pub mod event;
pub mod history;
#[cfg(feature = "locks")]
pub mod lock;
#[doc(hidden)]
pub mod point;
#[cfg(feature = "race")]
pub mod race;
pub mod retry;
pub mod together;
pub mod wait;
