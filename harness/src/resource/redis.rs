//! A Redis server for each worker.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use redis::{Client, Connection};

use crate::model::error::{Error, FixtureResult};
use crate::model::fixture::{Fixture, Setup};
use crate::model::order::{Service, Wanted};
use crate::model::redis_at::RedisAt;
use crate::model::stopwatch::Stopwatch;
use crate::model::worker::Slot;
use crate::platform::{census, daemon};
use crate::resource::keeper::{ToKeeper, of_server};

/// A Redis server of this worker's own, which is empty when the test begins. A fixture. Needs the feature `redis`; Linux.
///
/// It is started when the worker's first test asks (7 ms), serves all of them, under cargo-nextest too, and is emptied before each
/// (`FLUSHALL`, 0.04 ms; both measured on 2 cores), so keys, locks, scripts and functions of one test are never seen by another; what
/// `CONFIG SET` and `ACL` change stays, so a test that needs those is better off with a server that it starts itself. It writes nothing
/// to the disk, and is gone with the run, also when that is killed. It needs the program `redis-server` or `valkey-server`
/// (`apt-get install redis-server`), or `SWIMLANES_REDIS_BIN`, which names it. Where there is none, the test is skipped, or fails if the
/// variable `SWIMLANES_REQUIRE_SERVICES` is set, as it should be in CI.
///
/// ```
/// use swimlanes::prelude::*;
///
/// #[swimlanes::test]
/// fn counts(redis: Redis) -> Result<(), Box<dyn std::error::Error>> {
///     // With other clients, asynchronous ones too: `redis.url()`.
///     let mut connection = redis.connect()?;
///     let visits: u32 = redis::cmd("INCR").arg("visits").query(&mut connection)?;
///     assert_eq!(visits, 1);
///     Ok(())
/// }
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct Redis {
    at: Arc<RedisAt>,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("port", &self.at.port).finish_non_exhaustive()
    }
}

/// What a worker has of its server: the connection that empties it, and to which one that leads.
#[derive(Default)]
struct Lane(Mutex<Option<(u32, Connection)>>);

impl Redis {
    /// The server as clients name it, with its password, over TCP.
    #[must_use]
    pub fn url(&self) -> String {
        let RedisAt { port, password, .. } = &*self.at;
        format!("redis://:{password}@127.0.0.1:{port}/")
    }

    /// The same over the server's socket, for clients that can use one.
    #[must_use]
    pub fn socket_url(&self) -> String {
        let RedisAt { socket, password, .. } = &*self.at;
        format!("redis+unix://{}?pass={password}", socket.display())
    }

    /// The version of the server, as it says itself.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.at.version
    }

    /// Where the server writes what happens; the end of that is shown with a test that fails.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.at.log.clone()
    }

    /// A connection, for tests that are not `async`.
    ///
    /// # Errors
    ///
    /// When the server does not let anybody in.
    pub fn connect(&self) -> Result<Connection, Error> {
        let connected = Client::open(self.socket_url()).and_then(|client| client.get_connection());
        connected.map_err(|cause| failed("connect to", &cause))
    }

    fn empty(&self, lane: &Lane) -> Result<(), Error> {
        let mut kept = lane.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Scripts and functions are no keys; functions are there from version 7 on.
        let mut emptied = redis::pipe();
        emptied.cmd("FLUSHALL").arg("SYNC").ignore().cmd("SCRIPT").arg("FLUSH").ignore();
        if self.version().split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0) >= 7 {
            emptied.cmd("FUNCTION").arg("FLUSH").ignore();
        }
        // An earlier test may have closed it.
        if let Some((generation, mut connection)) = kept.take()
            && generation == self.at.generation
            && emptied.exec(&mut connection).is_ok()
        {
            *kept = Some((generation, connection));
            return Ok(());
        }
        let mut connection = census::keep(|| self.connect())?;
        emptied.exec(&mut connection).map_err(|cause| failed("empty", &cause))?;
        *kept = Some((self.at.generation, connection));
        Ok(())
    }
}

fn failed(tried: &str, cause: &redis::RedisError) -> Error {
    Error::io(format!("{tried} the Redis server of the worker"), std::io::Error::other(cause.to_string()))
}

impl Fixture for Redis {
    fn set_up(setup: &mut Setup<'_>) -> FixtureResult<Self> {
        let worker = setup.worker();
        let (slot, workers) = (u32::try_from(worker.slot())?, u32::try_from(worker.count())?);
        let lane = setup.of_worker.values.get_or_make(|| Ok::<_, Error>(Lane::default()))?;
        // Who has it started is not charged for that.
        let _standing = setup.stopwatch.map(Stopwatch::stand);
        let wanted = Wanted::Server { service: Service::Redis, slot: Some(Slot(slot)), workers };
        let to_keeper = ToKeeper::of(setup)?;
        let redis = Self { at: Arc::new(of_server(&to_keeper, &wanted)?) };
        redis.empty(&lane)?;
        let (log, from) = (redis.log(), daemon::length(&redis.at.log));
        setup.on_failure(move || {
            let log = daemon::tail(&log, from);
            if !log.is_empty() {
                eprintln!("---- what the Redis server has written meanwhile ----\n{}", log.trim_end());
            }
        });
        Ok(redis)
    }
}
