//! A PostgreSQL server of the run, in the keeper: it is started there, and makes databases for all lanes. Copies of templates are made
//! ahead, as a test that takes one waits 0.1 ms then, and 10 to 13 where it has to be made first (2 cores, 10 tables).

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use postgres::{Client, Config, NoTls};
use rustix::process::Signal;

use crate::model::error::{Error, FixtureError, FixtureResult};
use crate::model::hash::fnv;
use crate::model::order::Wish;
use crate::model::postgres_at::{Address, PostgresAt, has_socket};
use crate::model::worker::Slot;
use crate::platform::daemon::{self, Daemon};
use crate::platform::holder::Holder;
use crate::platform::{env, thread};
use crate::resource::postgres_budget;
use crate::resource::postgres_lane;
use crate::resource::postgres_programs::{MISSING, Programs};
use crate::resource::server::{NoServer, Place, Server};

/// How long it may take to be ready; 25 ms were seen.
const STARTING: Duration = Duration::from_secs(60);

/// How long it may take to end; 6 ms were seen.
const ENDING: Duration = Duration::from_secs(2);

/// How many databases that nobody needs any more may be there; 8 MB each.
const MOST_LEFT: usize = 32;

struct PostgresServer {
    at: PostgresAt,
    daemon: Option<Daemon>,
    /// Held as long as the server has it.
    _port: Option<Holder>,
    client: Client,
    /// How a copy of the template is made clean.
    templates: HashMap<String, String>,
    of_slots: HashMap<(Slot, Option<String>), String>,
    ahead: Arc<Mutex<HashMap<Option<String>, Vec<String>>>>,
    later: Sender<Job>,
    worker: Option<JoinHandle<()>>,
    n_ahead: usize,
    n_made: u32,
}

/// What nobody waits for.
enum Job {
    Copy {
        key: Option<String>,
        name: String,
    },
    Drop {
        name: String,
    },
    /// Nobody needs anything any more.
    End,
}

/// Starts one, or connects to the one that the environment names.
pub(crate) fn start(place: &Place<'_>) -> Result<Box<dyn Server>, NoServer> {
    let (address, daemon, port) = match env::postgres_url() {
        Some(url) => (Address::Given { url: url.to_string() }, None, None),
        None => {
            let (address, daemon, port) = own(place)?;
            (address, Some(daemon), Some(port))
        }
    };
    let (generation, prefix) = (place.generation, place.prefix.clone());
    let mut at = PostgresAt { generation, address, version: String::new(), prefix, connections: 0 };
    let mut client = connect(&at)?;
    at.version = client.query_one("SHOW server_version", &[]).map_err(|cause| refused(&cause))?.get(0);
    at.connections = postgres_budget::of_worker(&mut client, &at.address, place.workers)?;
    let (later, jobs) = channel();
    let ahead = Arc::default();
    let worker = {
        let (at, ahead) = (at.clone(), Arc::clone(&ahead));
        Some(thread::start("postgres", move || work(&at, &jobs, &ahead))?)
    };
    Ok(Box::new(PostgresServer {
        at,
        daemon,
        _port: port,
        client,
        templates: HashMap::new(),
        of_slots: HashMap::new(),
        ahead,
        later,
        worker,
        n_ahead: place.workers.clamp(2, 8) as usize,
        n_made: 0,
    }))
}

fn own(place: &Place<'_>) -> Result<(Address, Daemon, Holder), NoServer> {
    let Some(programs) = Programs::find()? else { return Err(NoServer::Missing(MISSING.to_owned())) };
    let dir = place.dir;
    // Whoever gets in is allowed everything.
    let closed = fs::set_permissions(dir, fs::Permissions::from_mode(0o700));
    let given = closed.and_then(|()| daemon::give(dir, programs.who));
    given.map_err(|cause| Error::file("hand over the directory", dir, cause))?;
    let data = programs.make_data(dir)?;
    let port = Holder::bind().map_err(|cause| Error::io("bind a free port of 127.0.0.1", cause))?;
    let (daemon, password) = match started(&programs, place, &port) {
        Ok(daemon) => (daemon, data.password),
        Err(_) if data.is_copy => {
            programs.discard(dir)?;
            let data = programs.make_data(dir)?;
            (started(&programs, place, &port)?, data.password)
        }
        Err(error) => return Err(error.into()),
    };
    let address = Address::Ours { dir: dir.to_owned(), port: port.port(), password };
    Ok((address, daemon, port))
}

