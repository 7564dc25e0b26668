//! The fixtures of the tests: a lane of the depot for each worker, and a server in it.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use swimlanes::prelude::*;
use tokio::net::TcpListener;
use worker_lanes::{Cache, Error, Parcel, Repository, Server, Settings};

use crate::client::Client;

/// The result of the tests, in which `?` converts all errors.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The settings of one worker, kept from test to test, like those of a process if each worker is one.
struct OfWorker(OnceLock<Arc<Cache>>);

#[swimlanes::fixture(scope = "worker")]
fn of_worker() -> OfWorker {
    OfWorker(OnceLock::new())
}

/// The depot of this worker: its own empty database, and its own settings, without cached values.
pub(crate) struct Lane {
    pub(crate) cache: Arc<Cache>,
    pub(crate) repository: Repository,
    pub(crate) db: Database,
    file: PathBuf,
}

#[swimlanes::fixture]
async fn lane(of_worker: &OfWorker, db: Database) -> FixtureResult<Lane> {
    let file = db.path().with_extension("conf");
    fs::write(&file, format!("database_url = {}\n", db.url()))?;
    let cache = Arc::clone(of_worker.0.get_or_init(|| Arc::new(Cache::new(&file))));
    cache.clear().await;
    let repository = Repository::open(&*cache.get().await?).await?;
    repository.clear().await?;
    Ok(Lane { cache, repository, db, file })
}

impl Lane {
    /// Adds these lines to the settings file. Settings that were already read do not change.
    pub(crate) fn write(&self, lines: &str) -> TestResult {
        Ok(fs::write(&self.file, format!("database_url = {}\n{lines}\n", self.db.url()))?)
    }

    /// The settings with these lines.
    pub(crate) async fn configured(&self, lines: &str) -> TestResult<Arc<Settings>> {
        self.write(lines)?;
        self.cache.clear().await;
        Ok(self.cache.get().await?)
    }

    /// Another connection to the same database.
    pub(crate) async fn another(&self) -> Result<Repository, Error> {
        Repository::open(&*self.cache.get().await?).await
    }
}

/// A server in the lane, on a port of this test. It ends with the runtime of the test.
pub(crate) struct Service {
    pub(crate) lane: Lane,
    pub(crate) server: Server,
}

#[swimlanes::fixture]
async fn service(lane: Lane, port: BoundPort) -> FixtureResult<Service> {
    let server = serve(&lane, listener(port)?, "").await.map_err(|error| error.to_string())?;
    Ok(Service { lane, server })
}

/// A server in the lane, with these lines of settings.
pub(crate) async fn serve(lane: &Lane, listener: TcpListener, lines: &str) -> TestResult<Server> {
    let settings = lane.configured(lines).await?;
    Ok(Server::start(listener, lane.repository.clone(), settings)?)
}

/// Converts the port to a listener of Tokio.
pub(crate) fn listener(port: BoundPort) -> std::io::Result<TcpListener> {
    let listener = port.into_listener();
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

impl Service {
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(crate) async fn client(&self) -> TestResult<Client> {
        Client::connect(self.address()).await
    }
}

/// A parcel with an arbitrary receiver and weight.
pub(crate) fn parcel(code: &str) -> Parcel {
    Parcel::new(code, "Ada", "Genoa", 500).expect("the code is one")
}
