//! Two workers with the same database, port or settings: each broken form fails with every seed, and its fixed form does not.

mod cache;
mod database;
mod migration;
mod ports;
mod seeds;

swimlanes::main!();