fn started(programs: &Programs, place: &Place<'_>, port: &Holder) -> Result<Daemon, Error> {
    let dir = place.dir;
    let (data, log) = (dir.join("data"), dir.join("log"));
    let mut command = programs.command("postgres");
    let sockets = if has_socket(dir) { dir } else { Path::new("") };
    command.arg("-D").arg(&data).arg("-k").arg(sockets).args(["-p", &port.port().to_string()]);
    let n_connections = postgres_budget::needed(place.workers).to_string();
    for (name, value) in [
        ("listen_addresses", "127.0.0.1"),
        // What is lost in a power failure would be lost anyway.
        ("fsync", "off"),
        ("unix_socket_permissions", "0700"),
        // Its files go with the directory, also if it is killed.
        ("dynamic_shared_memory_type", "mmap"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
        ("max_connections", &n_connections),
        ("shared_buffers", "64MB"),
        ("log_checkpoints", "off"),
        ("log_line_prefix", "%m [%p] %d "),
    ] {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    let fail = |cause, log: &std::path::Path| {
        Error::io(format!("start PostgreSQL: {}", daemon::tail(log, 0).trim_end()), cause)
    };
    let mut daemon = Daemon::start(command, &data, &log, Signal::QUIT).map_err(|cause| fail(cause, &log))?;
    // The line of this file that says how far it is.
    let is_ready = || {
        let file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        file.lines().nth(7).is_some_and(|state| state.trim_end() == "ready")
    };
    if let Err(cause) = daemon.wait_until(STARTING, is_ready) {
        daemon.end(ENDING);
        return Err(fail(cause, &log));
    }
    Ok(daemon)
}

/// Connects to where databases are made.
fn connect(at: &PostgresAt) -> FixtureResult<Client> {
    let config = match &at.address {
        Address::Given { url } => url.parse::<Config>()?,
        Address::Ours { .. } => postgres_lane::config(at, "postgres")?,
    };
    config.connect(NoTls).map_err(|cause| refused(&cause))
}

fn refused(cause: &postgres::Error) -> FixtureError {
    format!("PostgreSQL refuses: {}", postgres_lane::told(cause)).into()
}

/// The copies that are made ahead, and the databases that nobody needs any more: copies first, as somebody may wait for them soon.
fn work(at: &PostgresAt, jobs: &Receiver<Job>, ahead: &Mutex<HashMap<Option<String>, Vec<String>>>) {
    let Ok(mut client) = connect(at) else { return };
    let (mut copies, mut old) = (VecDeque::new(), Vec::new());
    // Those of a server of ours go with it, so as long as they are few nobody takes the trouble.
    let n_left = if matches!(at.address, Address::Ours { .. }) { MOST_LEFT } else { 0 };
    loop {
        let has_work = !copies.is_empty() || old.len() > n_left;
        let job = if has_work { jobs.try_recv().ok() } else { jobs.recv().ok() };
        // Somebody may have ended that connection.
        if client.is_closed()
            && let Ok(new) = connect(at)
        {
            client = new;
        }
        match job {
            Some(Job::Copy { key, name }) => copies.push_back((key, name)),
            Some(Job::Drop { name }) => old.push(name),
            Some(Job::End) => return,
            // Who has asked is gone.
            None if !has_work => return,
            None => match (copies.pop_front(), old.pop()) {
                (Some((key, name)), again) => {
                    old.extend(again);
                    if copy(&mut client, at, key.as_deref(), &name).is_ok() {
                        lock(ahead).entry(key).or_default().push(name);
                    }
                }
                (None, name) => {
                    // It goes with the server if it does not now.
                    let _ = name.map(|name| client.batch_execute(&dropped(&name)));
                }
            },
        }
    }
}

fn dropped(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)")
}

fn template_name(at: &PostgresAt, key: &str) -> String {
    format!("{}t{:08x}", at.prefix, fnv(key.as_bytes()) as u32)
}

fn copy(client: &mut Client, at: &PostgresAt, key: Option<&str>, name: &str) -> FixtureResult<()> {
    let template = key.map_or_else(|| "template0".to_owned(), |key| template_name(at, key));
    // From 15 on the other way, by the log, is the usual one, and takes twice as long.
    let major: u32 = at.version.split(['.', ' ', 'b', 'r']).next().and_then(|major| major.parse().ok()).unwrap_or(0);
    let strategy = if major >= 15 { " STRATEGY FILE_COPY" } else { "" };
    let statement = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"{strategy}");
    client.batch_execute(&statement).map_err(|cause| refused(&cause))
}

