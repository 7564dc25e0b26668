//! Directories: one for each worker, one for each test that asks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fixture::context::{Fixture, FixtureContext};
use crate::lane::worker_lane::Lane;
use crate::model::error::FixtureResult;

/// A directory of the worker's own, for everything that one test may leave for a later one on the same worker. A
/// fixture.
///
/// It is made when the worker's first test asks, and removed when the worker ends.
///
/// ```
/// use swimlanes::prelude::*;
///
/// #[swimlanes::test]
/// fn cache_is_warm_after_the_first_use(dir: WorkerDir) {
///     std::fs::write(dir.path().join("cache"), "warm").unwrap();
/// }
/// # fn main() {}
/// ```
#[derive(Debug, Clone)]
pub struct WorkerDir {
    path: PathBuf,
}

impl WorkerDir {
    /// The absolute path; the directory exists.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Fixture for WorkerDir {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let path = Lane::of(setup)?.work_dir()?;
        Ok(Self { path })
    }
}

/// An empty directory for this attempt of this test alone. A fixture; each parameter of this type is another directory.
///
/// It is removed when the attempt is over. With `--keep failed` (or `SWIMLANES_KEEP=failed`) those of failed attempts
/// stay, and the report names them.
///
/// ```
/// use swimlanes::prelude::*;
///
/// #[swimlanes::test]
/// fn export_writes_one_file(dir: TestDir) {
///     std::fs::write(dir.path().join("export.csv"), "id\n").unwrap();
///     assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
/// }
/// # fn main() {}
/// ```
#[derive(Debug, Clone)]
pub struct TestDir {
    path: PathBuf,
}

impl TestDir {
    /// The absolute path; the directory exists until the attempt is over.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Fixture for TestDir {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let dir = Arc::new(Lane::of(setup)?.attempt_dir(setup.keep, setup.function())?);
        let path = dir.path().to_owned();
        setup.leases.add(dir);
        Ok(Self { path })
    }
}
