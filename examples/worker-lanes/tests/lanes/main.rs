//! The tests of the depot: each is independent of all others, in any order and beside any of them.
//!
//! | what workers could get at each other by | is kept apart by | where |
//! |---|---|---|
//! | the database URL | a file of the worker's own, emptied for each test | `fixtures.rs` |
//! | the port | a listener that is handed over, or a port that is held | `fixtures.rs`, `ports.rs` |
//! | settings that outlive a test | a cache for each worker, cleared for each test | `fixtures.rs`, `cache.rs` |
//! | the settings of the process, its directory | `serial` | `process.rs` |
//! | one archive for the whole run | `shared_resource`: many read it, and a migration has it alone | `archive.rs` |
//! | the cores | `no_parallel` | `load.rs` |

mod archive;
mod cache;
mod client;
mod fixtures;
mod load;
mod manifest;
mod migration;
mod ports;
mod process;
mod repository;
mod server;
mod settings;
mod stages;

swimlanes::main!();
