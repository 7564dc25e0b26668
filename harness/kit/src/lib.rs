//! A kit for the tests of concurrent code that works on real databases and lock services.

mod backoff;
pub mod clock;
pub mod event;
#[doc(hidden)]
pub mod point;
pub mod retry;
pub mod together;
pub mod wait;
