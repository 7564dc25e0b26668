//! A kit for the tests of concurrent code that works on real databases and lock services.

pub mod clock;
#[doc(hidden)]
pub mod point;
