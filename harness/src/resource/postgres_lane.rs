//! What a worker, and what an attempt, has of a PostgreSQL server: connections, and databases that are dropped when it is over.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postgres::{Client, Config, NoTls};

use crate::model::error::Error;
use crate::model::lease::{Fate, Lease};
use crate::model::order::{Service, Wanted, Wish};
use crate::model::postgres_at::PostgresAt;
use crate::model::stopwatch::Stopwatch;
use crate::model::worker::Slot;
use crate::resource::keeper::ToKeeper;

/// What a worker has of the server.
pub(crate) struct Lane {
    pub(crate) to_keeper: Arc<ToKeeper>,
    pub(crate) slot: Slot,
    /// Connections that nobody uses now, by their database.
    pub(crate) idle: Mutex<HashMap<Arc<str>, Client>>,
    /// Connections that clean their database.
    pub(crate) cleaners: Mutex<HashMap<Arc<str>, Client>>,
}

/// What one attempt has.
pub(crate) struct Attempt {
    pub(crate) stopwatch: Option<Stopwatch>,
    pub(crate) fresh: Mutex<Vec<(u32, Arc<str>)>>,
    /// The databases of whose log lines somebody may want to know.
    pub(crate) used: Mutex<Vec<Arc<str>>>,
    pub(crate) lane: Arc<Lane>,
}

pub(crate) fn connect(at: &PostgresAt, name: &str) -> Result<Client, Error> {
    let mut config = Config::new();
    config.host(&at.host).port(at.port).user(&at.user).password(&at.password).dbname(name);
    off_runtime(|| config.connect(NoTls)).map_err(|cause| failed("connect to", name, &told(&cause)))
}

pub(crate) fn failed(tried: &str, name: &str, why: &str) -> Error {
    Error::io(format!("{tried} the PostgreSQL database {name}"), std::io::Error::other(why.to_owned()))
}

/// What the server has said, and not only that it has said something.
pub(crate) fn told(cause: &postgres::Error) -> String {
    std::error::Error::source(cause).map_or_else(|| cause.to_string(), |source| format!("{cause}: {source}"))
}

/// On a thread where no runtime is: the driver has one of its own, and there can be only one.
pub(crate) fn off_runtime<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if tokio::runtime::Handle::try_current().is_err() {
        return work();
    }
    std::thread::scope(|scope| {
        let work = scope.spawn(work);
        work.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload))
    })
}

impl Lane {
    pub(crate) fn idle(&self) -> MutexGuard<'_, HashMap<Arc<str>, Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn cleaners(&self) -> MutexGuard<'_, HashMap<Arc<str>, Client>> {
        self.cleaners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    pub(crate) fn fresh(&self) -> MutexGuard<'_, Vec<(u32, Arc<str>)>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn used(&self) -> MutexGuard<'_, Vec<Arc<str>>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease for Arc<Attempt> {
    fn close(self: Box<Self>, _: Fate) -> Result<Option<PathBuf>, Error> {
        for (generation, name) in std::mem::take(&mut *self.fresh()) {
            self.lane.idle().remove(&name);
            let wish = Wish::Drop { name: name.to_string() };
            // If that server has ended, the database has, too.
            let _ = self.lane.to_keeper.ask(&Wanted::Database { service: Service::Postgres, generation, wish });
        }
        Ok(None)
    }
}
