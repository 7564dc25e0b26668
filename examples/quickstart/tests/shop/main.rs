//! The tests of the shop, and a tour of swimlanes. Read `store.rs` first, then the files for your topic.
//!
//! | topic | file |
//! |---|---|
//! | a database for each test, or for each worker | `store.rs` |
//! | a port, a server, async tests, a limit on concurrent tests | `server.rs` |
//! | a directory | `export.rs` |
//! | tests that change state of the whole process | `settings.rs`, the end of `store.rs` |
//! | a value that several tests share | `shared.rs` |
//! | fixtures of your own | `fixtures.rs` |

mod export;
mod fixtures;
mod server;
mod settings;
mod shared;
mod store;

swimlanes::main!();
