//! A database file of the worker's own.

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

/// A database file of this worker's own. A fixture.
///
/// Tests on the same worker find what earlier ones left in it, tests on other workers and in other runs never do: as
/// with a database for each worker of pytest-xdist. [`Database::fresh`] is one for this test alone. The file is not
/// made here, so it can be of any kind that makes its file by itself, SQLite or DuckDB for instance. It is removed
/// when the worker ends.
///
/// With the feature `sqlite` it can start as a copy of a migrated `Template`, and be connected to.
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

// What else it holds is the lane's inside, 2 kB of it.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The files of one attempt, in a directory that is made when the first one is.
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

    /// The file as sqlx, Diesel and SeaORM name it: `sqlite:///path?mode=rwc`, so the file is made if it is not there.
    #[must_use]
    pub fn url(&self) -> String {
        database_file::url(&self.path)
    }

    /// Another database, empty, for this attempt of this test alone. It is removed when the attempt is over, or kept as
    /// [`TestDir`](crate::TestDir) is.
    ///
    /// # Errors
    ///
    /// When there can be no directory for it.
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
