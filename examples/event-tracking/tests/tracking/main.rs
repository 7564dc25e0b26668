//! The tests of the tracking records, each on PostgreSQL, on SQLite and in the memory of this process.
//!
//! | content | file |
//! |---|---|
//! | each of 20 seeded races finds the error of the broken form, and the fixed one passes them | `races.rs` |
//! | the error after which a client gives up | `giving_up.rs` |
//! | the retryable errors | `conflicts.rs` |
//! | the guarantees of a recorder | `recorders.rs` |
//! | many clients, and the number of their successful operations | `load.rs` |
//! | the invariants after all clients have ended | `invariants.rs` |
//! | the recorders of a test | `stage.rs` |

mod conflicts;
mod giving_up;
mod invariants;
mod load;
mod races;
mod recorders;
mod stage;

swimlanes::main!();

/// The result of the tests, in which `?` converts all errors.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
