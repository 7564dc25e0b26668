//! The database file of a worker.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use once_cell::sync::OnceCell;

use crate::fixture::context::{Fixture, FixtureContext};
use crate::lane::database_file;
use crate::lane::temp_dir::LeasedDir;
use crate::lane::worker_lane::Lane;
use crate::model::config::Keep;
use crate::model::error::{Error, FixtureResult};
use crate::model::lease::{Cleanup, Lease};

/// A database file that belongs to this worker. A fixture.
///
/// Tests on the same worker share the file and see the data of earlier tests; tests on other workers and in other runs
/// never do. This is like one database for each pytest-xdist worker. [`Database::fresh`] is a database for this test
/// alone. The fixture does not create the file, so it can be of any kind that creates its file by itself, for instance
/// SQLite or DuckDB. It is removed when the worker ends.
///
/// With the feature `sqlite`, it can start as a copy of a migrated `Template`, and `connect` opens a connection.
///
/// ```
/// use swimlanes::prelude::*;
///
/// #[swimlanes::test]
/// fn stores(db: Database) {
///     // With sqlx: SqlitePool::connect(&db.url()); with rusqlite: Connection::open(db.path()).
///     assert!(db.url().starts_with("sqlite://"));
/// }
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct Database {
    pub(crate) path: PathBuf,
    pub(crate) lane: Arc<Lane>,
    pub(crate) attempt: Arc<AttemptFiles>,
}

// The other fields would print the lane's internals, 2 kB.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The files of one attempt, in a directory that is created with the first file.
#[derive(Debug)]
pub(crate) struct AttemptFiles {
    lane: Arc<Lane>,
    keep: Keep,
    function: &'static str,
    dir: OnceCell<LeasedDir>,
    count: AtomicU32,
    /// The clock of the attempt's time limit.
    #[cfg(feature = "sqlite")]
    pub(crate) timeout_clock: Option<crate::fixture::timeout_clock::TimeoutClock>,
}

impl Database {
    /// The absolute path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The URL of the file for sqlx, Diesel and SeaORM: `sqlite:///path?mode=rwc`, which creates the file if it does
    /// not exist.
    #[must_use]
    pub fn url(&self) -> String {
        database_file::url(&self.path)
    }

    /// A new, empty database for this attempt of this test alone. It is removed when the attempt ends, or kept under
    /// the same conditions as a [`TestDir`](crate::TestDir).
    ///
    /// # Errors
    ///
    /// If its directory cannot be created.
    pub fn fresh(&self) -> Result<Self, Error> {
        let path = self.attempt.next_path()?;
        Ok(Self { path, lane: Arc::clone(&self.lane), attempt: Arc::clone(&self.attempt) })
    }
}

impl AttemptFiles {
    fn next_path(&self) -> Result<PathBuf, Error> {
        let dir = self.dir.get_or_try_init(|| self.lane.attempt_dir(self.keep, self.function))?;
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        Ok(dir.path().join(format!("fresh-{number}.db")))
    }
}

impl Lease for Arc<AttemptFiles> {
    fn close(self: Box<Self>, cleanup: Cleanup) -> Result<Option<PathBuf>, Error> {
        self.dir.get().map_or(Ok(None), |dir| dir.close(cleanup))
    }
}

impl Fixture for Database {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let lane = Lane::of(setup)?;
        let path = database_file::path(lane.root()?);
        let attempt = Arc::new(AttemptFiles {
            lane: Arc::clone(&lane),
            keep: setup.keep,
            function: setup.function(),
            dir: OnceCell::new(),
            count: AtomicU32::new(0),
            #[cfg(feature = "sqlite")]
            timeout_clock: setup.timeout_clock.cloned(),
        });
        setup.leases.add(Arc::clone(&attempt));
        Ok(Self { path, lane, attempt })
    }
}
