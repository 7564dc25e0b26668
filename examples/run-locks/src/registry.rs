//! The controllers of a process: one for each directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use swimlanes_kit::point;

use crate::controller::{RunController, absolute};
use crate::error::Error;
use crate::service::Service;

/// What a controller is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To read and to change.
    ReadWrite,
    /// To read alone. Each is an instance of its own, which nobody else is given.
    ReadOnly,
}

/// The controllers of a process, which has one of these.
#[derive(Debug)]
pub struct Registry {
    service: Service,
    owner: String,
    instances: Mutex<BTreeMap<PathBuf, Arc<RunController>>>,
}

impl Registry {
    /// For the process of that name.
    #[must_use]
    pub fn new(service: &Service, owner: &str) -> Self {
        Self { service: service.clone(), owner: owner.to_owned(), instances: Mutex::default() }
    }

    /// The controller of that directory: the only one of this process, if it is not read-only.
    ///
    /// # Errors
    ///
    /// If there is no such directory, or nobody answers where the locks are.
    pub fn get_instance(&self, dir: &Path, mode: Mode) -> Result<Arc<RunController>, Error> {
        let dir = absolute(dir)?;
        if !self.service.form().is_mended() {
            return self.look_then_insert(dir, mode);
        }
        let make = || RunController::new(&dir, mode, &self.service, &self.owner).map(Arc::new);
        if mode == Mode::ReadOnly {
            return make();
        }
        let mut instances = self.instances();
        if let Some(instance) = instances.get(&dir) {
            return Ok(Arc::clone(instance));
        }
        let instance = make()?;
        instances.insert(dir.clone(), Arc::clone(&instance));
        Ok(instance)
    }

    /// As it was before: two that look at the same time both find nothing. And who comes first decides for all whether they may write.
    fn look_then_insert(&self, dir: PathBuf, mode: Mode) -> Result<Arc<RunController>, Error> {
        if let Some(instance) = self.instances().get(&dir) {
            return Ok(Arc::clone(instance));
        }
        point!("after the look at the instances");
        let instance = Arc::new(RunController::new(&dir, mode, &self.service, &self.owner)?);
        self.instances().insert(dir, Arc::clone(&instance));
        Ok(instance)
    }

    fn instances(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Arc<RunController>>> {
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
