//! What the tests take: a lane of the depot for each worker, and a server in it.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use swimlanes::prelude::*;
use tokio::net::TcpListener;
use worker_lanes::{Cache, Error, Parcel, Repository, Server, Settings};

use crate::client::Client;

/// What the tests return, to use `?` on everything.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The settings of one worker, kept from test to test, as those of a process are where each worker is one.
struct OfWorker(OnceLock<Arc<Cache>>);

#[swimlanes::fixture(scope = "worker")]
fn of_worker() -> OfWorker {
    OfWorker(OnceLock::new())
}

/// The depot of this worker: its own database, empty, and its own settings, read anew.
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
    /// Adds these lines to the file of settings. Whoever has read it does not see them.
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

/// A server in the lane, on a port of this test's own. It is gone with the runtime of the test.
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

/// As Tokio wants it.
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

/// A parcel whose receiver and weight do not matter.
pub(crate) fn parcel(code: &str) -> Parcel {
    Parcel::new(code, "Ada", "Genoa", 500).expect("the code is one")
}
