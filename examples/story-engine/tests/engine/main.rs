//! The tests of the story engine, on a PostgreSQL server that the run starts.
//!
//! | question | file |
//! |---|---|
//! | is an update of a story lost? | `stories.rs` |
//! | do two scenes get one number? | `scenes.rs` |
//! | is a character created twice? | `characters.rs` |
//! | do two clients wait for each other, or for ever? | `locks.rs` |
//! | isolation, timeouts, and retries | `rules.rs` |
//! | does it hold with 24 clients, and how long do they wait? | `load.rs` |
//!
//! The test of a broken form has the tag `broken`, and passes if a race finds the error with each of 20 seeds. The test of a fixed form
//! runs the same body: with the tag `mended`, in every order of two actors; with `pressure`, also with all 20 seeds, or with three actors.

mod characters;
mod fixtures;
mod load;
mod locks;
mod rules;
mod scenes;
mod seeds;
mod stories;

// A worker may have 25 at once, and keeps ten of those for its races. A test that needs all 25 runs without another such test.
swimlanes::resource!("connections", capacity = 25);

swimlanes::main!();
