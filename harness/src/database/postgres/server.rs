//! The PostgreSQL server of a run, with the databases of all lanes. The fixture server starts it.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use postgres::Client;
use rustix::process::Signal;

use crate::database::postgres::binaries::{MISSING, Programs};
use crate::database::postgres::connection_limit::{self, Budget};
use crate::database::postgres::create::{connect, copy, dropped, refused, template_name};
use crate::database::postgres::pool::{self, Job, PrewarmedCopy};
use crate::database::service::{Server, ServerSpec, StartError};
use crate::model::error::{Error, FixtureResult};
use crate::model::postgres_endpoint::{Address, PostgresAt, has_socket};
use crate::model::protocol::{DatabaseRequest, Renewal};
use crate::model::worker::Slot;
use crate::os::reserved_port::ReservedPort;
use crate::os::service_user;
use crate::os::{codec, env, thread};
use crate::process::service_process::{self, ServiceProcess};

/// How long the server may take to start; 25 ms were measured.
const STARTING: Duration = Duration::from_secs(60);

/// How long the server may take to end; 6 ms were measured.
const ENDING: Duration = Duration::from_secs(2);

struct PostgresServer {
    at: PostgresAt,
    daemon: Option<ServiceProcess>,
    /// Reserved while the server runs.
    _port: Option<ReservedPort>,
    client: Client,
    templates: HashMap<String, ServerTemplate>,
    slots: HashMap<(Slot, Option<String>), String>,
    /// The copies that tests own, with the keys of their templates.
    fresh: HashMap<String, String>,
    ahead: Arc<PrewarmedCopy>,
    later: Sender<Job>,
    worker: Option<JoinHandle<()>>,
    n_ahead: usize,
    n_made: u32,
}

/// The statements that clean and recycle a copy of the template.
struct ServerTemplate {
    clean: String,
    renewal: Option<Arc<Renewal>>,
}

/// Starts a server, or connects to the one that the environment names.
pub(crate) fn start(place: &ServerSpec<'_>) -> Result<Box<dyn Server>, StartError> {
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
    let Budget { worker_scope, renewers } = connection_limit::budget(&mut client, &at.address, place.workers)?;
    at.connections = worker_scope;
    let (later, jobs) = channel();
    let ahead = Arc::<PrewarmedCopy>::default();
    let n_ahead = place.workers.clamp(2, 8) as usize;
    let worker = {
        let (at, ahead) = (at.clone(), Arc::clone(&ahead));
        Some(thread::start("postgres", move || pool::work(&at, &jobs, &ahead, n_ahead, renewers))?)
    };
    Ok(Box::new(PostgresServer {
        at,
        daemon,
        _port: port,
        client,
        templates: HashMap::new(),
        slots: HashMap::new(),
        fresh: HashMap::new(),
        ahead,
        later,
        worker,
        n_ahead,
        n_made: 0,
    }))
}

