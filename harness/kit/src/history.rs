//! Histories: the calls of actors, their results, and their order. Checkers find violations in them.
//!
//! All actors write to one [`History`]. Its times are ticks of one counter, read before and after each operation, so the order needs no
//! clock: an operation that ended at a smaller tick than another one started has ended before the other one started.
//!
//! | question | checker | the call is | the result is |
//! |---|---|---|---|
//! | Did two actors hold one lock at once? | [`mutual_exclusion`] | the key of the lock | anything |
//! | Was each object created once, and did all actors get that one? | [`created_once`] | the key of the object | [`Creation`] |
//! | Was a number given twice? | [`unique_numbers`] | the series | the number |
//! | Was a number given twice, or is one missing? | [`gap_free_numbers`] | the series | the number |
//! | Are numbers in the order of the operations? | [`numbers_in_order`] | the series | the number |
//! | Did two updates start from the same version? | [`no_lost_update`] | the key of the row | [`Update`] |
//! | Are all added values there? | [`nothing_lost`] | the value | anything |
//! | Is the final sum the sum of the increments? | [`conserves_sum`] | the increment | anything |
//! | Do the results fit a sequential model? | [`linearizable`] | a call of the [`Model`] | a result of the [`Model`] |
//!
//! Each returns a [`Violation`], which draws the few operations that matter and describes the fault in one sentence:
//!
//! ```text
//! alice  ├ write 1 ┤
//! carol                 ├ read → 3 ┤  ┝ read → 1 ┥
//! no order explains carol's `read → 1`: it could only be `read → 3`
//! 3 more operations are not drawn: no order exists, whether or not they took effect
//! ```
//!
//! A checker reports only violations that a correct system cannot produce. A history without violations does not prove that the system is
//! correct.

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
pub use model::counter::{CounterCall, CounterModel, CounterResult};
pub use model::lock::{LockCall, LockModel};
pub use model::per_key::PerKey;
pub use model::register::{RegisterCall, RegisterModel, RegisterResult};
pub use model::set::{SetCall, SetModel};
pub use numbering::{NumberingFault, gap_free_numbers, numbers_in_order, unique_numbers};
pub use operation::Operation;
pub use sums::{SumMismatch, conserves_sum};
pub use timeline::Timeline;
pub use updates::{ContentMismatch, LostUpdate, Update, no_lost_update, nothing_lost};
pub use violation::Violation;

/// Records the operations of actors while they run, in threads and in tasks.
///
/// `C` is the type of calls, `R` that of results; each checker documents which types it needs. Actors share a `&History` or an `Arc`.
///
/// ```
/// use swimlanes_kit::history::{History, mutual_exclusion};
///
/// let history = History::new();
/// std::thread::scope(|s| {
///     for actor in ["alice", "bob"] {
///         let history = &history;
///         s.spawn(move || {
///             let operation = history.begin(actor, "door");
///             operation.end(());
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
    /// `None` for a discarded operation.
    operations: Vec<Option<Operation<C, R>>>,
    /// The number of operations that were removed by [`History::take`].
    n_removed: usize,
}

impl<C, R> Record<C, R> {
    /// The operation with this index, if it has not been removed.
    fn at(&mut self, index: usize) -> Option<&mut Option<Operation<C, R>>> {
        self.operations.get_mut(index.checked_sub(self.n_removed)?)
    }
}

