//! The recorders of a test: an empty database of this test, of one of three kinds.

use std::sync::{Mutex, MutexGuard, PoisonError};

use event_tracking::{Instance, PostgresRecorder, Recorder, SCHEMA, SqliteRecorder, Store};
use swimlanes::prelude::*;

use crate::{TestResult, invariants};

pub(crate) static IN_POSTGRES: PgTemplate = PgTemplate::new("tracking", |db| Ok(db.batch_execute(SCHEMA)?));

pub(crate) static IN_SQLITE: Template = Template::new("tracking", |db| Ok(db.execute_batch(SCHEMA)?));

const CLEAR: &str = "DELETE FROM tracking; DELETE FROM event";

/// A kind of database.
#[derive(Debug, Clone, Copy)]
pub(crate) enum On {
    Postgres,
    Sqlite,
    InProcess,
}

/// The resources of all stages.
pub(crate) struct Stages {
    /// Only for tests with `postgres` in their names. The others also run if no server is installed.
    postgres: Option<Postgres>,
    sqlite: Database,
}

impl Fixture for Stages {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let needs_postgres = setup.test_name().contains("postgres");
        Ok(Self { postgres: needs_postgres.then(|| setup.get()).transpose()?, sqlite: setup.get()? })
    }
}

/// A database for one test, and a reader besides the test's clients.
pub(crate) struct Stage {
    database: Of,
    reader: Mutex<Box<dyn Recorder>>,
    waiting: Mutex<Box<dyn FnMut() -> usize + Send>>,
}

enum Of {
    Postgres(Postgres, Mutex<postgres::Client>),
    Sqlite(Database, Mutex<rusqlite::Connection>),
    InProcess(Store),
}

impl Stages {
    pub(crate) fn on(&self, on: On) -> TestResult<Stage> {
        let database = match on {
            On::Postgres => {
                let postgres = self.postgres.as_ref().ok_or("a test on PostgreSQL has `postgres` in its name")?;
                let db = postgres.fresh_with_template(&IN_POSTGRES)?;
                let client = db.connect()?;
                Of::Postgres(db, Mutex::new(client))
            }
            On::Sqlite => {
                let db = self.sqlite.fresh_with_template(&IN_SQLITE)?;
                let connection = db.connect()?;
                Of::Sqlite(db, Mutex::new(connection))
            }
            On::InProcess => Of::InProcess(Store::default()),
        };
        let (reader, waiting) = (database.recorder()?, database.waiting()?);
        Ok(Stage { database, reader: Mutex::new(reader), waiting: Mutex::new(waiting) })
    }
}

impl Of {
    fn recorder(&self) -> TestResult<Box<dyn Recorder>> {
        Ok(match self {
            Self::Postgres(db, _) => Box::new(PostgresRecorder::new(db.connect()?)),
            Self::Sqlite(db, _) => Box::new(SqliteRecorder::new(db.connect()?)),
            Self::InProcess(store) => Box::new(store.recorder()),
        })
    }

    fn waiting(&self) -> TestResult<Box<dyn FnMut() -> usize + Send>> {
        Ok(match self {
            Self::Postgres(db, _) => Box::new(db.lock_waiters()?),
            // A race stops no client inside a transaction, so no client waits for another one.
            Self::Sqlite(..) | Self::InProcess(_) => Box::new(|| 0),
        })
    }
}

impl Stage {
    /// A recorder with its own connection.
    pub(crate) fn recorder(&self) -> TestResult<Box<dyn Recorder>> {
        self.database.recorder()
    }

    /// An instance with its own recorder.
    pub(crate) fn client(&self) -> TestResult<Instance> {
        Ok(Instance::new(self.recorder()?))
    }

    /// The given number of clients.
    pub(crate) fn clients(&self, n: usize) -> TestResult<Vec<Mutex<Instance>>> {
        (0..n).map(|_| Ok(Mutex::new(self.client()?))).collect()
    }

    /// Removes all events and tracking records.
    pub(crate) fn clear(&self) -> TestResult {
        match &self.database {
            Of::Postgres(_, client) => lock(client).batch_execute(CLEAR)?,
            Of::Sqlite(_, connection) => lock(connection).execute_batch(CLEAR)?,
            Of::InProcess(store) => store.clear(),
        }
        Ok(())
    }

    /// The number of clients that wait for a lock of another one.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.waiting)()
    }

    /// Checks the invariants after all clients have ended, with this number of orders.
    pub(crate) fn check(&self, n_orders: usize) -> TestResult {
        invariants::check(&mut **lock(&self.reader), n_orders)
    }

    /// The error of the database for a tracking record that exists.
    pub(crate) fn violation(&self) -> &'static str {
        match &self.database {
            Of::Postgres(..) => "duplicate key value violates unique constraint \"tracking_pkey\"",
            Of::Sqlite(..) => "UNIQUE constraint failed: tracking.application_name, tracking.notification_id",
            Of::InProcess(_) => "of orders is tracked already",
        }
    }
}

/// A failed test may have poisoned it; that failure is reported already.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