fn own(place: &ServerSpec<'_>) -> Result<(Address, ServiceProcess, ReservedPort), StartError> {
    let Some(programs) = Programs::find()? else { return Err(StartError::Missing(MISSING.to_owned())) };
    let dir = place.dir;
    // Anyone who can reach the socket in this directory has full access.
    let closed = fs::set_permissions(dir, fs::Permissions::from_mode(0o700));
    let chown_result = closed.and_then(|()| service_user::chown(dir, programs.who));
    chown_result.map_err(|cause| Error::file("hand over the directory", dir, cause))?;
    let data = programs.make_data(dir)?;
    let port = ReservedPort::bind(0).map_err(|cause| Error::io("bind a free port of 127.0.0.1", cause))?;
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

fn started(programs: &Programs, place: &ServerSpec<'_>, port: &ReservedPort) -> Result<ServiceProcess, Error> {
    let dir = place.dir;
    let (data, log) = (dir.join("data"), dir.join("log"));
    let mut command = programs.command("postgres");
    let sockets = if has_socket(dir) { dir } else { Path::new("") };
    command.arg("-D").arg(&data).arg("-k").arg(sockets).args(["-p", &port.port().to_string()]);
    let n_connections = connection_limit::needed(place.workers).to_string();
    for (name, value) in [
        ("listen_addresses", "127.0.0.1"),
        // The data need not survive a power failure.
        ("fsync", "off"),
        ("unix_socket_permissions", "0700"),
        // With `mmap`, these files are in the data directory and removed with it, even if the server is killed.
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
        Error::io(format!("start PostgreSQL: {}", service_process::tail(log, 0).trim_end()), cause)
    };
    let mut daemon = ServiceProcess::start(command, &data, &log, Signal::QUIT).map_err(|cause| fail(cause, &log))?;
    // The eighth line of this file is the state of the server.
    let is_ready = || {
        let file = service_user::read(&data.join("postmaster.pid")).unwrap_or_default();
        file.lines().nth(7).is_some_and(|state| state.trim_end() == "ready")
    };
    if let Err(cause) = daemon.wait_until(STARTING, is_ready) {
        daemon.end(ENDING);
        return Err(fail(cause, &log));
    }
    Ok(daemon)
}

impl PostgresServer {
    fn new_name(&mut self, kind: &str) -> String {
        self.n_made += 1;
        format!("{}{kind}{}", self.at.prefix, self.n_made)
    }

    /// Returns a copy made in advance, or makes one now. Orders more copies for later tests.
    fn fresh(&mut self, key: Option<String>) -> FixtureResult<String> {
        let (name, n_there) = self.ahead.take(&key);
        for _ in n_there..self.n_ahead.min(n_there + 2) {
            let name = self.new_name("c");
            let _ = self.later.send(Job::Copy { key: key.clone(), name });
        }
        let name = name.map_or_else(|| self.copied("c", key.as_deref()), Ok)?;
        if let Some(key) = key {
            self.fresh.insert(name.clone(), key);
        }
        Ok(name)
    }

    fn copied(&mut self, kind: &str, key: Option<&str>) -> FixtureResult<String> {
        let name = self.new_name(kind);
        copy(&mut self.client, &self.at, key, &name)?;
        Ok(name)
    }

    /// A test has released its copy.
    fn taken_back(&mut self, name: String) {
        let key = self.fresh.remove(&name);
        let renewal = key.as_ref().and_then(|key| self.templates.get(key)?.renewal.clone());
        match key.zip(renewal) {
            Some((key, renewal)) => {
                let _ = self.later.send(Job::Renew { key, name, renewal });
            }
            None => self.drop_later(name),
        }
    }

    fn drop_later(&self, name: String) {
        // Drop only databases of this fixture server.
        if name.starts_with(&self.at.prefix) {
            let _ = self.later.send(Job::Drop { name });
        }
    }

    fn fulfil(&mut self, wish: DatabaseRequest) -> FixtureResult<Vec<u8>> {
        Ok(match wish {
            DatabaseRequest::Template { key } => codec::of(&self.templates.get(&key).map(|template| &template.clean)),
            DatabaseRequest::NewTemplate { key } => {
                let name = template_name(&self.at, &key);
                // A failed attempt may have left it behind.
                self.client.batch_execute(&dropped(&name)).map_err(|cause| refused(&cause))?;
                copy(&mut self.client, &self.at, None, &name)?;
                codec::of(&name)
            }
            DatabaseRequest::TemplateMade { key, clean, renewal } => {
                let name = template_name(&self.at, &key);
                // A database cannot be copied while a session is connected to it.
                let closed = format!(
                    "ALTER DATABASE \"{name}\" WITH ALLOW_CONNECTIONS false;
                     SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
                );
                self.client.batch_execute(&closed).map_err(|cause| refused(&cause))?;
                self.templates.insert(key, ServerTemplate { clean, renewal: renewal.map(Arc::new) });
                Vec::new()
            }
            DatabaseRequest::OfSlot { slot, key, anew } => {
                let spot = (slot, key);
                let name = match self.slots.get(&spot) {
                    Some(name) if !anew => name.clone(),
                    before => {
                        let before = before.cloned();
                        before.into_iter().for_each(|name| self.drop_later(name));
                        let name = self.copied("w", spot.1.as_deref())?;
                        self.slots.insert(spot, name.clone());
                        name
                    }
                };
                codec::of(&name)
            }
            DatabaseRequest::Fresh { key } => codec::of(&self.fresh(key)?),
            DatabaseRequest::Drop { name } => {
                self.taken_back(name);
                Vec::new()
            }
        })
    }
}

impl Server for PostgresServer {
    fn is_alive(&mut self) -> bool {
        match &mut self.daemon {
            Some(daemon) => daemon.exit_status().is_none(),
            // swimlanes did not start it, and does not restart it.
            None => true,
        }
    }

    fn described(&self) -> Vec<u8> {
        codec::of(&self.at)
    }

    fn database(&mut self, wish: DatabaseRequest) -> FixtureResult<Vec<u8>> {
        // After a crash of one of its processes, a PostgreSQL server restarts by itself. The next query is the first to
        // notice.
        match self.fulfil(wish.clone()) {
            Err(_) if self.client.is_closed() => {
                self.client = connect(&self.at)?;
                self.fulfil(wish)
            }
            done => done,
        }
    }

    fn end(&mut self) {
        match &mut self.daemon {
            Some(daemon) => daemon.end(ENDING),
            // Stop making databases, then drop all those of this fixture server.
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
