//! Histories: what actors called, what came back, and in which order. Checkers say whether that can be explained.
//!
//! A [`History`] is written by all actors at once. Its times are ticks of one counter, taken before each operation and after it, so no clock
//! is needed to know what came first: an operation that ended at a smaller tick than another one began did end before it began.
//!
//! | question | checker | the call is | the result is |
//! |---|---|---|---|
//! | Were two in the section at once? | [`mutual_exclusion`] | the lock's key | anything |
//! | Was each thing made once, and do all have the same? | [`created_once`] | the thing's key | [`Creation`] |
//! | Do two have one number? | [`unique_numbers`] | what is numbered | the number |
//! | Is a number missing as well? | [`gap_free_numbers`] | what is numbered | the number |
//! | Do later ones have greater numbers? | [`numbers_in_order`] | what is numbered | the number |
//! | Did two update the same version? | [`no_lost_update`] | what is updated | [`Update`] |
//! | Is all there that was added? | [`nothing_lost`] | what was added | anything |
//! | Does the sum fit? | [`adds_up`] | by how much | anything |
//! | Can one thing have done all that? | [`linearizable`] | what the [`Model`] says | what the [`Model`] says |
//!
//! Each answers with an [`Unexplained`], which draws the few operations that matter and says in a sentence what is wrong with them:
//!
//! ```text
//! alice  ├ write 1 ┤
//! carol                 ├ read → 3 ┤  ┝ read → 1 ┥
//! no order explains carol's `read → 1`: it could only be `read → 3`
//! 3 more operations are not drawn: there is no order whether and whenever they took effect
//! ```
//!
//! They complain of nothing that could have come about in a right way. A history that they do not complain of may still be one that was lucky.

mod creation;
mod exclusion;
mod linearize;
mod model;
#[cfg(test)]
mod notation;
mod numbering;
mod operation;
mod sums;
#[cfg(test)]
mod tests;
mod timeline;
mod updates;
mod violation;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use creation::{Creation, CreationFault, created_once};
pub use exclusion::{Overlap, mutual_exclusion};
pub use linearize::{OrderFault, linearizable, linearizable_within};
pub use model::Model;
pub use model::counter::{Counter, CounterCall, CounterResult};
pub use model::lock::{Lock, LockCall};
pub use model::per_key::Each;
pub use model::register::{Register, RegisterCall, RegisterResult};
pub use model::set::{Set, SetCall};
pub use numbering::{NumberingFault, gap_free_numbers, numbers_in_order, unique_numbers};
pub use operation::Operation;
pub use sums::{WrongSum, adds_up};
pub use timeline::Timeline;
pub use updates::{LostUpdate, Update, WrongContent, no_lost_update, nothing_lost};
pub use violation::Unexplained;

/// What actors do, as they do it: threads and tasks alike.
///
/// `C` is what they call, `R` what comes back; a checker says what it wants them to be. What the actors share is a `&History`, or an `Arc` of it.
///
/// ```
/// use swimlanes_kit::history::{History, mutual_exclusion};
///
/// let history = History::new();
/// std::thread::scope(|s| {
///     for actor in ["alice", "bob"] {
///         let history = &history;
///         s.spawn(move || {
///             let pending = history.begin(actor, "door");
///             pending.end(());
///         });
///     }
/// });
/// assert_eq!(history.operations().len(), 2);
/// # let _ = mutual_exclusion(&history.operations());
/// ```
pub struct History<C, R> {
    ticks: AtomicU64,
    record: Mutex<Record<C, R>>,
}

struct Record<C, R> {
    /// One that was withdrawn leaves its place empty.
    operations: Vec<Option<Operation<C, R>>>,
    /// So many places before those have been taken.
    n_taken: usize,
}

impl<C, R> Record<C, R> {
    /// The operation with this place, if it has not been taken.
    fn at(&mut self, place: usize) -> Option<&mut Option<Operation<C, R>>> {
        self.operations.get_mut(place.checked_sub(self.n_taken)?)
    }
}

