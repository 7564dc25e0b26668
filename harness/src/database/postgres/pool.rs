//! The databases that no test uses at present: copies of templates made in advance, copies that tests have released, and databases to be
//! dropped.
//!
//! A test gets a copy made in advance in 0.1 ms; one that must be made first takes 10 to 13 ms (2 cores, 10 tables). The server spends 8
//! ms on a copy and 4 ms on dropping it, so a copy in which only rows have changed is recycled.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};

use postgres::{Client, NoTls, SimpleQueryMessage, SimpleQueryRow};

use crate::database::postgres::cleanup;
use crate::database::postgres::create::{connect, copy, dropped};
use crate::database::postgres::recycle::PREPARE;
use crate::database::postgres::worker_database;
use crate::model::error::FixtureResult;
use crate::model::mutex::MutexExt;
use crate::model::postgres_endpoint::{Address, PostgresAt};
use crate::model::protocol::Renewal;

/// How many databases to be dropped may exist; each takes 8 MB.
const MOST_LEFT: usize = 32;

/// The same on a server that swimlanes did not start. Not zero, because waiting makes a drop faster: the server checks only ten times a
/// second whether a connection that is about to end has ended.
const MOST_LEFT_GIVEN: usize = 4;

/// How many databases of killed runs are dropped when the run is over; each takes 5 ms. The next run drops the others.
const MOST_ABANDONED: usize = 100;

/// How often a copy is recycled: the files of its tables keep deleted rows.
const MOST_RENEWALS: u32 = 50;

/// How many more recyclings may fail than succeed before the pool stops trying.
const MOST_FAILURES: u32 = 4;

/// Copies made in advance, by the key of the template.
#[derive(Default)]
pub(crate) struct PrewarmedCopy(Mutex<HashMap<Option<String>, VecDeque<String>>>);

impl PrewarmedCopy {
    /// Takes one, if there is one, and returns how many remain.
    pub(crate) fn take(&self, key: &Option<String>) -> (Option<String>, usize) {
        let mut ahead = self.0.lock_even_if_poisoned();
        let there = ahead.entry(key.clone()).or_default();
        (there.pop_front(), there.len())
    }

    fn put(&self, key: Option<String>, name: String) {
        let mut ahead = self.0.lock_even_if_poisoned();
        ahead.entry(key).or_default().push_back(name);
    }
}

/// A job for the background thread.
pub(crate) enum Job {
    Copy {
        key: Option<String>,
        name: String,
    },
    /// A test has released this copy.
    Renew {
        key: String,
        name: String,
        renewal: Arc<Renewal>,
    },
    Drop {
        name: String,
    },
    /// The run is over.
    End,
}

/// Does these jobs. Copies come first, because a test may need them soon.
pub(crate) fn work(at: &PostgresAt, jobs: &Receiver<Job>, ahead: &PrewarmedCopy, n_ahead: usize, n_renewers: u32) {
    let Ok(mut client) = asking(at) else { return };
    // On a server that swimlanes started, a few old databases may remain: they end with the server.
    let (n_left, abandoned) = match at.address {
        Address::Ours { .. } => (MOST_LEFT, Vec::new()),
        Address::Given { .. } => (MOST_LEFT_GIVEN, cleanup::databases(&mut client)),
    };
    let (inspections, old, returned) = (HashMap::new(), VecDeque::new(), HashMap::new());
    let (n_used, n_renewers) = (2 * n_ahead, n_renewers as usize);
    let mut stock =
        DatabasePool { at, client, returned, inspections, old, abandoned, n_used, n_renewers, is_same_server: true };
    let mut copies = VecDeque::new();
    loop {
        let has_work = !copies.is_empty() || !stock.abandoned.is_empty() || stock.old.len() > n_left;
        let job = if has_work { jobs.try_recv().ok() } else { jobs.recv().ok() };
        match job {
            Some(Job::Copy { key, name }) => copies.push_back((key, name)),
            Some(Job::Renew { key, name, renewal }) => stock.take_back(key, name, renewal),
            Some(Job::Drop { name }) => stock.old.push_back(name),
            Some(Job::End) => return stock.drop_abandoned(),
            // The sender no longer exists.
            None if !has_work => return,
            None => match copies.pop_front() {
                Some((key, name)) => {
                    let renewed = key.as_deref().and_then(|key| stock.renewed(key));
                    if let Some(name) = renewed.or_else(|| stock.copied(key.as_deref(), name)) {
                        ahead.put(key, name);
                    }
                }
                None => stock.drop_oldest(),
            },
        }
    }
}

