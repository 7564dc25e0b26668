//! Events and tracking records in the memory of this process. No call waits: conflicts are detected at the commit.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Kind};
use crate::event::{Event, Notification, Tracking};
use crate::recorder::Recorder;

/// The committed data, for any number of recorders. A clone is the same store.
#[derive(Debug, Clone, Default)]
pub struct Store(Arc<Mutex<Tables>>);

#[derive(Debug, Clone, Default)]
struct Tables {
    events: Vec<(String, Notification)>,
    tracking: BTreeSet<Tracking>,
}

impl Store {
    /// A recorder that uses this store.
    #[must_use]
    pub fn recorder(&self) -> InProcessRecorder {
        InProcessRecorder { store: self.clone(), transaction: None }
    }

    /// Removes everything.
    pub fn clear(&self) {
        *self.tables() = Tables::default();
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // A commit replaces all or nothing, so the data are consistent even after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection of one instance to a [`Store`], with its uncommitted rows.
#[derive(Debug)]
pub struct InProcessRecorder {
    store: Store,
    transaction: Option<Vec<Insert>>,
}

#[derive(Debug)]
enum Insert {
    Event(String, Event),
    Tracking(Tracking),
}

impl InProcessRecorder {
    fn insert(&mut self, tried: &'static str, insert: Insert) -> Result<(), Error> {
        let transaction = self.transaction.as_mut();
        transaction.ok_or_else(|| Error::new(Kind::Other, tried, "no transaction has begun"))?.push(insert);
        Ok(())
    }
}

impl Recorder for InProcessRecorder {
    fn begin(&mut self) -> Result<(), Error> {
        if self.transaction.is_some() {
            return Err(Error::new(Kind::Other, "begin a transaction", "one has begun already"));
        }
        self.transaction = Some(Vec::new());
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Error> {
        let Some(transaction) = &self.transaction else {
            return Err(Error::new(Kind::Other, "commit", "no transaction has begun"));
        };
        let mut tables = self.store.tables();
        let mut after = tables.clone();
        transaction.iter().try_for_each(|insert| after.insert(insert))?;
        *tables = after;
        drop(tables);
        self.transaction = None;
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), Error> {
        self.transaction = None;
        Ok(())
    }

    fn insert_event(&mut self, application_name: &str, event: &Event) -> Result<(), Error> {
        self.insert("insert an event", Insert::Event(application_name.to_owned(), event.clone()))
    }

    fn insert_tracking(&mut self, tracking: &Tracking) -> Result<(), Error> {
        self.insert("insert a tracking record", Insert::Tracking(tracking.clone()))
    }

    fn max_tracking_id(&mut self, application_name: &str) -> Result<i64, Error> {
        Ok(self.tracked(application_name)?.last().copied().unwrap_or(0))
    }

    fn tracked(&mut self, application_name: &str) -> Result<Vec<i64>, Error> {
        let tables = self.store.tables();
        let tracked = tables.tracking.iter().filter(|tracking| tracking.application_name == application_name);
        Ok(tracked.map(|tracking| tracking.notification_id).collect())
    }

    fn notifications(&mut self, application_name: &str, after: i64, limit: i64) -> Result<Vec<Notification>, Error> {
        let limit = usize::try_from(limit).unwrap_or(0);
        let tables = self.store.tables();
        let later = tables.of(application_name).filter(|notification| notification.id > after);
        Ok(later.take(limit).cloned().collect())
    }

    fn last_version(&mut self, application_name: &str, originator_id: &str) -> Result<i64, Error> {
        Ok(self.store.tables().last_version(application_name, originator_id))
    }
}

impl Tables {
    fn insert(&mut self, insert: &Insert) -> Result<(), Error> {
        match insert {
            Insert::Event(application_name, event) => self.insert_event(application_name, event),
            Insert::Tracking(tracking) => self.insert_tracking(tracking),
        }
    }

    fn insert_event(&mut self, application_name: &str, event: &Event) -> Result<(), Error> {
        let Event { originator_id, originator_version, .. } = event;
        let is_same =
            |there: &Event| (&there.originator_id, there.originator_version) == (originator_id, *originator_version);
        if self.of(application_name).any(|notification| is_same(&notification.event)) {
            let why = format!(
                "unique violation: {originator_id} of {application_name} has an event {originator_version} already"
            );
            return Err(Error::new(Kind::UniqueViolation, "insert an event", why));
        }
        let id = self.of(application_name).last().map_or(1, |last| last.id + 1);
        self.events.push((application_name.to_owned(), Notification { id, event: event.clone() }));
        Ok(())
    }

    fn insert_tracking(&mut self, tracking: &Tracking) -> Result<(), Error> {
        if self.tracking.insert(tracking.clone()) {
            return Ok(());
        }
        let Tracking { application_name, notification_id } = tracking;
        let why = format!("unique violation: {notification_id} of {application_name} is tracked already");
        Err(Error::new(Kind::UniqueViolation, "insert a tracking record", why))
    }

    fn of<'a>(&'a self, application_name: &'a str) -> impl Iterator<Item = &'a Notification> {
        let events = self.events.iter().filter(move |(application, _)| application == application_name);
        events.map(|(_, notification)| notification)
    }

    fn last_version(&self, application_name: &str, originator_id: &str) -> i64 {
        let events = self.of(application_name).filter(|notification| notification.event.originator_id == originator_id);
        events.map(|notification| notification.event.originator_version).max().unwrap_or(0)
    }
}
