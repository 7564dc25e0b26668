//! The tests of the tracking records, each on PostgreSQL, on SQLite and in the memory of this process.
//!
//! | what | where |
//! |---|---|
//! | the broken form is caught in each of 20 seeded races, and the mended one passes them | `races.rs` |
//! | what is left of the first error when a client gives up | `giving_up.rs` |
//! | what is worth another try | `conflicts.rs` |
//! | what a recorder promises | `recorders.rs` |
//! | many clients, and how many of their operations succeed | `load.rs` |
//! | what must hold when all clients are through | `invariants.rs` |
//! | where the recorders of a test come from | `stage.rs` |

mod conflicts;
mod giving_up;
mod invariants;
mod load;
mod races;
mod recorders;
mod stage;

swimlanes::main!();

/// What the tests return, to use `?` on everything.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
