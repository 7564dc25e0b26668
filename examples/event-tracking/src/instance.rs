//! A client's instance of the system: it places orders, and follows their notifications.

use std::cell::RefCell;
use std::iter;

use swimlanes_kit::point;
use swimlanes_kit::retry::{Retry, RetryError};

use crate::error::Error;
use crate::event::{Event, Tracking};
use crate::recorder::Recorder;

/// The application whose notifications are followed.
pub const ORDERS: &str = "orders";

/// The application that follows them.
pub const INVOICES: &str = "invoices";

/// The aggregate of [`INVOICES`]: its events are the invoices, one for each order, in the order of the notifications.
pub const BOOK: &str = "book";

/// An instance of the system, with its own recorder. Many instances use one database, and none knows the others.
pub struct Instance {
    recorder: Box<dyn Recorder>,
}

impl Instance {
    /// An instance that reads and writes through this recorder.
    #[must_use]
    pub fn new(recorder: Box<dyn Recorder>) -> Self {
        Self { recorder }
    }

    /// Places an order.
    ///
    /// # Errors
    ///
    /// A unique violation if it was placed before.
    pub fn place(&mut self, order: &str) -> Result<(), Error> {
        let placed = Event { originator_id: order.to_owned(), originator_version: 1, state: "placed".to_owned() };
        let done = self.in_transaction(|recorder| recorder.insert_event(ORDERS, &placed));
        self.rolled_back(done)
    }

    /// Writes the invoices of all orders that have none. Returns the notifications that this instance has processed.
    ///
    /// This is the broken form: it fails if another instance writes one of them in the meantime.
    ///
    /// # Errors
    ///
    /// A unique violation if another instance was faster.
    pub fn catch_up(&mut self) -> Result<Vec<i64>, Error> {
        let processed = iter::from_fn(|| self.follow().transpose()).collect();
        self.rolled_back(processed)
    }

    /// As [`catch_up`](Instance::catch_up), but an instance that was slower than another one reads again after a delay.
    ///
    /// This is the fixed form. `retry` defines the limits and the delays for each notification. The retryable errors are defined here:
    /// conflicts with other instances ([`Error::is_conflict`]), and no other errors.
    ///
    /// # Errors
    ///
    /// The error of the last attempt, with the number of attempts. Notifications that were processed before it stay processed.
    pub fn catch_up_with(&mut self, retry: &Retry<'_>) -> Result<Vec<i64>, RetryError<Error>> {
        iter::from_fn(|| self.follow_with(retry).transpose()).collect()
    }

    /// One step of [`catch_up_with`](Instance::catch_up_with): processes the next notification. Returns its id, or `None` if all are
    /// processed.
    ///
    /// # Errors
    ///
    /// As [`catch_up_with`](Instance::catch_up_with).
    pub fn follow_with(&mut self, retry: &Retry<'_>) -> Result<Option<i64>, RetryError<Error>> {
        // Both closures need the instance, but never at the same time.
        let this = RefCell::new(&mut *self);
        let retry = retry.clone().retry_if(Error::is_conflict);
        let retry = retry.before_retry(|_: &Error, _| this.borrow_mut().recorder.rollback());
        let done = retry.run(|| this.borrow_mut().follow());
        self.rolled_back(done)
    }

    /// Processes the next notification, if there is one: its invoice and its tracking record are written in one transaction.
    fn follow(&mut self) -> Result<Option<i64>, Error> {
        let tracked = self.recorder.max_tracking_id(ORDERS)?;
        let Some(next) = self.recorder.notifications(ORDERS, tracked, 1)?.pop() else { return Ok(None) };
        point!("after max tracking id");
        let tracking = Tracking { application_name: ORDERS.to_owned(), notification_id: next.id };
        self.in_transaction(|recorder| {
            // First, so that a slower instance waits here, and fails by this key and not by that of the invoice.
            recorder.insert_tracking(&tracking)?;
            let originator_version = recorder.last_version(INVOICES, BOOK)? + 1;
            let state = next.event.originator_id.clone();
            let invoice = Event { originator_id: BOOK.to_owned(), originator_version, state };
            recorder.insert_event(INVOICES, &invoice)
        })?;
        Ok(Some(next.id))
    }

    /// After an error the transaction is still open.
    fn in_transaction(&mut self, work: impl FnOnce(&mut dyn Recorder) -> Result<(), Error>) -> Result<(), Error> {
        self.recorder.begin()?;
        work(&mut *self.recorder)?;
        self.recorder.commit()
    }

    /// The error is more important than that of the rollback, which only fails if the database is unreachable.
    fn rolled_back<T, E>(&mut self, done: Result<T, E>) -> Result<T, E> {
        if done.is_err() {
            let _ = self.recorder.rollback();
        }
        done
    }
}
