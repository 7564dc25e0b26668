//! A connection in a transaction that is never committed.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use postgres::Client;

use crate::resource::postgres_lane::{Lane, off_runtime};

/// A connection in a transaction that is never committed: see [`Postgres::rollback`](crate::Postgres::rollback).
pub struct Rollback {
    /// There until it is dropped.
    client: Option<Client>,
    name: Arc<str>,
    lane: Arc<Lane>,
}

impl fmt::Debug for Rollback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rollback").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Deref for Rollback {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.client.as_ref().expect("it is there until it is dropped")
    }
}

impl DerefMut for Rollback {
    fn deref_mut(&mut self) -> &mut Client {
        self.client.as_mut().expect("it is there until it is dropped")
    }
}

impl Drop for Rollback {
    fn drop(&mut self) {
        if let Some(mut client) = self.client.take()
            && off_runtime(|| client.batch_execute("ROLLBACK; SELECT pg_advisory_unlock_all()")).is_ok()
        {
            self.lane.idle().insert(Arc::clone(&self.name), client);
        }
    }
}

impl Rollback {
    /// In this transaction, which has begun.
    pub(super) fn new(client: Client, name: &Arc<str>, lane: &Arc<Lane>) -> Self {
        Self { client: Some(client), name: Arc::clone(name), lane: Arc::clone(lane) }
    }
}