struct DatabasePool<'a> {
    at: &'a PostgresAt,
    client: Client,
    /// By the key of their template.
    returned: HashMap<String, ReturnedCopy>,
    /// By their names.
    inspections: HashMap<String, InspectionResult>,
    /// Databases to be dropped.
    old: VecDeque<String>,
    /// Databases of killed runs.
    abandoned: Vec<String>,
    /// How many connections for recycling stay open.
    n_renewers: usize,
    /// How many copies may wait to be recycled.
    n_used: usize,
    /// Whether the server is still the one that counted all writes. It may have ended and started again.
    is_same_server: bool,
}

/// Copies of a template that tests have released.
struct ReturnedCopy {
    names: VecDeque<String>,
    renewal: Arc<Renewal>,
    succeeded: u32,
    failed: u32,
}

/// What is known about a copy that was inspected.
#[derive(Default)]
struct InspectionResult {
    renewer: Option<RecycleConnection>,
    n_renewals: u32,
    /// When the server's counters were last reset.
    since: String,
}

/// A connection that only recycles one copy.
struct RecycleConnection {
    client: Client,
    pid: i32,
}

enum PoolResponse {
    /// It is the same as a new copy.
    Same,
    Changed,
    /// Another session is still connected to it.
    Busy,
}

impl DatabasePool<'_> {
    fn take_back(&mut self, key: String, name: String, renewal: Arc<Renewal>) {
        let new = || ReturnedCopy { names: VecDeque::new(), renewal, succeeded: 0, failed: 0 };
        let returned = self.returned.entry(key).or_insert_with(new);
        returned.names.push_back(name);
        // Recycling does not pay off in a suite where most tests change more than rows.
        let may = self.is_same_server && returned.failed <= MOST_FAILURES + returned.succeeded;
        let n_most = if may { self.n_used } else { 0 };
        while returned.names.len() > n_most
            && let Some(name) = returned.names.pop_front()
        {
            self.inspections.remove(&name);
            self.old.push_back(name);
        }
    }

    /// A recycled copy of this template.
    fn renewed(&mut self, key: &str) -> Option<String> {
        // Each copy is tried once. A busy one stays in the queue, as its last connection may be about to end.
        for _ in 0..self.returned.get(key)?.names.len() {
            if !self.is_same_server {
                break;
            }
            let returned = self.returned.get_mut(key)?;
            let (name, renewal) = (returned.names.pop_front()?, Arc::clone(&returned.renewal));
            let answer = self.renew(&name, &renewal);
            let returned = self.returned.get_mut(key)?;
            match answer {
                Ok(PoolResponse::Same) => {
                    returned.succeeded += 1;
                    return Some(name);
                }
                Ok(PoolResponse::Busy) => returned.names.push_back(name),
                Ok(PoolResponse::Changed) | Err(_) => {
                    returned.failed += 1;
                    self.inspections.remove(&name);
                    self.old.push_back(name);
                }
            }
        }
        None
    }

    fn renew(&mut self, name: &str, renewal: &Renewal) -> FixtureResult<PoolResponse> {
        let mut inspections = self.inspections.remove(name).unwrap_or_default();
        if inspections.n_renewals >= MOST_RENEWALS {
            return Ok(PoolResponse::Changed);
        }
        let answer = match inspections.renewer.take() {
            // The server closes a connection that has been idle for a while.
            Some(renewer) => match self.renew_by(renewer, name, &mut inspections, renewal) {
                Err(_) if self.is_same_server => None,
                answer => Some(answer),
            },
            None => None,
        };
        let answer = match answer {
            Some(answer) => answer?,
            None => self.renew_by(RecycleConnection::new(self.at, name, renewal)?, name, &mut inspections, renewal)?,
        };
        let n_connected = self.inspections.values().filter(|inspections| inspections.renewer.is_some()).count();
        if n_connected >= self.n_renewers {
            inspections.renewer = None;
        }
        self.inspections.insert(name.to_owned(), inspections);
        Ok(answer)
    }

    fn renew_by(
        &mut self,
        mut renewer: RecycleConnection,
        name: &str,
        inspections: &mut InspectionResult,
        renewal: &Renewal,
    ) -> FixtureResult<PoolResponse> {
        // On this connection, which breaks if the server ends and loses its counters.
        let others = format!("EXECUTE others('{name}', {})", renewer.pid);
        match answer(&mut self.client, &others).inspect_err(|_| self.is_same_server = false)?.as_slice() {
            [is_busy] if is_busy == "f" => {}
            [_] => {
                inspections.renewer = Some(renewer);
                return Ok(PoolResponse::Busy);
            }
            // No database has this name any more.
            _ => return Ok(PoolResponse::Changed),
        }
        let client = &mut renewer.client;
        let messages = answer(client, "EXECUTE clean")?;
        let is_same = match messages.first().map(String::as_str) {
            Some("same") if messages.get(1) == Some(&inspections.since) => true,
            Some("same" | "perhaps") => answer(client, &renewal.compare)?.first().is_some_and(|same| same == "t"),
            _ => false,
        };
        if !is_same {
            return Ok(PoolResponse::Changed);
        }
        inspections.since = answer(client, &renewal.count_anew)?.pop().unwrap_or_default();
        inspections.n_renewals += 1;
        inspections.renewer = Some(renewer);
        Ok(PoolResponse::Same)
    }

    fn copied(&mut self, key: Option<&str>, name: String) -> Option<String> {
        self.connect_again();
        copy(&mut self.client, self.at, key, &name).is_ok().then_some(name)
    }

    fn drop_oldest(&mut self) {
        self.connect_again();
        if let Some(name) = self.abandoned.pop() {
            // Without FORCE: a session that uses it now has connected since.
            let _ = self.client.batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\""));
            return;
        }
        // If this fails, the database is removed at the end of the run.
        let _ = self.old.pop_front().map(|name| self.client.batch_execute(&dropped(&name)));
    }

    /// The run is over, and its end must not be delayed for long.
    fn drop_abandoned(&mut self) {
        self.abandoned.truncate(MOST_ABANDONED);
        while !self.abandoned.is_empty() {
            self.drop_oldest();
        }
    }

    /// Reconnects if the connection was closed from outside.
    fn connect_again(&mut self) {
        if self.client.is_closed()
            && let Ok(new) = asking(self.at)
        {
            self.client = new;
            self.is_same_server = false;
        }
    }
}