impl PostgresServer {
    fn new_name(&mut self, kind: &str) -> String {
        self.n_made += 1;
        format!("{}{kind}{}", self.at.prefix, self.n_made)
    }

    /// One more, which is there already, or made now; and more are made for who comes next.
    fn fresh(&mut self, key: Option<String>) -> FixtureResult<String> {
        let (name, n_there) = {
            let mut ahead = lock(&self.ahead);
            let there = ahead.entry(key.clone()).or_default();
            (there.pop(), there.len())
        };
        for _ in n_there..self.n_ahead.min(n_there + 2) {
            let name = self.new_name("c");
            let _ = self.later.send(Job::Copy { key: key.clone(), name });
        }
        name.map_or_else(|| self.copied("c", key.as_deref()), Ok)
    }

    fn copied(&mut self, kind: &str, key: Option<&str>) -> FixtureResult<String> {
        let name = self.new_name(kind);
        copy(&mut self.client, &self.at, key, &name)?;
        Ok(name)
    }

    fn drop_later(&self, name: String) {
        // Only ours.
        if name.starts_with(&self.at.prefix) {
            let _ = self.later.send(Job::Drop { name });
        }
    }
}

impl Server for PostgresServer {
    fn is_alive(&mut self) -> bool {
        match &mut self.daemon {
            Some(daemon) => daemon.ended().is_none(),
            // It is not ours to start again.
            None => true,
        }
    }

    fn described(&self) -> Vec<u8> {
        serde_json::to_vec(&self.at).unwrap_or_default()
    }

    fn database(&mut self, wish: Wish) -> FixtureResult<Vec<u8>> {
        if self.client.is_closed() {
            self.client = connect(&self.at)?;
        }
        let answered = match wish {
            Wish::Template { key } => serde_json::to_vec(&self.templates.get(&key)),
            Wish::NewTemplate { key } => {
                let name = template_name(&self.at, &key);
                // A try that failed has left it.
                self.client.batch_execute(&dropped(&name)).map_err(|cause| refused(&cause))?;
                copy(&mut self.client, &self.at, None, &name)?;
                serde_json::to_vec(&name)
            }
            Wish::TemplateMade { key, clean } => {
                let name = template_name(&self.at, &key);
                // Nobody may be connected to what is copied.
                let closed = format!(
                    "ALTER DATABASE \"{name}\" WITH ALLOW_CONNECTIONS false;
                     SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
                );
                self.client.batch_execute(&closed).map_err(|cause| refused(&cause))?;
                self.templates.insert(key, clean);
                serde_json::to_vec(&())
            }
            Wish::OfSlot { slot, key, anew } => {
                let spot = (slot, key);
                let name = match self.of_slots.get(&spot) {
                    Some(name) if !anew => name.clone(),
                    before => {
                        let before = before.cloned();
                        before.into_iter().for_each(|name| self.drop_later(name));
                        let name = self.copied("w", spot.1.as_deref())?;
                        self.of_slots.insert(spot, name.clone());
                        name
                    }
                };
                serde_json::to_vec(&name)
            }
            Wish::Fresh { key } => serde_json::to_vec(&self.fresh(key)?),
            Wish::Drop { name } => {
                self.drop_later(name);
                serde_json::to_vec(&())
            }
        };
        Ok(answered?)
    }

    fn end(&mut self) {
        match &mut self.daemon {
            Some(daemon) => daemon.end(ENDING),
            // All of this keeper's, when no more are made.
            None => {
                let _ = self.later.send(Job::End);
                if let Some(worker) = self.worker.take() {
                    let _ = worker.join();
                }
                if self.client.is_closed()
                    && let Ok(client) = connect(&self.at)
                {
                    self.client = client;
                }
                let names = "SELECT datname FROM pg_database WHERE starts_with(datname, $1)";
                for row in self.client.query(names, &[&self.at.prefix]).unwrap_or_default() {
                    let name: String = row.get(0);
                    let _ = self.client.batch_execute(&dropped(&name));
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
