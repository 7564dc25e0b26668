//! The PostgreSQL database of a worker, and those of its tests.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use postgres::Client;

use crate::database::postgres::lock_waits::count_waiting;
use crate::database::postgres::rollback::{BEGIN, Rollback};
use crate::database::postgres::template::{Migration, PgTemplate, cleaning};
use crate::database::postgres::worker_database::{
    PostgresAttempt, PostgresLane, connect, failed, off_runtime, refuse_on_runtime,
};
use crate::fixture::context::{Fixture, FixtureContext};
use crate::fixture::timeout_clock::TimeoutClock;
use crate::model::error::{Error, FixtureResult};
use crate::model::hash::fnv;
use crate::model::postgres_endpoint::PostgresAt;
use crate::model::protocol::{DatabaseRequest, FixtureRequest, Service};
use crate::model::worker::Slot;
use crate::os::file_lock::{FileLock, Mode};
use crate::os::process_counts;
use crate::process::fixture_server_client::{FixtureServerClient, for_server};
use crate::process::service_process;

/// A PostgreSQL database that belongs to this worker. A fixture. Needs the feature `postgres`; Linux only.
///
/// The first test that takes one starts a server for the whole run, under cargo-nextest too. The server ends with the run, even if the run
/// is killed. It listens on a private socket and on a port of 127.0.0.1, writes nothing to the disk if there is a file system in memory,
/// and if root runs the tests, it runs as the user `postgres`, or as `nobody` if the system has no user `postgres`.
///
/// The server's programs must be installed (`apt-get install postgresql`). If they are not found, set `SWIMLANES_POSTGRES_BIN` to their
/// directory. To use a running server instead, set `SWIMLANES_POSTGRES_URL`, or a `DATABASE_URL` of PostgreSQL; the user in the URL must be
/// allowed to create databases. If a run is killed, the next run drops its databases on that server. If there are neither programs nor a
/// URL, the test is skipped. It fails if `SWIMLANES_REQUIRE_SERVICES` is set, as it should be in CI.
///
/// Tests on the same worker share this database and see the rows that earlier tests wrote. A test that needs isolation calls one of these
/// methods, the cheapest first (medians on 2 cores, release build, 10 tables):
///
/// | | what the test gets | costs |
/// |---|---|---|
/// | [`rollback`](Postgres::rollback) | a connection in a transaction that is never committed | 0.2 to 0.4 ms |
/// | [`clean`](Postgres::clean) | the worker's database, without the rows of earlier tests | 1.3 to 1.4 ms |
/// | [`fresh_with_template`](Postgres::fresh_with_template) | a new copy | 0.1 ms if made in advance, else 10 to 13; 2 more to connect |
///
/// If only rows have changed in a test's copy, the copy is recycled in the background after the test and becomes the copy of a later test.
/// Recycling requires PostgreSQL 14 or later, a server user that is a superuser, and a copy without open connections. Any other copy is
/// dropped. A connection of the harness, named `swimlanes`, may stay open in a recycled copy for up to half a second. Operations that need
/// exclusive access, such as renaming or copying the database, wait that long.
///
/// ```
/// use swimlanes::prelude::*;
/// use swimlanes::Postgres;
///
/// #[swimlanes::test]
/// fn stores(db: Postgres) -> Result<(), Box<dyn std::error::Error>> {
///     // With sqlx: PgPool::connect(&db.url()).
///     let answer: i32 = db.connect()?.query_one("SELECT 42", &[])?.get(0);
///     assert_eq!(answer, 42);
///     Ok(())
/// }
/// # fn main() {}
/// ```
///
/// The tests of a worker may open [`connections`](Postgres::connections) at once: 25 if swimlanes started the server. If your own server
/// allows too few for all workers, an error reports it before a test uses the server. Tests that need more declare it with
/// `shared_resource("postgres", n = 30)` and `swimlanes::resource!("postgres", capacity = 90)`, which limits how many of them run at once.
#[derive(Clone)]
pub struct Postgres {
    at: Arc<PostgresAt>,
    name: Arc<str>,
    /// The template that this database is a copy of.
    template: Option<&'static PgTemplate>,
    lane: Arc<PostgresLane>,
    attempt: Arc<PostgresAttempt>,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Postgres {
    /// The URL of the database for sqlx, Diesel, SeaORM and libpq. It uses the server's socket; for TCP, see
    /// [`tcp_url`](Postgres::tcp_url).
    #[must_use]
    pub fn url(&self) -> String {
        self.at.url(&self.name)
    }

    /// The URL over TCP (127.0.0.1), with a password, for drivers that cannot use a socket.
    #[must_use]
    pub fn tcp_url(&self) -> String {
        self.at.tcp_url(&self.name)
    }

    /// The name of the database.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version that the server reports.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.at.version
    }

