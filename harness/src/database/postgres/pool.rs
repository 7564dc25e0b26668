//! The databases that no test has at present: copies of templates that are made ahead, as a test that takes one waits 0.1 ms then, and 10
//! to 13 where it has to be made first (2 cores, 10 tables); those that tests are through with; and those that nobody needs any more.
//!
//! The server spends 8 ms on a copy and 4 on dropping it, so one that has got nothing but rows is renewed instead, and is the next copy.

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

/// How many databases that nobody needs any more may be there; 8 MB each.
const MOST_LEFT: usize = 32;

/// The same on a server of somebody else. Not none: the longer one waits, the less it takes to drop one, as the server looks only ten
/// times a second whether a connection that is about to end has ended.
const MOST_LEFT_GIVEN: usize = 4;

/// How many of those that killed runs have left are dropped when the run is over; 5 ms each. The next run drops the others.
const MOST_ABANDONED: usize = 100;

/// How often one is renewed: its tables keep in their files what is deleted.
const MOST_RENEWALS: u32 = 50;

/// How many renewals may fail, of as many as succeed, before no more are tried.
const MOST_FAILURES: u32 = 4;

/// Copies that are there, by the key of the template.
#[derive(Default)]
pub(crate) struct PrewarmedCopy(Mutex<HashMap<Option<String>, VecDeque<String>>>);

impl PrewarmedCopy {
    /// One of them, if there is one, and how many are left.
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

/// What nobody waits for.
pub(crate) enum Job {
    Copy {
        key: Option<String>,
        name: String,
    },
    /// A test is through with it.
    Renew {
        key: String,
        name: String,
        renewal: Arc<Renewal>,
    },
    Drop {
        name: String,
    },
    /// Nobody needs anything any more.
    End,
}

/// Does these jobs: copies first, as somebody may wait for them soon.
pub(crate) fn work(at: &PostgresAt, jobs: &Receiver<Job>, ahead: &PrewarmedCopy, n_ahead: usize, n_renewers: u32) {
    let Ok(mut client) = asking(at) else { return };
    // Those of a server of ours go with it, so as long as they are few nobody takes the trouble.
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
            // Who has asked is gone.
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
    /// Nobody needs them.
    old: VecDeque<String>,
    /// Runs that were killed have left them.
    abandoned: Vec<String>,
    /// How many connections stay open to renew.
    n_renewers: usize,
    /// How many may wait to be renewed.
    n_used: usize,
    /// Whether it is the one that has counted all that was written. It may have ended, and started again.
    is_same_server: bool,
}

/// Copies of a template that tests are through with.
struct ReturnedCopy {
    names: VecDeque<String>,
    renewal: Arc<Renewal>,
    succeeded: u32,
    failed: u32,
}

/// What is known of a database that was looked at.
#[derive(Default)]
struct InspectionResult {
    renewer: Option<RecycleConnection>,
    n_renewals: u32,
    /// When the server's numbers began.
    since: String,
}

/// A connection that is there for nothing else.
struct RecycleConnection {
    client: Client,
    pid: i32,
}

enum PoolResponse {
    /// It is as it was.
    Same,
    Changed,
    /// Somebody is connected to it still.
    Busy,
}

impl DatabasePool<'_> {
    fn take_back(&mut self, key: String, name: String, renewal: Arc<Renewal>) {
        let new = || ReturnedCopy { names: VecDeque::new(), renewal, succeeded: 0, failed: 0 };
        let returned = self.returned.entry(key).or_insert_with(new);
        returned.names.push_back(name);
        // Most of what tests do to their databases may be more than to write rows.
        let may = self.is_same_server && returned.failed <= MOST_FAILURES + returned.succeeded;
        let n_most = if may { self.n_used } else { 0 };
        while returned.names.len() > n_most
            && let Some(name) = returned.names.pop_front()
        {
            self.inspections.remove(&name);
            self.old.push_back(name);
        }
    }

    /// A copy of that template which is new again.
    fn renewed(&mut self, key: &str) -> Option<String> {
        // The last one's connection may be about to end.
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
            // The server ends a connection that nobody has used for a while.
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
        // By this connection, as it ends if the server does, with all that it has counted.
        let others = format!("EXECUTE others('{name}', {})", renewer.pid);
        match answer(&mut self.client, &others).inspect_err(|_| self.is_same_server = false)?.as_slice() {
            [is_busy] if is_busy == "f" => {}
            [_] => {
                inspections.renewer = Some(renewer);
                return Ok(PoolResponse::Busy);
            }
            // It has another name now.
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
            // Who is in it now has come since.
            let _ = self.client.batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\""));
            return;
        }
        // It goes with the server if it does not now.
        let _ = self.old.pop_front().map(|name| self.client.batch_execute(&dropped(&name)));
    }

    /// The run is over, and somebody waits for that.
    fn drop_abandoned(&mut self) {
        self.abandoned.truncate(MOST_ABANDONED);
        while !self.abandoned.is_empty() {
            self.drop_oldest();
        }
    }

    /// Somebody may have ended that connection.
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

/// A connection on which one can ask whether somebody is in that database besides that process, and the server's own.
fn asking(at: &PostgresAt) -> FixtureResult<Client> {
    let mut client = connect(at)?;
    client.batch_execute(
        "PREPARE others(name, int) AS SELECT EXISTS (SELECT FROM pg_stat_get_activity(NULL) a WHERE a.datid = d.oid \
         AND a.pid <> $2 AND a.backend_type <> 'autovacuum worker') FROM pg_database d WHERE d.datname = $1",
    )?;
    Ok(client)
}

/// What is in the only row of an answer; nothing, if there is none.
fn answer(client: &mut Client, statement: &str) -> FixtureResult<Vec<String>> {
    let messages = client.simple_query(statement)?;
    let row = messages.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let texts = |row: SimpleQueryRow| (0..row.len()).map(|n| row.get(n).unwrap_or_default().to_owned()).collect();
    Ok(row.map_or_else(Vec::new, texts))
}
