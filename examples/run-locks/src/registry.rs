//! The controllers of a process: one for each directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use swimlanes_kit::point;

use crate::controller::{RunController, absolute};
use crate::error::Error;
use crate::service::Service;

/// The purpose of a controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// For reads and changes.
    ReadWrite,
    /// Only for reads. Each is a separate instance, which no other caller gets.
    ReadOnly,
}

/// The controllers of a process, which has one registry.
#[derive(Debug)]
pub struct Registry {
    service: Service,
    owner: String,
    instances: Mutex<BTreeMap<PathBuf, Arc<RunController>>>,
}

impl Registry {
    /// The registry of the process with this name.
    #[must_use]
    pub fn new(service: &Service, owner: &str) -> Self {
        Self { service: service.clone(), owner: owner.to_owned(), instances: Mutex::default() }
    }

    /// The controller of this directory: the only one of this process, unless it is read-only.
    ///
    /// # Errors
    ///
    /// If the directory does not exist, or the server of the locks cannot be reached.
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

    /// The older forms: two concurrent calls both find nothing, and the first caller decides for all whether they can write.
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
