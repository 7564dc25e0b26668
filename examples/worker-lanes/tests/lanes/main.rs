//! The tests of the depot: each is independent of all others, in any order and at the same time.
//!
//! | shared state | separated by | file |
//! |---|---|---|
//! | the database URL | a file for each worker, emptied for each test | `fixtures.rs` |
//! | the port | a listener, or a reserved port | `fixtures.rs`, `ports.rs` |
//! | settings that outlive a test | a cache for each worker, cleared for each test | `fixtures.rs`, `cache.rs` |
//! | the settings of the process, its directory | `serial` | `process.rs` |
//! | one archive for the whole run | `shared_resource`: many tests read it, and a migration has exclusive use | `archive.rs` |
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
