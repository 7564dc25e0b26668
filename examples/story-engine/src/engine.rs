//! A connection to the database of the stories, and the rules of its transactions: isolation, timeout, retries.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use postgres::{Client, IsolationLevel, Statement};
use swimlanes_kit::clock::{Clock, SystemClock};
use swimlanes_kit::retry::Retry;

use crate::character::Characters;
use crate::error::Error;
use crate::rename::LockOrder;
use crate::scene::Scenes;
use crate::story::Stories;
use crate::transaction::{Lock, OnLock, Transaction};

/// The timeout of a statement, including the wait for a lock, so that a client that hangs with a lock does not block others for ever.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// The maximum number of attempts of a transaction that conflicts with others. Each failed attempt means that another transaction has
/// committed.
pub const TRIES: u32 = 40;

/// A connection, and the rules of its transactions.
pub struct Engine {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
    statement_timeout: Duration,
    tries: u32,
    clock: Arc<dyn Clock>,
    on_lock: Box<OnLock>,
}

impl Engine {
    /// Transactions on this connection are READ COMMITTED unless they request SERIALIZABLE, with any defaults of the server.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            client,
            prepared: HashMap::new(),
            statement_timeout: STATEMENT_TIMEOUT,
            tries: TRIES,
            clock: Arc::new(SystemClock),
            on_lock: Box::new(|_, _| ()),
        }
    }

    /// Replaces [`STATEMENT_TIMEOUT`]; in whole milliseconds, at least one.
    #[must_use]
    pub fn statement_timeout(self, limit: Duration) -> Self {
        Self { statement_timeout: limit.max(Duration::from_millis(1)), ..self }
    }

    /// Replaces [`TRIES`]; at least one.
    #[must_use]
    pub fn tries(self, tries: u32) -> Self {
        Self { tries, ..self }
    }

    /// The clock for the delays between attempts and for the waiting times of locks.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Sets a callback for each statement that takes a lock. It gets the duration: the wait for the lock, and a round trip.
    #[must_use]
    pub fn on_lock(self, callback: impl FnMut(Lock, Duration) + Send + 'static) -> Self {
        Self { on_lock: Box::new(callback), ..self }
    }

    /// The stories.
    pub fn stories(&mut self) -> Stories<'_> {
        Stories::new(self)
    }

    /// The scenes of stories.
    pub fn scenes(&mut self) -> Scenes<'_> {
        Scenes::new(self)
    }

    /// The characters of stories.
    pub fn characters(&mut self) -> Characters<'_> {
        Characters::new(self)
    }

    /// Renames the character, also in the text of its story. Takes the locks in this order; see [`LockOrder`].
    ///
    /// # Errors
    ///
    /// If the character does not exist, or if the server ended this transaction to resolve a deadlock.
    pub fn rename(&mut self, character: i64, name: &str, order: LockOrder) -> Result<(), Error> {
        self.transaction(|tx| crate::rename::rename(tx, character, name, order))
            .map_err(|why| why.when_trying(format!("rename character {character}")))
    }

    /// Runs `work` in a READ COMMITTED transaction, and commits if it succeeds.
    ///
    /// # Errors
    ///
    /// The error of `work` or of the commit. Then the transaction is rolled back.
    pub fn transaction<T>(&mut self, work: impl FnOnce(&mut Transaction<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.once(IsolationLevel::ReadCommitted, work)
    }

    /// Runs `work` according to these rules, and commits if it succeeds.
    pub(crate) fn run<T>(
        &mut self,
        rules: Rules,
        mut work: impl FnMut(&mut Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let clock = Arc::clone(&self.clock);
        Retry::new()
            .max_attempts(self.tries)
            .initial_delay(Duration::from_millis(2))
            .max_delay(Duration::from_millis(100))
            .clock(&*clock)
            .retry_if(rules.again)
            .run(|| self.once(rules.isolation, &mut work))
            .map_err(|gave_up| {
                let tries = gave_up.attempts();
                gave_up.into_error().after(tries)
            })
    }

    /// An error rolls back when `tx` is dropped, before the next attempt.
    fn once<T>(
        &mut self,
        isolation: IsolationLevel,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut sql = self.client.build_transaction().isolation_level(isolation).start()?;
        sql.batch_execute(&format!("SET LOCAL statement_timeout = {}", self.statement_timeout.as_millis()))?;
        let (prepared, clock, on_lock) = (&mut self.prepared, &*self.clock, &mut *self.on_lock);
        let mut tx = Transaction { sql, prepared, clock, on_lock };
        let done = work(&mut tx)?;
        tx.sql.commit()?;
        Ok(done)
    }
}

/// The isolation of a transaction, and the errors after which it is retried from its beginning.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    isolation: IsolationLevel,
    again: fn(&Error) -> bool,
}

impl Rules {
    pub(crate) const ONCE: Self = Self::again_when(|_| false);

    pub(crate) const SERIALIZABLE: Self =
        Self { isolation: IsolationLevel::Serializable, again: Error::is_serialization_failure };

    /// READ COMMITTED, with retries after these errors.
    pub(crate) const fn again_when(again: fn(&Error) -> bool) -> Self {
        Self { isolation: IsolationLevel::ReadCommitted, again }
    }
}
