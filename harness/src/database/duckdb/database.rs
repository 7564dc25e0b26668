//! A DuckDB database of the worker's own, and databases in memory for each test.

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

/// A DuckDB database of this worker's own, in a file. A fixture. Needs the feature `duckdb`.
///
/// The file is opened once in each process, by the first test that takes this, and closed when the worker ends; all tests of
/// the worker have [connections](Self::connect) to that one instance, so they find what earlier ones left in it.
/// [`DuckDb::fresh`] is a database for this test alone.
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
/// # What a file's instance is
///
/// DuckDB lets one process have a file open, and keeps others out. In that process it can be opened again, and nobody says that
/// the two instances do not see each other's rows. So never open [`path`](Self::path) a second time with duckdb's own
/// `Connection::open`: nothing here can notice that. [`DuckDb::open`] looks whether the file is open already.
///
/// The file itself is opened in 14 ms, and its commits go to the disk (0.8 to 4 ms each); in memory they take 0.5 ms. An instance
/// has a thread for each core of the machine, and may use most of the memory: where workers are many, `SET threads` in what
/// the suite makes once for a worker.
///
/// # The library
///
/// The feature links a shared `libduckdb`, which somebody has to put there: nothing is built from C++. It must be the version
/// that the crate `duckdb` was made for, 1.5.6. Where the build may load it from GitHub, one variable in `.cargo/config.toml`
/// is all:
///
/// ```toml
/// [env]
/// DUCKDB_DOWNLOAD_LIB = "1"
/// ```
///
/// Elsewhere it is in a package of npm; for other systems than Linux on x86-64 the package ends in `linux-arm64`, `darwin-arm64` or
/// `darwin-x64`. Where the xtask calls `swimlanes_xtask::main`, `cargo xtask setup duckdb` does the same:
///
/// ```console
/// $ npm pack @duckdb/node-bindings-linux-x64@1.5.6-r.1
/// $ mkdir -p target/duckdb && tar -xzf duckdb-*.tgz -C target/duckdb --strip-components 1
/// ```
///
/// ```toml
/// # .cargo/config.toml: where it is when something is linked.
/// [env]
/// DUCKDB_LIB_DIR = { value = "target/duckdb", relative = true }
/// ```
///
/// ```no_run
/// // build.rs of the package with the tests: where it is when they run. (LD_LIBRARY_PATH below `[env]` does not come through.)
/// println!("cargo::rustc-link-arg=-Wl,-rpath,{}/target/duckdb", env!("CARGO_MANIFEST_DIR"));
/// ```
///
/// To load it takes 11 ms at each start of a process, so under cargo-nextest for each test; the copies of `--isolation test` have it.
///
/// A connection is one of the crate `duckdb`; a suite that names its types depends on it as swimlanes does: version `=1.10506.0`,
/// `default-features = false`.
#[derive(Clone)]
pub struct DuckDb {
    pub(crate) handle: Arc<InstanceHandle>,
    /// The database in memory that it is; `None`: the file.
    pub(crate) catalog: Option<Arc<str>>,
    pub(crate) attempt: Option<Arc<DuckDbAttempt>>,
}

impl fmt::Debug for DuckDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DuckDb").field("path", &self.handle.path()).field("in_memory", &self.catalog).finish()
    }
}

/// What one attempt has for itself.
pub(crate) struct DuckDbAttempt {
    handle: Arc<InstanceHandle>,
    /// Databases in memory, by their names.
    attached: Mutex<Vec<Arc<str>>>,
    /// The clock of the attempt's time limit.
    pub(crate) timeout_clock: Option<TimeoutClock>,
}

impl DuckDb {
    /// A file of the test's own, in a [`TestDir`](crate::TestDir) for instance; made if it is not there.
    ///
    /// A file that a `DuckDb` of this process has open is not opened again: this is then a use of the same instance, by whatever
    /// path. It is closed when the last of them, and of their connections, is dropped.
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
    /// When DuckDB cannot open it: another process has it open, for instance. On Linux also when this process has the file open
    /// in another way: by duckdb's own `Connection::open`, by a connection that has outlived its `DuckDb`, or as any file is
    /// opened. What opens the file after this cannot be seen.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { handle: Arc::new(InstanceHandle::open(path)?), catalog: None, attempt: None })
    }

    /// Another connection to it.
    ///
    /// # Errors
    ///
    /// When DuckDB refuses it, or the worker is over.
    pub fn connect(&self) -> Result<Connection, Error> {
        self.handle.with(|root| root.connect(self.catalog.as_deref()).map_err(|cause| self.failed("connect to", cause)))
    }

    /// Another database, empty and in memory, for this attempt of this test alone. It is gone when the attempt is over; one that is
    /// made from what [`DuckDb::open`] has opened, when that is closed.
    ///
    /// It is attached to the worker's instance, and its connections have `USE` done on it, which takes 0.3 ms; an instance of
    /// its own would take 14 ms. So it shares with that what belongs to an instance: settings (`SET GLOBAL`), extensions that
    /// were loaded, secrets, memory limit and threads, and the list of attached databases. Its name is not known before, so
    /// names in SQL stay without that of a database.
    ///
    /// # Errors
    ///
    /// When DuckDB cannot make it.
    pub fn fresh(&self) -> Result<Self, Error> {
        let name =
            self.handle.with(|root| root.attach("fresh").map_err(|cause| self.failed("attach another to", cause)))?;
        if let Some(attempt) = &self.attempt {
            attempt.attached.lock_even_if_poisoned().push(Arc::clone(&name));
        }
        Ok(self.at(name))
    }

    /// The absolute path of the file. `None` if it is in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.catalog.is_none().then(|| self.handle.path())
    }

    /// The file as drivers for several databases name it: `duckdb:///path`. `None` if it is in memory.
    ///
    /// For another process, once this one has closed it; in this one it would be opened a second time.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        // The characters that would end the path, or be taken for the start of an encoded one.
        let encoded = |path: &Path| path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        self.path().map(|path| format!("duckdb://{}", encoded(path)))
    }

    /// The version of the library, as it says itself: `v1.5.6`.
    ///
    /// # Errors
    ///
    /// When it does not answer.
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
        // What cannot be detached keeps none of the others.
        let detached: Vec<_> = attached.iter().map(detach).collect();
        detached.into_iter().collect::<Result<(), Error>>().map(|()| None)
    }
}

/// The instance of a worker.
struct WorkerDuckDb(Arc<InstanceHandle>);

impl Lease for WorkerDuckDb {
    fn close(self: Box<Self>, _: Cleanup) -> Result<Option<PathBuf>, Error> {
        // A test that was left behind may use it still, and the directory is about to be removed.
        self.0.close();
        Ok(None)
    }
}

impl Fixture for DuckDb {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let worker_scope = setup.once_per_worker(|setup| -> FixtureResult<WorkerDuckDb> {
            let path = Lane::of(setup)?.root()?.join("worker.duckdb");
            // Its log is opened by the first test that writes, and by others after each checkpoint.
            process_counts::exclude(&path);
            let handle = Arc::new(InstanceHandle::open(&path)?);
            // It is removed as soon as it is closed; a checkpoint would take 10 ms.
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
