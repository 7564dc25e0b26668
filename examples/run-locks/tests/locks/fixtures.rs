//! What the tests take as parameters, beside the fixtures that swimlanes has.

use std::path::Path;
use std::sync::Arc;

use run_locks::{Cluster, Error, Form, Locks, Mode, Registry, RunController, Service};
use swimlanes::prelude::*;

/// What the tests return, to use `?` on everything.
pub(crate) type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A directory for one run, and a Redis server for its lock.
pub(crate) struct Place {
    redis: Redis,
    dir: TestDir,
}

impl Fixture for Place {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        Ok(Self { redis: setup.take()?, dir: setup.take()? })
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

    /// A process of that name.
    pub(crate) fn process(&self, form: Form, name: &str) -> Result<Registry, Error> {
        Ok(Registry::new(&self.service(form)?, name))
    }

    /// The controller of the run, in a process of its own.
    pub(crate) fn controller(&self, form: Form, process: &str) -> Result<Arc<RunController>, Error> {
        self.process(form, process)?.get_instance(self.dir(), Mode::ReadWrite)
    }

    /// Locks of any files, as that process sees them.
    pub(crate) fn locks(&self, form: Form, process: &str) -> Result<Locks, Error> {
        Locks::new(&self.service(form)?, process)
    }
}
