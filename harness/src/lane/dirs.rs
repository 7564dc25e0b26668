//! Directories as fixtures: one for each worker, and one for each parameter of a test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fixture::context::{Fixture, FixtureContext};
use crate::lane::worker_lane::Lane;
use crate::model::error::FixtureResult;

/// A directory that all tests of one worker share, so a test can leave files for a later one on the same worker. A
/// fixture.
///
/// It is created when a test of the worker first takes it, and removed when the worker ends.
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
    /// The absolute path. The directory exists until the worker ends.
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

/// An empty directory for one attempt of one test. A fixture; each parameter of this type is a different directory.
///
/// It is removed when the attempt ends. With `--keep failed` (or `SWIMLANES_KEEP=failed`) the directories of failed
/// attempts are kept, and the report lists them.
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
    /// The absolute path. The directory exists until the attempt ends. If a shared fixture has taken it, it exists as long
    /// as that fixture's value.
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
