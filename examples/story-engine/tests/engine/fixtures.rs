//! Shared code of the tests: databases of stories, several clients of each, and races of the clients.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postgres::Client;
use story_engine::{CONSTRAINTS, Engine, Error, TABLES};
use swimlanes::kit::clock::ManualClock;
use swimlanes::kit::race::Race;
use swimlanes::prelude::*;

/// The result of the tests, in which `?` converts all errors.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

static LOOSE: PgTemplate = PgTemplate::new("loose", |db| Ok(db.batch_execute(TABLES)?));

static STRICT: PgTemplate = PgTemplate::new("strict", |db| Ok(db.batch_execute(&[TABLES, CONSTRAINTS].concat())?));

/// The migrations of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schema {
    /// Only the tables: duplicates are possible without an error.
    Loose,
    /// Also the constraints.
    Strict,
}

impl Schema {
    pub(crate) fn template(self) -> &'static PgTemplate {
        match self {
            Self::Loose => &LOOSE,
            Self::Strict => &STRICT,
        }
    }
}

/// The number of rounds in which a race must find the error.
pub(crate) const ROUNDS: usize = 20;

/// The number of clients of each database.
const CLIENTS: usize = 3;

/// The databases of this worker, and connections to them, which are kept, as connecting takes longer than most tests.
pub(crate) struct Stages {
    loose: Stage,
    strict: Stage,
}

#[swimlanes::fixture(scope = "worker")]
fn stages(db: Postgres) -> TestResult<Stages> {
    Ok(Stages { loose: Stage::new(&db, Schema::Loose)?, strict: Stage::new(&db, Schema::Strict)? })
}

impl Stages {
    /// The stage with this schema, without rows of other tests, and with a story.
    pub(crate) fn clean(&self, db: &Postgres, schema: Schema) -> TestResult<&Stage> {
        db.with_template(schema.template())?.clean()?;
        let stage = match schema {
            Schema::Loose => &self.loose,
            Schema::Strict => &self.strict,
        };
        stage.begin_story("")?;
        Ok(stage)
    }
}

/// A database, clients that write a story in it, and one that checks the result.
pub(crate) struct Stage {
    db: Postgres,
    clients: Vec<Mutex<Engine>>,
    onlooker: Mutex<Engine>,
    waiting: Mutex<Box<dyn FnMut() -> usize + Send>>,
    /// The story of this round.
    story: Mutex<i64>,
}

impl Stage {
    fn new(db: &Postgres, schema: Schema) -> TestResult<Self> {
        let db = db.with_template(schema.template())?;
        let clients = (0..CLIENTS).map(|_| Ok(Mutex::new(engine(&db)?))).collect::<TestResult<_>>()?;
        let onlooker = Mutex::new(engine(&db)?);
        let waiting: Box<dyn FnMut() -> usize + Send> = Box::new(db.lock_waiters()?);
        Ok(Self { db, clients, onlooker, waiting: Mutex::new(waiting), story: Mutex::default() })
    }

    /// One of the clients; in a race, each actor has the one with its number.
    pub(crate) fn client(&self, number: usize) -> MutexGuard<'_, Engine> {
        held(&self.clients[number])
    }

    /// The client that is not an actor.
    pub(crate) fn onlooker(&self) -> MutexGuard<'_, Engine> {
        held(&self.onlooker)
    }

    /// An additional client, whose transactions have other rules.
    pub(crate) fn another(&self) -> TestResult<Engine> {
        engine(&self.db)
    }

    /// A plain connection.
    pub(crate) fn connect(&self) -> TestResult<Client> {
        connect(&self.db)
    }

    /// The story of this round.
    pub(crate) fn story(&self) -> i64 {
        *held(&self.story)
    }

    /// Creates the story of the next round.
    pub(crate) fn begin_story(&self, text: &str) -> Result<(), Error> {
        *held(&self.story) = self.onlooker().stories().create(text)?.id;
        Ok(())
    }

    /// A race of this number of clients, with a new story for each round.
    pub(crate) fn race(&self, n_actors: usize) -> Race<'_> {
        Race::new(n_actors).rounds(ROUNDS).before(|_| self.begin_story("")).blocked_actors(|| held(&self.waiting)())
    }
}

/// With a manual clock: retries have no real delays.
fn engine(db: &Postgres) -> TestResult<Engine> {
    Ok(Engine::new(connect(db)?).clock(Arc::new(ManualClock::new())))
}

/// The time after which the server checks for deadlocks; its default is a second.
fn connect(db: &Postgres) -> TestResult<Client> {
    let mut client = db.connect()?;
    client.batch_execute("SET deadlock_timeout = '10ms'")?;
    Ok(client)
}

/// A test that has panicked leaves consistent data: its transaction was rolled back.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
