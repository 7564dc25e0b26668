//! The fixtures of this suite, in addition to those of swimlanes.

use std::path::Path;
use std::sync::Arc;

use run_locks::{Cluster, Error, Form, Locks, Mode, Registry, RunController, Service};
use swimlanes::prelude::*;

/// The result of the tests, in which `?` converts all errors.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A directory for one run, and a Redis server for its lock.
pub(crate) struct Place {
    redis: Redis,
    dir: TestDir,
}

impl Fixture for Place {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        Ok(Self { redis: setup.get()?, dir: setup.get()? })
    }
}

impl Place {
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn redis(&self) -> &Redis {
        &self.redis
    }

    pub(crate) fn service(&self, form: Form) -> Result<Service, Error> {
        Service::new(&self.redis.socket_url(), "runs", form)
    }

    /// The processes of the scenarios.
    pub(crate) fn cluster(&self, form: Form) -> Result<Cluster, Error> {
        Cluster::new(&self.service(form)?, self.dir())
    }

    /// A process with this name.
    pub(crate) fn process(&self, form: Form, name: &str) -> Result<Registry, Error> {
        Ok(Registry::new(&self.service(form)?, name))
    }

    /// The controller of the run, in its own process.
    pub(crate) fn controller(&self, form: Form, process: &str) -> Result<Arc<RunController>, Error> {
        self.process(form, process)?.get_instance(self.dir(), Mode::ReadWrite)
    }

    /// Locks of any files, as that process sees them.
    pub(crate) fn locks(&self, form: Form, process: &str) -> Result<Locks, Error> {
        Locks::new(&self.service(form)?, process)
    }
}
