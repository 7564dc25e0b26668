//! A database with the tables, its clients, and the invariants after they have ended.

use std::fmt;

use duckdb::Connection;
use session_traces::{Flaw, Gate, Key, Tracer, Writes, add_experiment, flaws_of_links, flaws_of_traces, migrate};
use swimlanes::kit::clock::ManualClock;
use swimlanes::kit::race::{Race, Report};
use swimlanes::kit::retry::Retry;
use swimlanes::prelude::*;
use tokio::sync::{Mutex, MutexGuard};

/// The result of the tests, in which `?` converts all errors.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The experiment of all sessions, unless a test uses another one.
pub(crate) const EXPERIMENT: &str = "baseline";

/// Another experiment, without sessions.
pub(crate) const OTHER_EXPERIMENT: &str = "variant";

/// Two sessions that all workers of a round have.
pub(crate) fn sessions(round: usize) -> [String; 2] {
    ["a", "b"].map(|letter| format!("session-{round}{letter}"))
}

static WITH_KEY: DuckTemplate = DuckTemplate::new("with_key", |db| begin(db, Key::Primary));
static WITHOUT_KEY: DuckTemplate = DuckTemplate::new("without_key", |db| begin(db, Key::Missing));

fn begin(db: &Connection, key: Key) -> FixtureResult<()> {
    migrate(db, key)?;
    add_experiment(db, EXPERIMENT)?;
    Ok(add_experiment(db, OTHER_EXPERIMENT)?)
}

/// The code under test in one form: whether there is a key, how clients write, and how they retry.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    key: Key,
    writes: Writes,
    /// `None`: the default of a client.
    retry: Option<Retry<'static>>,
}

pub(crate) fn select_then_insert(key: Key) -> Form {
    Form { key, writes: Writes::SelectThenInsert, retry: Some(at_once(3)) }
}

pub(crate) fn gated(key: Key) -> Form {
    Form { key, writes: Writes::Gated(Gate::new()), retry: Some(at_once(3)) }
}

/// Clients retry until there is no conflict.
pub(crate) fn on_conflict() -> Form {
    Form { key: Key::Primary, writes: Writes::OnConflict, retry: Some(at_once(u32::MAX)) }
}

impl Form {
    pub(crate) fn retrying(self, retry: Retry<'static>) -> Self {
        Self { retry: Some(retry), ..self }
    }

    pub(crate) fn in_real_time(self) -> Self {
        Self { retry: None, ..self }
    }
}

/// This number of attempts, without delays.
pub(crate) fn at_once(tries: u32) -> Retry<'static> {
    static CLOCK: ManualClock = ManualClock::new();
    Retry::new().max_attempts(tries).clock(&CLOCK)
}

/// The number of concurrent clients in [`pressure`].
pub(crate) const CLIENTS: usize = 6;

/// The pressure under which the broken form fails, and the others must pass.
pub(crate) fn pressure<'a>() -> Race<'a> {
    Race::new(CLIENTS).rounds(3)
}

/// A database of this test, and its clients, each with its own connection.
pub(crate) struct Traces {
    pub(crate) db: DuckDb,
    pub(crate) writes: Writes,
    clients: Vec<Mutex<Tracer>>,
    auditor: Mutex<Connection>,
}

impl Traces {
    pub(crate) fn new(db: &DuckDb, form: &Form, n_clients: usize) -> TestResult<Self> {
        let template = match form.key {
            Key::Primary => &WITH_KEY,
            Key::Missing => &WITHOUT_KEY,
        };
        let db = db.fresh_with_template(template)?;
        let client = |number| -> TestResult<_> {
            let tracer = Tracer::new(format!("client {number}"), db.connect()?, form.writes.clone());
            Ok(Mutex::new(match &form.retry {
                Some(retry) => tracer.retrying(retry.clone()),
                None => tracer,
            }))
        };
        let clients = (0..n_clients).map(client).collect::<TestResult<_>>()?;
        let auditor = Mutex::new(db.connect()?);
        Ok(Self { db, writes: form.writes.clone(), clients, auditor })
    }

    pub(crate) fn n_clients(&self) -> usize {
        self.clients.len()
    }

    /// The client of the actor with this number.
    pub(crate) fn client(&self, number: usize) -> MutexGuard<'_, Tracer> {
        self.clients[number].try_lock().expect(ALONE)
    }

    /// Another program with an open transaction that has changed the row of the experiment. Dropping it rolls that back.
    pub(crate) fn other_in_the_way(&self) -> TestResult<Connection> {
        let other = self.db.connect()?;
        other.execute_batch(&format!(
            "BEGIN;
             INSERT INTO session_trace VALUES ('session-other', 'another program');
             INSERT INTO link VALUES ('session-other', '{EXPERIMENT}');
             UPDATE experiment SET sessions = sessions + 1 WHERE name = '{EXPERIMENT}';"
        ))?;
        Ok(other)
    }

    pub(crate) fn recorded_once(&self) -> TestResult {
        none(&flaws_of_traces(&self.auditor.try_lock().expect(ALONE))?)
    }

    pub(crate) fn recorded_and_linked_once(&self) -> TestResult {
        self.recorded_once()?;
        none(&flaws_of_links(&self.auditor.try_lock().expect(ALONE))?)
    }
}

const ALONE: &str = "no other thread holds the lock";

fn none(flaws: &[Flaw]) -> TestResult {
    flaws.first().map_or(Ok(()), |flaw| Err(flaw.to_string().into()))
}

/// The number of rounds that races needed to find the expected error. `None`: they did not find it.
#[derive(Default)]
pub(crate) struct Needed(Vec<Option<usize>>);

impl Needed {
    pub(crate) fn add(&mut self, report: &Report) {
        self.0.push(report.first_failed_round().map(|round| round + 1));
    }
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen: Vec<usize> = self.0.iter().flatten().copied().collect();
        write!(f, "seen in {} of {} races", seen.len(), self.0.len())?;
        let (Some(fewest), Some(most)) = (seen.iter().min(), seen.iter().max()) else { return Ok(()) };
        let total: usize = seen.iter().sum();
        write!(f, ", in round {:.1} on average ({fewest} to {most})", total as f64 / seen.len() as f64)
    }
}
