//! The DuckDB database of a worker, and databases in memory for each test.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use duckdb::Connection;

use crate::database::duckdb::instance::{InstanceHandle, failed};
use crate::fixture::context::{Fixture, FixtureContext};
use crate::fixture::timeout_clock::TimeoutClock;
use crate::lane::worker_lane::Lane;
use crate::model::error::{Error, FixtureResult};
use crate::model::lease::{Cleanup, Lease};
use crate::model::mutex::MutexExt;
use crate::os::process_counts;

/// A DuckDB database in a file that belongs to this worker. A fixture. Needs the feature `duckdb`.
///
/// The first test that takes this opens the file, once in each process; it is closed when the worker ends. All tests of the worker
/// [connect](Self::connect) to that one instance, so they see the data of earlier tests. [`DuckDb::fresh`] is a database for this
/// test alone.
///
/// ```no_run
/// use swimlanes::prelude::*;
///
/// #[swimlanes::test]
/// fn a_new_shop_is_empty(db: DuckDb) -> Result<(), Box<dyn std::error::Error>> {
///     let shop = db.fresh()?.connect()?;
///     shop.execute_batch("CREATE TABLE item (name TEXT PRIMARY KEY)")?;
///     let items: i64 = shop.query_row("SELECT count(*) FROM item", [], |row| row.get(0))?;
///     assert_eq!(items, 0);
///     Ok(())
/// }
/// # fn main() {}
/// ```
///
/// # One instance for each file
///
/// DuckDB allows only one process to open a file. That process can open it again, but the two instances do not see each other's rows,
/// and DuckDB does not report this.
///
/// **Warning:** never open [`path`](Self::path) a second time with `Connection::open` of the crate `duckdb`, because swimlanes cannot
/// detect it. [`DuckDb::open`] checks whether the file is open already.
///
/// Opening the file takes 14 ms. Its commits are written to the disk (0.8 to 4 ms each); commits in memory take 0.5 ms. An instance
/// has one thread for each core of the machine, and may use most of the memory. With many workers, run `SET threads` in a fixture
/// with the scope `worker`.
///
/// # The library
///
/// The feature links a shared `libduckdb`, which must be installed: nothing is built from C++. It must be the version that the crate
/// `duckdb` was made for, 1.5.6. If the build may download it from GitHub, one variable in `.cargo/config.toml` suffices:
///
/// ```toml
/// [env]
/// DUCKDB_DOWNLOAD_LIB = "1"
/// ```
///
/// Otherwise, take it from an npm package; for systems other than Linux on x86-64, the package name ends in `linux-arm64`,
/// `darwin-arm64` or `darwin-x64`. `cargo swimlanes setup duckdb` does the same:
///
/// ```console
/// $ npm pack @duckdb/node-bindings-linux-x64@1.5.6-r.1
/// $ mkdir -p target/duckdb && tar -xzf duckdb-*.tgz -C target/duckdb --strip-components 1
/// ```
///
/// ```toml
/// # .cargo/config.toml: the directory of the library at link time.
/// [env]
/// DUCKDB_LIB_DIR = { value = "target/duckdb", relative = true }
/// ```
///
/// ```no_run
/// // build.rs of the package with the tests: the directory of the library at run time. (LD_LIBRARY_PATH in `[env]` has no effect.)
/// println!("cargo::rustc-link-arg=-Wl,-rpath,{}/target/duckdb", env!("CARGO_MANIFEST_DIR"));
/// ```
///
/// Loading the library takes 11 ms at each start of a process, so under cargo-nextest in each test. With `--isolation test`, the
/// forked processes inherit it.
///
/// Connections are those of the crate `duckdb`. A suite that names the crate's types depends on it as swimlanes does: version
/// `=1.10506.0`, `default-features = false`.
#[derive(Clone)]
pub struct DuckDb {
    pub(crate) handle: Arc<InstanceHandle>,
    /// The name of the database in memory. `None`: the database in the file.
    pub(crate) catalog: Option<Arc<str>>,
    pub(crate) attempt: Option<Arc<DuckDbAttempt>>,
}

impl fmt::Debug for DuckDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DuckDb").field("path", &self.handle.path()).field("in_memory", &self.catalog).finish()
    }
}

/// The databases of one attempt.
pub(crate) struct DuckDbAttempt {
    handle: Arc<InstanceHandle>,
    /// Databases in memory, by their names.
    attached: Mutex<Vec<Arc<str>>>,
    /// The clock of the attempt's time limit.
    pub(crate) timeout_clock: Option<TimeoutClock>,
}