impl RecycleConnection {
    fn new(at: &PostgresAt, name: &str, renewal: &Renewal) -> FixtureResult<Self> {
        let mut config = worker_database::config(at, name)?;
        let mut client = config.application_name("swimlanes").connect(NoTls)?;
        client.batch_execute(&format!("{PREPARE}; PREPARE clean AS {}", renewal.clean))?;
        let pid = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
        Ok(Self { client, pid })
    }
}

/// A connection with a prepared query: is a session connected to this database, other than this process and the server's own?
fn asking(at: &PostgresAt) -> FixtureResult<Client> {
    let mut client = connect(at)?;
    client.batch_execute(
        "PREPARE others(name, int) AS SELECT EXISTS (SELECT FROM pg_stat_get_activity(NULL) a WHERE a.datid = d.oid \
         AND a.pid <> $2 AND a.backend_type <> 'autovacuum worker') FROM pg_database d WHERE d.datname = $1",
    )?;
    Ok(client)
}

/// The values in the only row of the result; empty if there is no row.
fn answer(client: &mut Client, statement: &str) -> FixtureResult<Vec<String>> {
    let messages = client.simple_query(statement)?;
    let row = messages.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let texts = |row: SimpleQueryRow| (0..row.len()).map(|n| row.get(n).unwrap_or_default().to_owned()).collect();
    Ok(row.map_or_else(Vec::new, texts))
}
