//! A Redis server for each worker. Feature `redis`; Linux.
//!
//! A test takes [`Redis`]. There is no template, because filling a server with data through the driver is as fast as copying the data would
//! be.
//!
//! # Driver
//!
//! [`redis`](crate::redis::redis) is the driver of [`Redis::connect`]: the crate `redis`, version 1. A suite that names its types can use
//! this re-export instead of its own dependency on the driver. Every other client works with [`Redis::url`]. A change to `redis` 2 will be
//! a breaking release of swimlanes.
//!
//! The server must be Redis 6 or later, or Valkey.

pub(crate) mod server;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

pub use ::redis;
use redis::{Client, Connection};

use crate::fixture::context::{Fixture, FixtureContext};
use crate::fixture::timeout_clock::TimeoutClock;
use crate::model::error::FixtureResult;
pub use crate::model::error::{Error, ErrorKind};
use crate::model::mutex::MutexExt;
use crate::model::protocol::{FixtureRequest, Service};
use crate::model::redis_endpoint::RedisAt;
use crate::model::worker::Slot;
use crate::os::process_counts;
use crate::process::fixture_server_client::{FixtureServerClient, for_server};
use crate::process::service_process;

/// A Redis server that belongs to this worker and is empty when the test begins. A fixture. Needs the feature `redis`; Linux only.
///
/// The worker's first test that takes it starts the server (7 ms), under cargo-nextest too. The server is emptied before each test (0.1 ms;
/// both measured on 2 cores), so a test never sees keys, locks, scripts or functions of another test. If a test changed the server itself,
/// for instance with `CONFIG SET` or `ACL`, the next test gets a new server. The server writes nothing to the disk, and ends with the run,
/// even if the run is killed.
///
/// The program `redis-server` or `valkey-server` must be installed (`apt-get install redis-server`), or `SWIMLANES_REDIS_BIN` must be the
/// path of one. If there is none, the test is skipped. It fails if `SWIMLANES_REQUIRE_SERVICES` is set, as it should be in CI.
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

/// The connection that empties the worker's server, with the generation of the server that it is connected to.
#[derive(Default)]
struct RedisLane(Mutex<Option<(u32, Connection)>>);

impl Redis {
    /// The URL of the server over TCP, with its password.
    #[must_use]
    pub fn url(&self) -> String {
        let RedisAt { port, password, .. } = &*self.at;
        format!("redis://:{password}@127.0.0.1:{port}/")
    }

    /// The URL over the server's socket, for clients that can use one. If the path of the temporary directory is too long for a socket,
    /// this is [`url`](Redis::url).
    #[must_use]
    pub fn socket_url(&self) -> String {
        let RedisAt { socket, password, .. } = &*self.at;
        match socket {
            Some(socket) => format!("redis+unix://{}?pass={password}", socket.display()),
            None => self.url(),
        }
    }

    /// The version that the server reports.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.at.version
    }

    /// The server's log file. Its last lines are shown with a test that fails.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.at.log.clone()
    }

    /// A connection, for tests that are not `async`.
    ///
    /// # Errors
    ///
    /// If the server refuses the connection.
    pub fn connect(&self) -> Result<Connection, Error> {
        let connected = Client::open(self.socket_url()).and_then(|client| client.get_connection());
        connected.map_err(|cause| failed("connect to", cause))
    }

    /// Empties the server. Returns `false` if earlier tests have changed more than keys, so the server must be replaced.
    fn empty(&self, lane: &RedisLane) -> Result<bool, Error> {
        let mut kept = lane.0.lock_even_if_poisoned();
        // `FLUSHALL` does not remove scripts and functions. Functions exist since version 7.
        let mut emptied = redis::pipe();
        emptied.cmd("FLUSHALL").arg("SYNC").ignore().cmd("SCRIPT").arg("FLUSH").ignore();
        if self.version().split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0) >= 7 {
            emptied.cmd("FUNCTION").arg("FLUSH").ignore();
        }
        emptied.cmd("INFO").arg("commandstats");
        // An earlier test may have closed the connection.
        if let Some((generation, mut connection)) = kept.take()
            && generation == self.at.generation
            && let Ok((used,)) = emptied.query::<(String,)>(&mut connection)
        {
            *kept = Some((generation, connection));
            return Ok(!has_changed(&used));
        }
        let mut connection = process_counts::keep(|| self.connect())?;
        let (used,): (String,) = emptied.query(&mut connection).map_err(|cause| failed("empty", cause))?;
        *kept = Some((self.at.generation, connection));
        Ok(!has_changed(&used))
    }
}

/// Whether commands were used that change the server and not only its data, according to its command statistics. Before version 7 these do
/// not count subcommands separately, so a command that only reads the configuration counts as a change, too.
fn has_changed(used: &str) -> bool {
    let mut commands = used.lines().filter_map(|line| Some(line.strip_prefix("cmdstat_")?.split_once(':')?.0));
    commands.any(|command| match command.split_once('|') {
        Some(("config", what)) => !matches!(what, "get" | "help"),
        Some(("acl", what)) => matches!(what, "setuser" | "deluser" | "load" | "log"),
        Some(("client", what)) => what == "pause",
        Some((command, _)) => matches!(command, "module" | "debug"),
        None => matches!(command, "config" | "acl" | "module" | "debug" | "replicaof" | "slaveof" | "failover"),
    })
}

fn failed(tried: &str, cause: redis::RedisError) -> Error {
    Error::database(format!("{tried} the Redis server of the worker"), cause)
}

impl Fixture for Redis {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let worker = setup.worker();
        let (slot, workers) = (u32::try_from(worker.slot())?, u32::try_from(worker.count())?);
        let lane = setup.worker_scope.values.get_or_make(|| Ok::<_, Error>(RedisLane::default()))?;
        // Starting the server does not count toward the test's timeout.
        let _standing = setup.timeout_clock.map(TimeoutClock::pause);
        let to_keeper = FixtureServerClient::of(setup)?;
        let server = |dirty| {
            let request = FixtureRequest::Server { service: Service::Redis, slot: Some(Slot(slot)), workers, dirty };
            for_server(&to_keeper, &request).map(|at| Self { at: Arc::new(at) })
        };
        let mut redis: Self = server(None)?;
        // A test may also have changed the permissions so that every command is refused.
        if !redis.empty(&lane).unwrap_or(false) {
            redis = server(Some(redis.at.generation))?;
            redis.empty(&lane)?;
        }
        let (log, from) = (redis.log(), service_process::length(&redis.at.log));
        setup.on_failure(move || {
            let log = service_process::tail(&log, from);
            if !log.is_empty() {
                eprintln!("---- log of the Redis server during the test ----\n{}", log.trim_end());
            }
        });
        Ok(redis)
    }
}

#[cfg(test)]
mod tests {
    use super::has_changed;

    #[track_caller]
    fn check(commands: &str, expected: bool) {
        let line = |command: &str| format!("cmdstat_{command}:calls=1,usec=2,usec_per_call=2.00\r\n");
        let used = format!("# Commandstats\r\n{}", commands.split_whitespace().map(line).collect::<String>());
        assert_eq!(has_changed(&used), expected, "{commands}");
    }

    #[test]
    fn commands_that_flush_cannot_undo_need_a_new_server() {
        check("", false);
        check("get set flushall script|flush config|get acl|whoami client|setinfo info", false);
        check("get config|set", true);
        check("config|resetstat", true);
        check("acl|setuser", true);
        check("client|pause", true);
        check("replicaof", true);
        // As version 6 reports it.
        check("config", true);
        check("client script", false);
    }
}
