//! The tests of the shop, and a tour of swimlanes. Read `store.rs` first, then whatever you need.
//!
//! | you want | look into |
//! |---|---|
//! | a database for each test, or for each worker | `store.rs` |
//! | a port, a server, async tests, a limit on how many do something | `server.rs` |
//! | a directory | `export.rs` |
//! | tests that touch what the whole process shares | `settings.rs`, the end of `store.rs` |
//! | something that several tests share | `shared.rs` |
//! | fixtures of your own | `fixtures.rs` |

mod export;
mod fixtures;
mod server;
mod settings;
mod shared;
mod store;

swimlanes::main!();