impl<C, R> History<C, R> {
    /// An empty history.
    ///
    /// ```
    /// use swimlanes_kit::history::History;
    ///
    /// let history: History<&str, u64> = History::new();
    /// assert!(history.operations().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        let record = Record { operations: Vec::new(), n_removed: 0 };
        Self { ticks: AtomicU64::new(0), record: Mutex::new(record) }
    }

    /// Records the start of an operation. Call it right before the operation.
    ///
    /// ```
    /// use swimlanes_kit::history::History;
    ///
    /// let history = History::new();
    /// let operation = history.begin("alice", "next scene");
    /// // … select and insert …
    /// operation.end(1);
    /// assert_eq!(history.operations()[0].result(), Some(&1));
    /// ```
    pub fn begin(&self, actor: impl fmt::Display, call: C) -> InFlight<'_, C, R> {
        let actor = actor.to_string();
        let mut record = self.lock();
        let index = record.n_removed + record.operations.len();
        // As late as possible, and under the lock, so that operations lie in the order of their ticks.
        let started_at = self.ticks.fetch_add(1, Ordering::SeqCst);
        record.operations.push(Some(Operation::in_flight(actor, call, started_at)));
        InFlight { history: self, index }
    }

    /// The operations so far, in the order of their starts.
    ///
    /// ```
    /// use swimlanes_kit::history::History;
    ///
    /// let history: History<&str, ()> = History::new();
    /// drop(history.begin("alice", "write 1")); // crashed
    /// assert_eq!(history.operations()[0].ended_at(), None);
    /// ```
    #[must_use]
    pub fn operations(&self) -> Vec<Operation<C, R>>
    where
        C: Clone,
        R: Clone,
    {
        self.lock().operations.iter().flatten().cloned().collect()
    }

    /// Removes and returns the operations so far. Leaves the history empty for another round; ticks continue.
    ///
    /// An operation in flight is returned without an end. If it ends later, that is not recorded.
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
    #[must_use = "the returned operations are no longer in the history"]
    pub fn take(&self) -> Vec<Operation<C, R>> {
        let mut record = self.lock();
        record.n_removed += record.operations.len();
        std::mem::take(&mut record.operations).into_iter().flatten().collect()
    }

    /// Converts the history into its operations.
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
        // No code panics in the middle of a change, so the record of a poisoned lock is consistent.
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

/// An operation in flight: it has started and has not ended.
///
/// If it is dropped, because its actor panicked, timed out or lost the connection, it is unknown whether the operation took effect. It stays
/// in the history without an end: it may have taken effect at any time since its start, may still do so, or never.
///
/// ```
/// use swimlanes_kit::history::{History, conserves_sum};
///
/// let history = History::new();
/// history.begin("alice", 5).end(());
/// drop(history.begin("bob", 3)); // a timeout: perhaps it is in
/// assert!(conserves_sum(&history.operations(), 0, 5).is_ok());
/// assert!(conserves_sum(&history.operations(), 0, 8).is_ok());
/// assert!(conserves_sum(&history.operations(), 0, 3).is_err());
/// ```
#[derive(Debug)]
#[must_use = "an operation that is dropped without `end` counts as one that may or may not have taken effect"]
pub struct InFlight<'a, C, R> {
    history: &'a History<C, R>,
    index: usize,
}

impl<C, R> InFlight<'_, C, R> {
    /// Records the end of the operation and its result. Call it right after the operation.
    ///
    /// ```
    /// use swimlanes_kit::history::History;
    ///
    /// let history = History::new();
    /// history.begin("alice", "read").end(7);
    /// assert_eq!(history.operations()[0].ended_at(), Some(1));
    /// ```
    pub fn end(self, result: R) {
        // Before the lock: the shorter an operation looks, the more a checker can find.
        let ended_at = self.history.ticks.fetch_add(1, Ordering::SeqCst);
        if let Some(Some(operation)) = self.history.lock().at(self.index) {
            operation.end(ended_at, result);
        }
    }

    /// Removes the operation from the history, as it certainly had no effect: it was refused or rolled back.
    ///
    /// After a timeout that is not certain; then drop the operation instead.
    ///
    /// ```
    /// use swimlanes_kit::history::History;
    ///
    /// let history: History<&str, u64> = History::new();
    /// history.begin("alice", "next scene").discard(); // duplicate key, rolled back
    /// assert!(history.operations().is_empty());
    /// ```
    pub fn discard(self) {
        if let Some(operation) = self.history.lock().at(self.index) {
            *operation = None;
        }
    }
}