    /// How many connections the tests of one worker may have open at once. Within this limit, no worker is refused a connection. On a
    /// server that swimlanes started it is 25. On your own server it is this worker's share of the connections that were free when the run
    /// began, at most 25. Limit pools to it, for instance with sqlx's `PgPoolOptions::new().max_connections(db.connections())`.
    ///
    /// ```
    /// use swimlanes::prelude::*;
    /// use swimlanes::Postgres;
    ///
    /// #[swimlanes::test]
    /// fn has_several_connections(db: Postgres) -> Result<(), Box<dyn std::error::Error>> {
    ///     let n = db.connections().min(3);
    ///     let pool = (0..n).map(|_| db.connect()).collect::<Result<Vec<_>, _>>()?;
    ///     assert!(!pool.is_empty());
    ///     Ok(())
    /// }
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.at.connections
    }

    /// The server's log file. Its last lines are shown with a test that fails. `None` if swimlanes did not start the server.
    #[must_use]
    pub fn log(&self) -> Option<PathBuf> {
        self.at.log()
    }

    /// A connection, for tests that are not `async`.
    ///
    /// # Errors
    ///
    /// If the server refuses the connection, and in `async` tests.
    pub fn connect(&self) -> Result<Client, Error> {
        refuse_on_runtime("connect to", &self.name)?;
        connect(&self.at, &self.name)
    }

    /// Returns a function that counts the connections to this database that wait for a lock, as a race of the kit requires. The function
    /// uses a separate connection, and returns 0 if the server has ended.
    ///
    /// ```
    /// use swimlanes::prelude::*;
    ///
    /// #[swimlanes::test(timeout = "10s")]
    /// fn the_second_waits_for_the_first(db: Postgres) -> Result<(), Box<dyn std::error::Error>> {
    ///     let (mut first, mut second) = (db.connect()?, db.connect()?);
    ///     let mut waiting = db.lock_waiters()?; // for a race: Race::new(8).waiting(db.lock_waiters()?)
    ///     first.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(1)")?;
    ///     std::thread::scope(|scope| {
    ///         let second = scope.spawn(move || second.batch_execute("SELECT pg_advisory_xact_lock(1)"));
    ///         while waiting() == 0 {
    ///             std::thread::yield_now();
    ///         }
    ///         first.batch_execute("COMMIT")?;
    ///         second.join().expect("it does not panic")
    ///     })?;
    ///     Ok(())
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// If the server refuses the connection.
    pub fn lock_waiters(&self) -> Result<impl FnMut() -> usize + Send + use<>, Error> {
        count_waiting(connect(&self.at, &self.name)?).map_err(|cause| self.refused("count the lock waiters of", cause))
    }

    /// A connection in a transaction that is rolled back when the value is dropped. Connections are reused, so it costs only two queries.
    /// Do not use it for code that begins transactions itself, or that reads from other connections. If the test commits nevertheless, a
    /// note says so and the next test gets a new database. Not for `async` tests.
    ///
    /// # Errors
    ///
    /// If the server refuses the connection.
    pub fn rollback(&self) -> Result<Rollback, Error> {
        refuse_on_runtime("begin a transaction in", &self.name)?;
        let mut client = self.idle()?;
        client.batch_execute(BEGIN).map_err(|cause| self.refused("begin a transaction in", cause))?;
        let is_fresh = self.attempt.fresh().iter().any(|(_, name)| *name == self.name);
        let anew = DatabaseRequest::OfSlot {
            slot: self.lane.slot,
            key: self.template.map(|template| template.key()),
            anew: true,
        };
        let (service, generation) = (Service::Postgres, self.at.generation);
        let anew = (!is_fresh).then_some(FixtureRequest::Database { service, generation, wish: anew });
        Ok(Rollback::new(client, &self.name, &self.lane, anew))
    }

    /// Removes the rows that earlier tests wrote: it empties the tables that are empty in the template and resets the sequences. If
    /// anything else has changed (other rows, or tables), the database is replaced by a new copy. A database without a template is always
    /// replaced, because its original content is unknown.
    ///
    /// # Errors
    ///
    /// If the server reports an error.
    pub fn clean(self) -> Result<Self, Error> {
        if self.attempt.fresh().iter().any(|(_, name)| *name == self.name) {
            return Ok(self);
        }
        let key = self.template.map(|template| template.key());
        let clean = match &key {
            Some(key) => self.ask::<Option<String>>(DatabaseRequest::Template { key: key.clone() })?,
            None => None,
        };
        if let Some(clean) = clean
            && let Ok(cleaner) = self.cleaned(&clean)
        {
            self.lane.cleaners().insert(Arc::clone(&self.name), cleaner);
            return Ok(self);
        }
        let idle = self.lane.idle().remove(&self.name);
        off_runtime(|| drop(idle));
        let name = self.ask(DatabaseRequest::OfSlot { slot: self.lane.slot, key, anew: true })?;
        Ok(self.at_database(name, self.template))
    }

    /// Uses a separate connection on which triggers and foreign keys are disabled, so rows can be deleted in any order.
    fn cleaned(&self, clean: &str) -> Result<Client, Error> {
        let before = self.lane.cleaners().remove(&self.name).filter(|client| !client.is_closed());
        let mut cleaner = match before {
            Some(cleaner) => cleaner,
            None => {
                let mut cleaner = process_counts::keep(|| connect(&self.at, &self.name))?;
                // Do not wait for locks of an earlier test: if they remain, a new copy is made.
                let prepare = format!(
                    "SET session_replication_role = replica; SET lock_timeout = '2s'; PREPARE clean AS {clean}"
                );
                off_runtime(|| cleaner.batch_execute(&prepare))
                    .map_err(|cause| self.refused("prepare to clean", cause))?;
                cleaner
            }
        };
        match off_runtime(|| cleaner.batch_execute("EXECUTE clean")) {
            Ok(()) => Ok(cleaner),
            Err(cause) => {
                off_runtime(|| drop(cleaner));
                Err(self.refused("clean", cause))
            }
        }
    }

    /// A new, empty database for this attempt of this test alone.
    ///
    /// # Errors
    ///
    /// If the server cannot create it.
    pub fn fresh(&self) -> Result<Self, Error> {
        self.fresh_of(None)
    }

    /// This worker's copy of the template. The worker's first test that asks for it makes it; the worker's later tests share it.
    ///
    /// # Errors
    ///
    /// If the template cannot be made or copied.
    pub fn with_template(&self, template: &'static PgTemplate) -> Result<Self, Error> {
        self.make(template)?;
        let key = Some(template.key());
        let name = self.ask(DatabaseRequest::OfSlot { slot: self.lane.slot, key, anew: false })?;
        Ok(self.at_database(name, Some(template)))
    }

    /// A new copy of the template for this attempt of this test alone.
    ///
    /// # Errors
    ///
    /// If the template cannot be made or copied.
    pub fn fresh_with_template(&self, template: &'static PgTemplate) -> Result<Self, Error> {
        self.make(template)?;
        self.fresh_of(Some(template))
    }

    fn fresh_of(&self, template: Option<&'static PgTemplate>) -> Result<Self, Error> {
        let name = self.ask(DatabaseRequest::Fresh { key: template.map(|template| template.key()) })?;
        let fresh = self.at_database(name, template);
        self.attempt.fresh().push((self.at.generation, Arc::clone(&fresh.name)));
        Ok(fresh)
    }

    fn at_database(&self, name: String, template: Option<&'static PgTemplate>) -> Self {
        let name: Arc<str> = name.into();
        self.attempt.used().push(Arc::clone(&name));
        Self { name, template, ..self.clone() }
    }

    /// Makes the template unless it exists. The first process of the run that needs it makes it.
    fn make(&self, template: &'static PgTemplate) -> Result<(), Error> {
        let key = template.key();
        let is_made =
            || Ok::<_, Error>(self.ask::<Option<String>>(DatabaseRequest::Template { key: key.clone() })?.is_some());
        if is_made()? {
            return Ok(());
        }
        let _standing = self.attempt.timeout_clock.as_ref().map(TimeoutClock::pause);
        let run_dir = self.lane.to_keeper.run_dir();
        let making = run_dir.dir()?.join(format!("pg-template-{:016x}.making", fnv(key.as_bytes())));
        let _lock = FileLock::take(run_dir.base(), &making, Mode::Exclusive)?;
        if is_made()? {
            return Ok(());
        }
        let name: String = self.ask(DatabaseRequest::NewTemplate { key: key.clone() })?;
        self.attempt.used().push(name.as_str().into());
        let (clean, renewal) = off_runtime(|| {
            let client = connect(&self.at, &name)?;
            let mut migration = Migration { client, url: self.at.url(&name) };
            (template.migrate)(&mut migration).map_err(|cause| failed("migrate", &name, cause))?;
            cleaning(&mut migration.client).map_err(|cause| failed("look at", &name, cause))
        })?;
        self.ask(DatabaseRequest::TemplateMade { key, clean, renewal })
    }

    fn idle(&self) -> Result<Client, Error> {
        match self.lane.idle().remove(&self.name).filter(|client| !client.is_closed()) {
            Some(client) => Ok(client),
            None => process_counts::keep(|| connect(&self.at, &self.name)),
        }
    }

    fn ask<T: serde::de::DeserializeOwned>(&self, wish: DatabaseRequest) -> Result<T, Error> {
        let request = FixtureRequest::Database { service: Service::Postgres, generation: self.at.generation, wish };
        for_server(&self.lane.to_keeper, &request)
    }

    fn refused(&self, tried: &str, cause: postgres::Error) -> Error {
        failed(tried, &self.name, cause)
    }
}