impl DuckDb {
    /// Opens another file, for instance in a [`TestDir`](crate::TestDir), and creates it if it does not exist.
    ///
    /// A file that a `DuckDb` of this process has open is not opened again: the new value uses the same instance, even if the path is
    /// a different one. The file is closed when the last `DuckDb` and the last connection to it are dropped.
    ///
    /// ```no_run
    /// use swimlanes::prelude::*;
    ///
    /// #[swimlanes::test]
    /// fn report_reads_the_shop(dir: TestDir) -> Result<(), Box<dyn std::error::Error>> {
    ///     let path = dir.path().join("shop.duckdb");
    ///     let shop = DuckDb::open(&path)?;
    ///     shop.connect()?.execute_batch("CREATE TABLE item AS SELECT 'tea' AS name")?;
    ///     let again = DuckDb::open(&path)?.connect()?;
    ///     assert_eq!(again.query_row("SELECT name FROM item", [], |row| row.get::<_, String>(0))?, "tea");
    ///     Ok(())
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// If DuckDB cannot open the file, for instance because another process has it open. On Linux also if this process has the file
    /// open in another way: with `Connection::open` of the crate `duckdb`, through a connection that has outlived its `DuckDb`, or as
    /// an ordinary file. If the file is opened in such a way later, swimlanes cannot detect it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { handle: Arc::new(InstanceHandle::open(path)?), catalog: None, attempt: None })
    }

    /// Opens a connection to the database.
    ///
    /// # Errors
    ///
    /// If DuckDB refuses the connection, or the worker has ended.
    pub fn connect(&self) -> Result<Connection, Error> {
        self.handle.with(|root| root.connect(self.catalog.as_deref()).map_err(|cause| self.failed("connect to", cause)))
    }

    /// A new, empty database in memory, for this attempt of this test alone. It is removed when the attempt ends. If this value came
    /// from [`DuckDb::open`], the new database is removed when the instance is closed.
    ///
    /// The database is attached to the worker's instance, and its connections select it with `USE`, which takes 0.3 ms; a separate
    /// instance would take 14 ms. It therefore shares the state of that instance: settings (`SET GLOBAL`), loaded extensions,
    /// secrets, memory limit and threads, and the list of attached databases. The name of the database is generated, so names in SQL
    /// must not be qualified with a database.
    ///
    /// # Errors
    ///
    /// If DuckDB cannot create it.
    pub fn fresh(&self) -> Result<Self, Error> {
        let name =
            self.handle.with(|root| root.attach("fresh").map_err(|cause| self.failed("attach another to", cause)))?;
        if let Some(attempt) = &self.attempt {
            attempt.attached.lock_even_if_poisoned().push(Arc::clone(&name));
        }
        Ok(self.at(name))
    }

    /// The absolute path of the file. `None` for a database in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.catalog.is_none().then(|| self.handle.path())
    }

    /// The URL of the file for drivers that support several databases: `duckdb:///path`. `None` for a database in memory.
    ///
    /// Use it in another process after this one has closed the file. In this process it would open a second instance.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        // These characters would end the path, or begin an encoded character.
        let encoded = |path: &Path| path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        self.path().map(|path| format!("duckdb://{}", encoded(path)))
    }

    /// The version that the library reports: `v1.5.6`.
    ///
    /// # Errors
    ///
    /// If DuckDB refuses the connection or the query.
    pub fn version(&self) -> Result<String, Error> {
        self.connect()?.version().map_err(|cause| self.failed("ask for the version of", cause))
    }

    /// The database of this name on the same instance.
    pub(crate) fn at(&self, name: Arc<str>) -> Self {
        Self { handle: Arc::clone(&self.handle), catalog: Some(name), attempt: self.attempt.clone() }
    }

    /// `tried` as in "cannot {tried} the DuckDB database".
    fn failed(&self, tried: &'static str, cause: duckdb::Error) -> Error {
        failed(tried, self.handle.which(self.catalog.as_deref()), cause)
    }
}

impl Lease for Arc<DuckDbAttempt> {
    fn close(self: Box<Self>, _: Cleanup) -> Result<Option<PathBuf>, Error> {
        let attached = std::mem::take(&mut *self.attached.lock_even_if_poisoned());
        let detach = |name: &Arc<str>| {
            let failed = |cause| failed("detach", self.handle.which(Some(name)), cause);
            self.handle.with(|root| root.detach(name).map_err(failed))
        };
        // If one database cannot be detached, the others still are.
        let detached: Vec<_> = attached.iter().map(detach).collect();
        detached.into_iter().collect::<Result<(), Error>>().map(|()| None)
    }
}

/// The instance of a worker.
struct WorkerDuckDb(Arc<InstanceHandle>);

impl Lease for WorkerDuckDb {
    fn close(self: Box<Self>, _: Cleanup) -> Result<Option<PathBuf>, Error> {
        // An abandoned test may still use it, and the directory is about to be removed.
        self.0.close();
        Ok(None)
    }
}

impl Fixture for DuckDb {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let worker_scope = setup.once_per_worker(|setup| -> FixtureResult<WorkerDuckDb> {
            let path = Lane::of(setup)?.root()?.join("worker.duckdb");
            // The leak check must ignore the write-ahead log: the first test that writes opens it, and so do tests after a
            // checkpoint.
            process_counts::exclude(&path);
            let handle = Arc::new(InstanceHandle::open(&path)?);
            // The file is removed after it is closed, so a checkpoint would waste 10 ms.
            let unhurried = |cause| failed("set up", handle.which(None), cause);
            handle.with(|root| root.execute("PRAGMA disable_checkpoint_on_shutdown").map_err(unhurried))?;
            setup.leases.add(WorkerDuckDb(Arc::clone(&handle)));
            Ok(WorkerDuckDb(handle))
        })?;
        let handle = Arc::clone(&worker_scope.0);
        let attempt = Arc::new(DuckDbAttempt {
            handle: Arc::clone(&handle),
            attached: Mutex::default(),
            timeout_clock: setup.timeout_clock.cloned(),
        });
        setup.leases.add(Arc::clone(&attempt));
        Ok(Self { handle, catalog: None, attempt: Some(attempt) })
    }
}
