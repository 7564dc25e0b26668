//! A kit for concurrent code that works on real databases and lock services: it makes races happen in tests, each time, and has what the
//! mended code needs.
//!
//! | module | question | feature |
//! |---|---|---|
//! | [`point!`] | Where, in the code under test, is it decided who goes on? | – (nothing without `race`) |
//! | `race` | Does it go wrong in some order of its points, and in which? | `race` |
//! | [`event`] | Has it happened, so often, to all of them? With a deadline. | – |
//! | [`wait`] | Does a condition hold by now, and if not, what was seen instead? | – |
//! | [`together`] | What becomes of actors that begin at once? | – |
//! | [`retry`] | Is it worth another try, and when? | – |
//! | [`clock`] | How late is it, for code whose tests take no time? | – |
//! | [`history`] | Can what was called, and what came back, be explained? | – |
//! | `lock` | Does a lock bear what happens to locks? | `locks` |
//!
//! Everything is there for threads and for futures. Futures need no runtime, and run on each.
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
//!         point!("after select"); // a race lets another one by, here
//!         if self.0.lock().unwrap().insert(number) { Ok(number) } else { Err("duplicate key") }
//!     }
//!
//!     fn add_again(&self, actor: usize, clock: &ManualClock) -> Result<usize, RetryError<&'static str>> {
//!         Retry::new().seed(actor as u64).clock(clock).run(|| self.add())
//!     }
//! }
//!
//! let (scenes, clock) = (Scenes(Mutex::default()), ManualClock::new());
//! let numbers = run_together(4, |actor| scenes.add_again(actor, &clock));
//! assert!(numbers.iter().all(|number| matches!(number, Ok(Ok(1..=4)))));
//! ```
//!
//! # In production
//!
//! Code that has points, or tries again, depends on this crate without features: then a point is nothing, and `race` and `lock` are not
//! there. Its tests depend on `swimlanes` with the feature `kit`, or on this crate with `race`, and cargo switches the points on for them
//! alone.
//!
//! # What it is not for
//!
//! Lock-free code, and whatever else depends on the order of single reads and writes of memory: [loom](https://docs.rs/loom) and
//! [shuttle](https://docs.rs/shuttle) explore that, in code that is written on their types. The kit needs no types of its own, and decides only
//! at the points that you name.

mod backoff;
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
