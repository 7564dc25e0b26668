//! What the tests have in common: databases of stories, several clients of each, and races of those.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postgres::Client;
use story_engine::{CONSTRAINTS, Engine, Error, TABLES};
use swimlanes::kit::clock::ManualClock;
use swimlanes::kit::race::Race;
use swimlanes::prelude::*;

/// What the tests return, to use `?` on everything.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

static LOOSE: PgTemplate = PgTemplate::new("loose", |db| Ok(db.batch_execute(TABLES)?));

static STRICT: PgTemplate = PgTemplate::new("strict", |db| Ok(db.batch_execute(&[TABLES, CONSTRAINTS].concat())?));

/// Which migrations a database has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schema {
    /// The tables alone: what is there twice is there twice, and nobody is told.
    Loose,
    /// The constraints, too.
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

/// How many rounds a race has to be caught in.
pub(crate) const ROUNDS: usize = 20;

/// How many clients there are of each database.
const CLIENTS: usize = 3;

/// The databases of this worker, and connections to them, which are kept: to connect takes longer than most tests.
pub(crate) struct Stages {
    loose: Stage,
    strict: Stage,
}

#[swimlanes::fixture(scope = "worker")]
fn stages(db: Postgres) -> TestResult<Stages> {
    Ok(Stages { loose: Stage::new(&db, Schema::Loose)?, strict: Stage::new(&db, Schema::Strict)? })
}

impl Stages {
    /// The one with that schema, without what other tests have written, and with a story.
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

/// A database, clients who write a story in it, and one who looks at what they have written.
pub(crate) struct Stage {
    db: Postgres,
    clients: Vec<Mutex<Engine>>,
    onlooker: Mutex<Engine>,
    waiting: Mutex<Box<dyn FnMut() -> usize + Send>>,
    /// Of this round.
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

    /// One of the clients; in a race, each actor has the one of its number.
    pub(crate) fn client(&self, number: usize) -> MutexGuard<'_, Engine> {
        held(&self.clients[number])
    }

    /// Who is no actor.
    pub(crate) fn onlooker(&self) -> MutexGuard<'_, Engine> {
        held(&self.onlooker)
    }

    /// A client more, whose transactions keep to other rules.
    pub(crate) fn another(&self) -> TestResult<Engine> {
        engine(&self.db)
    }

    /// A connection, for what no engine does.
    pub(crate) fn connect(&self) -> TestResult<Client> {
        connect(&self.db)
    }

    /// The story of this round.
    pub(crate) fn story(&self) -> i64 {
        *held(&self.story)
    }

    /// Begins another one.
    pub(crate) fn begin_story(&self, text: &str) -> Result<(), Error> {
        *held(&self.story) = self.onlooker().stories().create(text)?.id;
        Ok(())
    }

    /// A race of so many clients, with another story for each round.
    pub(crate) fn race(&self, n_actors: usize) -> Race<'_> {
        Race::new(n_actors).rounds(ROUNDS).before(|_| self.begin_story("")).blocked_actors(|| held(&self.waiting)())
    }
}

/// On a clock that nobody has to wait for: who tries again does so at once.
fn engine(db: &Postgres) -> TestResult<Engine> {
    Ok(Engine::new(connect(db)?).clock(Arc::new(ManualClock::new())))
}

/// The server looks for deadlocks when somebody has waited for so long; a second, if nobody says otherwise.
fn connect(db: &Postgres) -> TestResult<Client> {
    let mut client = db.connect()?;
    client.batch_execute("SET deadlock_timeout = '10ms'")?;
    Ok(client)
}

/// A test that has panicked leaves nothing that is half changed: its transaction was rolled back.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