impl Fixture for Postgres {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let worker = setup.worker();
        let (slot, workers) = (u32::try_from(worker.slot())?, u32::try_from(worker.count())?);
        let slot = Slot(slot);
        let to_keeper = FixtureServerClient::of(setup)?;
        let lane = setup.worker_scope.values.get_or_make(|| {
            Ok::<_, Error>(PostgresLane {
                to_keeper: Arc::clone(&to_keeper),
                slot,
                idle: Mutex::default(),
                cleaners: Mutex::default(),
            })
        })?;
        // Starting the server does not count toward the test's timeout.
        let _standing = setup.timeout_clock.map(TimeoutClock::pause);
        let request = FixtureRequest::Server { service: Service::Postgres, slot: None, workers, dirty: None };
        let at: Arc<PostgresAt> = Arc::new(for_server(&to_keeper, &request)?);
        let wish = DatabaseRequest::OfSlot { slot, key: None, anew: false };
        let request = FixtureRequest::Database { service: Service::Postgres, generation: at.generation, wish };
        let name: String = for_server(&to_keeper, &request)?;
        let attempt = Arc::new(PostgresAttempt {
            timeout_clock: setup.timeout_clock.cloned(),
            fresh: Mutex::default(),
            used: Mutex::default(),
            lane: Arc::clone(&lane),
        });
        setup.leases.add(Arc::clone(&attempt));
        if let Some(log) = at.log() {
            let (from, prefix, attempt, own) =
                (service_process::length(&log), at.prefix.clone(), Arc::clone(&attempt), name.clone());
            setup.on_failure(move || {
                let is_others = |line: &&str| {
                    line.contains(&prefix)
                        && !line.contains(&own)
                        && !attempt.used().iter().any(|name| line.contains(&**name))
                };
                let log = service_process::tail(&log, from);
                let lines: Vec<&str> = log.lines().filter(|line| !is_others(line)).collect();
                if !lines.is_empty() {
                    eprintln!("---- log of the PostgreSQL server during the test ----\n{}", lines.join("\n"));
                }
            });
        }
        Ok(Self { at, name: name.into(), template: None, lane, attempt })
    }
}
