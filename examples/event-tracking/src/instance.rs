//! One client's instance of the system: it places orders, and follows their notifications.

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

/// An instance of the system, on a recorder of its own. There are many on one database, and none knows of the others.
pub struct Instance {
    recorder: Box<dyn Recorder>,
}

impl Instance {
    /// One that reads and writes by this recorder.
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

    /// Writes the invoices of all orders that have none. Answers which notifications this instance has processed.
    ///
    /// This is the broken form: whoever else writes one of them meanwhile makes it fail.
    ///
    /// # Errors
    ///
    /// A unique violation if another instance was quicker.
    pub fn catch_up(&mut self) -> Result<Vec<i64>, Error> {
        let processed = iter::from_fn(|| self.follow().transpose()).collect();
        self.rolled_back(processed)
    }

    /// The same, and whoever was slower than another instance looks again what is to be done, after a rest.
    ///
    /// This is the mended form. `retry` says how often and with which rests, for each notification anew. What is worth another try is
    /// decided here: conflicts with other instances ([`Error::is_conflict`]), and nothing else.
    ///
    /// # Errors
    ///
    /// That of the last try, with the number of tries. What was processed before that is kept.
    pub fn catch_up_with(&mut self, retry: &Retry<'_>) -> Result<Vec<i64>, RetryError<Error>> {
        iter::from_fn(|| self.follow_with(retry).transpose()).collect()
    }

    /// One step of [`catch_up_with`](Instance::catch_up_with): processes the next notification. Answers which one that was, or nothing if
    /// all are processed.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn follow_with(&mut self, retry: &Retry<'_>) -> Result<Option<i64>, RetryError<Error>> {
        // Both closures need the instance, though never at the same time.
        let this = RefCell::new(&mut *self);
        let retry = retry.clone().retry_if(Error::is_conflict);
        let retry = retry.before_retry(|_: &Error, _| this.borrow_mut().recorder.rollback());
        let done = retry.run(|| this.borrow_mut().follow());
        self.rolled_back(done)
    }

    /// Processes the next notification, if there is one: its invoice and its tracking record are written together or not at all.
    fn follow(&mut self) -> Result<Option<i64>, Error> {
        let tracked = self.recorder.max_tracking_id(ORDERS)?;
        let Some(next) = self.recorder.notifications(ORDERS, tracked, 1)?.pop() else { return Ok(None) };
        point!("after max tracking id");
        let tracking = Tracking { application_name: ORDERS.to_owned(), notification_id: next.id };
        self.in_transaction(|recorder| {
            // First, so that who is late waits here, and fails by this key and not by that of the invoice.
            recorder.insert_tracking(&tracking)?;
            let originator_version = recorder.last_version(INVOICES, BOOK)? + 1;
            let state = next.event.originator_id.clone();
            let invoice = Event { originator_id: BOOK.to_owned(), originator_version, state };
            recorder.insert_event(INVOICES, &invoice)
        })?;
        Ok(Some(next.id))
    }

    /// After an error the transaction is still there.
    fn in_transaction(&mut self, work: impl FnOnce(&mut dyn Recorder) -> Result<(), Error>) -> Result<(), Error> {
        self.recorder.begin()?;
        work(&mut *self.recorder)?;
        self.recorder.commit()
    }

    /// The error matters more than that of the rollback, which only comes if the database is gone.
    fn rolled_back<T, E>(&mut self, done: Result<T, E>) -> Result<T, E> {
        if done.is_err() {
            let _ = self.recorder.rollback();
        }
        done
    }
}
