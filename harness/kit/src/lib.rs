//! A kit for testing concurrent code on real databases and lock services. It reproduces races in tests, and contains tools for the fixed
//! code, such as retries.
//!
//! | module | content | feature |
//! |---|---|---|
//! | [`point!`] | named points in the code under test, at which a race chooses which actor continues | – (nothing without `race`) |
//! | `race` | rounds of several actors in interleavings that a seed chooses and that can be replayed | `race` |
//! | [`event`] | an event, a counter and a rendezvous to wait for, with deadlines | – |
//! | [`wait`] | polling of a condition; a timeout reports the last state | – |
//! | [`together`] | actors that start at the same moment, and their outcomes | – |
//! | [`retry`] | retries with exponential backoff and full jitter | – |
//! | [`clock`] | the system clock, and a manual clock for tests that take no time | – |
//! | [`history`] | a record of operations, and checkers that find violations in it | – |
//! | `lock` | scenarios that test a lock | `locks` |
//!
//! Everything works with threads and with futures. Futures need no particular runtime.
//!
//! ```
//! use std::collections::BTreeSet;
//! use std::sync::Mutex;
//! use swimlanes_kit::clock::ManualClock;
//! use swimlanes_kit::point;
//! use swimlanes_kit::retry::{RetryError, Retry};
//! use swimlanes_kit::together::run_together;
//!
//! /// A table with a unique column.
//! struct Scenes(Mutex<BTreeSet<usize>>);
//!
//! impl Scenes {
//!     fn add(&self) -> Result<usize, &'static str> {
//!         let number = self.0.lock().unwrap().len() + 1;
//!         point!("after select"); // here a race can let another actor continue
//!         if self.0.lock().unwrap().insert(number) { Ok(number) } else { Err("duplicate key") }
//!     }
//!
//!     fn add_with_retry(&self, actor: usize, clock: &ManualClock) -> Result<usize, RetryError<&'static str>> {
//!         Retry::new().seed(actor as u64).clock(clock).run(|| self.add())
//!     }
//! }
//!
//! let (scenes, clock) = (Scenes(Mutex::default()), ManualClock::new());
//! let numbers = run_together(4, |actor| scenes.add_with_retry(actor, &clock));
//! assert!(numbers.iter().all(|number| matches!(number, Ok(Ok(1..=4)))));
//! ```
//!
//! # In production
//!
//! Code with points or retries depends on this crate without features: then points expand to nothing, and the modules `race` and `lock` do
//! not exist. Its tests depend on `swimlanes` with the feature `kit`, or on this crate with `race`, and cargo enables the points only for
//! them.
//!
//! # When not to use it
//!
//! Lock-free code, and other code that depends on the order of single memory accesses: [loom](https://docs.rs/loom) and
//! [shuttle](https://docs.rs/shuttle) explore that in code that uses their types. The kit needs no types of its own, and chooses only at the
//! points that you name.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod clock;
mod delay;
pub mod event;
pub mod history;
#[cfg(feature = "locks")]
pub mod lock;
#[doc(hidden)]
pub mod point;
#[cfg(feature = "race")]
pub mod race;
pub mod retry;
pub mod together;
pub mod wait;