impl<C, R> History<C, R> {
    /// One in which nothing has happened yet.
    ///
    /// ```
    /// use swimlanes_kit::history::History;
    ///
    /// let history: History<&str, u64> = History::new();
    /// assert!(history.operations().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        let record = Record { operations: Vec::new(), n_taken: 0 };
        Self { ticks: AtomicU64::new(0), record: Mutex::new(record) }
    }

    /// Says that an actor is about to do something. To be called right before it does.
    ///
    /// ```
    /// use swimlanes_kit::history::History;
    ///
    /// let history = History::new();
    /// let pending = history.begin("alice", "next scene");
    /// // … select and insert …
    /// pending.end(1);
    /// assert_eq!(history.operations()[0].result(), Some(&1));
    /// ```
    pub fn begin(&self, actor: impl fmt::Display, call: C) -> Pending<'_, C, R> {
        let actor = actor.to_string();
        let mut record = self.lock();
        let place = record.n_taken + record.operations.len();
        // Taken as late as can be, and under the lock, so that operations lie in the order of their ticks.
        let began = self.ticks.fetch_add(1, Ordering::SeqCst);
        record.operations.push(Some(Operation::pending(actor, call, began)));
        Pending { history: self, place }
    }

    /// What has been recorded so far, in the order in which it began.
    ///
    /// ```
    /// use swimlanes_kit::history::History;
    ///
    /// let history: History<&str, ()> = History::new();
    /// drop(history.begin("alice", "write 1")); // crashed
    /// assert_eq!(history.operations()[0].ended(), None);
    /// ```
    #[must_use]
    pub fn operations(&self) -> Vec<Operation<C, R>>
    where
        C: Clone,
        R: Clone,
    {
        self.lock().operations.iter().flatten().cloned().collect()
    }

    /// Takes what has been recorded so far, and leaves the history empty for another round. Ticks go on.
    ///
    /// An operation that has not ended is taken as that; if it ends later, nobody learns of it.
    ///
    /// ```
    /// use swimlanes_kit::history::History;
    ///
    /// let history = History::new();
    /// for round in 0..3 {
    ///     history.begin("alice", "write").end(round);
    ///     assert_eq!(history.take()[0].result(), Some(&round));
    /// }
    /// assert!(history.operations().is_empty());
    /// ```
    #[must_use = "what is taken is in the history no more"]
    pub fn take(&self) -> Vec<Operation<C, R>> {
        let mut record = self.lock();
        record.n_taken += record.operations.len();
        std::mem::take(&mut record.operations).into_iter().flatten().collect()
    }

    /// Takes what has been recorded, when all have ended.
    ///
    /// ```
    /// use swimlanes_kit::history::History;
    ///
    /// let history = History::new();
    /// history.begin("alice", "write 1").end(());
    /// assert_eq!(history.into_operations().len(), 1);
    /// ```
    #[must_use]
    pub fn into_operations(self) -> Vec<Operation<C, R>> {
        self.take()
    }

    fn lock(&self) -> MutexGuard<'_, Record<C, R>> {
        // Nothing here panics between two halves of a change, so what a panicking actor leaves is whole.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C, R> Default for History<C, R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: fmt::Debug, R: fmt::Debug> fmt::Debug for History<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lock().operations.iter().flatten()).finish()
    }
}

/// An operation that has begun.
///
/// If it is dropped, because its actor panicked, gave up waiting, or lost the connection, nobody knows whether it has taken effect. The history
/// keeps it as that: it may have happened at any time since, or may yet happen, or never.
///
/// ```
/// use swimlanes_kit::history::{History, adds_up};
///
/// let history = History::new();
/// history.begin("alice", 5).end(());
/// drop(history.begin("bob", 3)); // a timeout: perhaps it is in
/// assert!(adds_up(&history.operations(), 0, 5).is_ok());
/// assert!(adds_up(&history.operations(), 0, 8).is_ok());
/// assert!(adds_up(&history.operations(), 0, 3).is_err());
/// ```
#[derive(Debug)]
#[must_use = "an operation that is dropped without `end` counts as one of which nobody knows whether it took effect"]
pub struct Pending<'a, C, R> {
    history: &'a History<C, R>,
    place: usize,
}

impl<C, R> Pending<'_, C, R> {
    /// Says that it is done, and with what result. To be called right after.
    ///
    /// ```
    /// use swimlanes_kit::history::History;
    ///
    /// let history = History::new();
    /// history.begin("alice", "read").end(7);
    /// assert_eq!(history.operations()[0].ended(), Some(1));
    /// ```
    pub fn end(self, result: R) {
        // Taken before the lock is waited for: the shorter an operation looks, the more a checker can say of it.
        let ended = self.history.ticks.fetch_add(1, Ordering::SeqCst);
        if let Some(Some(operation)) = self.history.lock().at(self.place) {
            operation.end(ended, result);
        }
    }

    /// Says that it certainly had no effect, because it was refused or rolled back: the history forgets it.
    ///
    /// After a timeout that is not certain. Then drop it.
    ///
    /// ```
    /// use swimlanes_kit::history::History;
    ///
    /// let history: History<&str, u64> = History::new();
    /// history.begin("alice", "next scene").withdraw(); // duplicate key, rolled back
    /// assert!(history.operations().is_empty());
    /// ```
    pub fn withdraw(self) {
        if let Some(operation) = self.history.lock().at(self.place) {
            *operation = None;
        }
    }
}
