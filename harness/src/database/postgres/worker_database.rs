//! The connections of a worker to a PostgreSQL server, and the databases of an attempt, which are dropped when the attempt
//! ends.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use postgres::{Client, Config, NoTls};

use crate::fixture::timeout_clock::TimeoutClock;
use crate::model::error::{Error, FixtureError};
use crate::model::lease::{Cleanup, Lease};
use crate::model::mutex::MutexExt;
use crate::model::postgres_endpoint::{Address, PostgresAt, USER, has_socket};
use crate::model::protocol::{DatabaseRequest, FixtureRequest, Service};
use crate::model::worker::Slot;
use crate::process::fixture_server_client::FixtureServerClient;

/// A worker's connections to the server.
pub(crate) struct PostgresLane {
    pub(crate) to_keeper: Arc<FixtureServerClient>,
    pub(crate) slot: Slot,
    /// Idle connections, by database.
    pub(crate) idle: Mutex<HashMap<Arc<str>, Client>>,
    /// Connections for `clean`, by database.
    pub(crate) cleaners: Mutex<HashMap<Arc<str>, Client>>,
}

/// The databases of one attempt.
pub(crate) struct PostgresAttempt {
    pub(crate) timeout_clock: Option<TimeoutClock>,
    pub(crate) fresh: Mutex<Vec<(u32, Arc<str>)>>,
    /// The databases whose log lines are shown if the attempt fails.
    pub(crate) used: Mutex<Vec<Arc<str>>>,
    pub(crate) lane: Arc<PostgresLane>,
}

/// How to connect to this database.
pub(crate) fn config(at: &PostgresAt, name: &str) -> Result<Config, Error> {
    let mut config = match &at.address {
        Address::Given { url } => url.parse().map_err(|cause| failed("connect to", name, cause))?,
        Address::Ours { dir, port, password } => {
            let mut config = Config::new();
            match has_socket(dir) {
                true => config.host_path(dir),
                false => config.host("127.0.0.1"),
            };
            config.port(*port).user(USER).password(password);
            config
        }
    };
    config.dbname(name);
    Ok(config)
}

pub(crate) fn connect(at: &PostgresAt, name: &str) -> Result<Client, Error> {
    let config = config(at, name)?;
    off_runtime(|| config.connect(NoTls)).map_err(|cause| failed("connect to", name, cause))
}

/// Fails in an `async` test, because the driver has its own runtime.
pub(crate) fn refuse_on_runtime(what: &str, name: &str) -> Result<(), Error> {
    if is_on_runtime() {
        let why = "its connections are not for `async` tests; use another driver with `url()`";
        return Err(failed(what, name, why));
    }
    Ok(())
}

fn is_on_runtime() -> bool {
    tokio::runtime::Handle::try_current().is_ok()
}

/// `tried` as in "cannot {tried} the PostgreSQL database".
pub(crate) fn failed(tried: &str, name: &str, cause: impl Into<FixtureError>) -> Error {
    Error::database(format!("{tried} the PostgreSQL database {name}"), cause)
}

/// Runs `work` on a thread without a runtime: the driver has its own, and runtimes cannot be nested.
pub(crate) fn off_runtime<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if !is_on_runtime() {
        return work();
    }
    std::thread::scope(|scope| {
        let work = scope.spawn(work);
        work.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload))
    })
}

impl PostgresLane {
    pub(crate) fn idle(&self) -> MutexGuard<'_, HashMap<Arc<str>, Client>> {
        self.idle.lock_even_if_poisoned()
    }

    pub(crate) fn cleaners(&self) -> MutexGuard<'_, HashMap<Arc<str>, Client>> {
        self.cleaners.lock_even_if_poisoned()
    }
}

impl PostgresAttempt {
    pub(crate) fn fresh(&self) -> MutexGuard<'_, Vec<(u32, Arc<str>)>> {
        self.fresh.lock_even_if_poisoned()
    }

    pub(crate) fn used(&self) -> MutexGuard<'_, Vec<Arc<str>>> {
        self.used.lock_even_if_poisoned()
    }
}

impl Lease for Arc<PostgresAttempt> {
    fn close(self: Box<Self>, _: Cleanup) -> Result<Option<PathBuf>, Error> {
        for (generation, name) in std::mem::take(&mut *self.fresh()) {
            let reusable = (self.lane.idle().remove(&name), self.lane.cleaners().remove(&name));
            off_runtime(|| drop(reusable));
            let wish = DatabaseRequest::Drop { name: name.to_string() };
            // If that server has ended, its databases no longer exist.
            let _ = self.lane.to_keeper.ask(&FixtureRequest::Database { service: Service::Postgres, generation, wish });
        }
        Ok(None)
    }
}
