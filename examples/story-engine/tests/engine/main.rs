//! The tests of the story engine, on a PostgreSQL server that the run starts.
//!
//! | what is asked | where |
//! |---|---|
//! | is an update of a story lost? | `stories.rs` |
//! | do two scenes get one number? | `scenes.rs` |
//! | is a character created twice? | `characters.rs` |
//! | do two wait for each other, or for ever? | `locks.rs` |
//! | isolation, time limits, and what is tried again | `rules.rs` |
//! | does it hold with 32 clients, and how long do they wait? | `load.rs` |
//!
//! A broken way is tagged `broken`, and its tests pass if the race is caught with each of 20 seeds. A mended one is tagged `mended`, and
//! the same body finds nothing; with all 20 seeds, and in every order that two actors can have, it is also tagged `slow`.

mod characters;
mod fixtures;
mod load;

mod locks;
mod rules;
mod scenes;
mod seeds;
mod stories;

// Of the 97 connections of a server. The tests with a race have five or less each, and need not be counted.
swimlanes::resource!("connections", capacity = 60);

swimlanes::main!();
