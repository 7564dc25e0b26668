//! The tests of the story engine, on a PostgreSQL server that the run starts.
//!
//! | what is asked | where |
//! |---|---|
//! | is an update of a story lost? | `stories.rs` |
//! | do two scenes get one number? | `scenes.rs` |
//! | is a character created twice? | `characters.rs` |
//! | do two wait for each other, or for ever? | `locks.rs` |
//! | isolation, time limits, and what is tried again | `rules.rs` |
//! | does it hold with 24 clients, and how long do they wait? | `load.rs` |
//!
//! The test of a broken way is tagged `broken`, and passes if the race is caught with each of 20 seeds. That of a mended way runs the same
//! body: in every order that two actors can have if it is tagged `mended`, and with all 20 seeds, too, or three actors, if it is tagged
//! `pressure`.

mod characters;
mod fixtures;
mod load;
mod locks;
mod rules;
mod scenes;
mod seeds;
mod stories;

// A worker may have 25 at once, and keeps ten of those for its races. Who wants all 25 is alone with that.
swimlanes::resource!("connections", capacity = 25);

swimlanes::main!();
