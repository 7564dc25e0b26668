//! A connection to the database of the stories, and the rules of every transaction on it: isolation, time limit, what is tried again.

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

/// How long a statement may take, the wait for a lock included. Nobody waits for ever for somebody who hangs with a lock in his hand.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// How often a transaction is tried that others are in the way of. A try that fails has let somebody else through, so who gives up was
/// overtaken as often.
pub const TRIES: u32 = 40;

/// A connection, and what its transactions keep to.
pub struct Engine {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
    statement_timeout: Duration,
    tries: u32,
    clock: Arc<dyn Clock>,
    on_lock: Box<OnLock>,
}

impl Engine {
    /// Transactions on this connection are READ COMMITTED unless they are told to be SERIALIZABLE, whatever the server's defaults are.
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

    /// Another limit for each statement than [`STATEMENT_TIMEOUT`]; in whole milliseconds, and one at least.
    #[must_use]
    pub fn statement_timeout(self, limit: Duration) -> Self {
        Self { statement_timeout: limit.max(Duration::from_millis(1)), ..self }
    }

    /// Another number of tries than [`TRIES`]; one at least.
    #[must_use]
    pub fn tries(self, tries: u32) -> Self {
        Self { tries, ..self }
    }

    /// The clock by which tries rest and waits for locks are measured.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Is told how long each statement took that takes a lock: how long it waited, and a round trip.
    #[must_use]
    pub fn on_lock(self, told: impl FnMut(Lock, Duration) + Send + 'static) -> Self {
        Self { on_lock: Box::new(told), ..self }
    }

    /// The stories.
    pub fn stories(&mut self) -> Stories<'_> {
        Stories::new(self)
    }

    /// The scenes of stories.
    pub fn scenes(&mut self) -> Scenes<'_> {
        Scenes::new(self)
    }

    /// Who appears in stories.
    pub fn characters(&mut self) -> Characters<'_> {
        Characters::new(self)
    }

    /// Gives the character another name, in the text of its story, too. Locks are taken in that order; see [`LockOrder`].
    ///
    /// # Errors
    ///
    /// When there is no such character, and when a deadlock was ended at this transaction's expense.
    pub fn rename(&mut self, character: i64, name: &str, order: LockOrder) -> Result<(), Error> {
        self.transaction(|tx| crate::rename::rename(tx, character, name, order))
            .map_err(|why| why.when_trying(format!("rename character {character}")))
    }

    /// Runs `work` in a READ COMMITTED transaction, and commits if it is well.
    ///
    /// # Errors
    ///
    /// Those of `work`, and when the server does not commit. Then all is rolled back.
    pub fn transaction<T>(&mut self, work: impl FnOnce(&mut Transaction<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.once(IsolationLevel::ReadCommitted, work)
    }

    /// Runs `work` as those rules say, and commits if it is well.
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

    /// What fails is rolled back when `tx` is dropped, before anybody could try again.
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

/// How a transaction is isolated, and after which errors it is run again from its beginning.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    isolation: IsolationLevel,
    again: fn(&Error) -> bool,
}

impl Rules {
    pub(crate) const ONCE: Self = Self::again_when(|_| false);

    pub(crate) const SERIALIZABLE: Self =
        Self { isolation: IsolationLevel::Serializable, again: Error::is_serialization_failure };

    /// READ COMMITTED, run again after those errors.
    pub(crate) const fn again_when(again: fn(&Error) -> bool) -> Self {
        Self { isolation: IsolationLevel::ReadCommitted, again }
    }
}
