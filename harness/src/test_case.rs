//! What is known of a test before it runs.

pub(crate) mod case;
pub(crate) mod registry;
