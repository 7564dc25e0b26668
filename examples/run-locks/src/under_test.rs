//! One run and the processes that lock it, for the scenarios of swimlanes-kit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::{Connection, cmd};
use swimlanes_kit::clock::{Clock, ManualClock};
use swimlanes_kit::lock::{LockResponse, LockUnderTest, LockView};

use crate::controller::RunController;
use crate::error::Error;
use crate::form::Form;
use crate::registry::{Mode, Registry};
use crate::run_file::{Run, State};
use crate::service::Service;
use crate::token::Token;

/// The number of the first owner that is an instance of one process.
const INSTANCES: usize = 1_000_000;

/// One run, and processes that lock it: each owner of a scenario is a process with its own connection. So is the operator.
pub struct Cluster {
    service: Service,
    dir: PathBuf,
    /// The clock of the background tasks. Keys in Redis expire as [`advance`](LockUnderTest::advance) defines.
    clock: ManualClock,
    operator: RunController,
    /// The connection of the tests, which belongs to no process.
    connection: Mutex<Connection>,
    processes: Mutex<Processes>,
    stop: Arc<AtomicBool>,
}

struct Processes {
    owners: BTreeMap<usize, Arc<RunController>>,
    /// The process whose threads ask for the singleton.
    singletons: Arc<Registry>,
}

impl Cluster {
    /// A cluster for a run in this directory.
    ///
    /// # Errors
    ///
    /// If the directory does not exist, or the server of the service cannot be reached.
    pub fn new(service: &Service, dir: &Path) -> Result<Self, Error> {
        let processes = Processes { owners: BTreeMap::new(), singletons: Arc::new(Registry::new(service, "process")) };
        Ok(Self {
            operator: RunController::new(dir, Mode::ReadWrite, service, "operator")?,
            connection: Mutex::new(service.connect()?),
            service: service.clone(),
            dir: dir.to_owned(),
            clock: ManualClock::new(),
            processes: Mutex::new(processes),
            stop: Arc::default(),
        })
    }

    /// When this becomes `true`, all operations fail, and the scenario ends.
    #[must_use]
    pub fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// The controller of this owner. A crashed one is restarted.
    fn owner(&self, owner: usize) -> Result<Arc<RunController>, Error> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Stopped);
        }
        let mut processes = self.processes();
        if let Some(controller) = processes.owners.get(&owner) {
            return Ok(Arc::clone(controller));
        }
        let controller = RunController::new(&self.dir, Mode::ReadWrite, &self.service, &format!("process-{owner}"))?;
        let controller = Arc::new(controller);
        processes.owners.insert(owner, Arc::clone(&controller));
        Ok(controller)
    }

    fn processes(&self) -> MutexGuard<'_, Processes> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd, tried: &str) -> Result<T, Error> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        command.query(&mut *connection).map_err(|cause| Error::Redis { tried: tried.to_owned(), cause })
    }

    /// Removes all locks; the count of grants continues.
    fn unlock_everything(&self) -> Result<(), Error> {
        let keys = [self.service.lock_of(self.operator.name()), self.service.files()];
        self.ask(cmd("DEL").arg(&keys), "begin anew")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Leave no keys on a server of the user. If the server has ended, they no longer exist.
        let _ = self.unlock_everything();
        let _ = self.ask::<()>(cmd("DEL").arg(self.service.grants()), "clean up");
    }
}

impl LockUnderTest for Cluster {
    type Token = Token;
    type Error = Error;

    fn acquire(&self, owner: usize, ttl: Duration) -> Result<Option<Token>, Error> {
        let controller = self.owner(owner)?;
        controller.locks().acquire(controller.name(), ttl)
    }

    fn release(&self, owner: usize, token: &Token) -> Result<LockResponse, Error> {
        let controller = self.owner(owner)?;
        controller.locks().release(controller.name(), token).map(LockResponse::done_if)
    }

    fn force_release(&self) -> Result<LockResponse, Error> {
        self.operator.locks().force_unlock(self.operator.name()).map(LockResponse::done_if)
    }

    fn clear_all(&self) -> Result<(), Error> {
        self.operator.locks().clear_all()
    }

    fn write(&self, owner: usize, token: &Token) -> Result<LockResponse, Error> {
        let run = Run { status: format!("written by {token}"), steps: token.number };
        match self.owner(owner)?.dump(&run, token, State::Settled) {
            Ok(()) => Ok(LockResponse::Done),
            Err(Error::Overtaken { .. }) => Ok(LockResponse::Refused),
            Err(other) => Err(other),
        }
    }

    fn inspect(&self) -> Result<LockView<Token>, Error> {
        let service = self.operator.locks().holder(self.operator.name())?;
        let owners: Vec<_> = self.processes().owners.values().cloned().collect();
        let mut local = Vec::new();
        for owner in owners {
            local.extend(owner.locks().held()?.into_values());
        }
        Ok(LockView { service, local })
    }

    fn crash(&self, owner: usize) {
        self.processes().owners.remove(&owner);
    }

    fn advance(&self, time: Duration) -> Result<(), Error> {
        self.clock.advance(time);
        let owners: Vec<_> = self.processes().owners.values().cloned().collect();
        for owner in owners {
            owner.locks().background(self.clock.now())?;
        }
        if self.service.form() == Form::Hash {
            return Ok(());
        }
        let lock = self.service.lock_of(self.operator.name());
        let left: i64 = self.ask(cmd("PTTL").arg(&lock), "see when a lock expires")?;
        if left < 0 {
            return Ok(());
        }
        let left = left.saturating_sub(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
        // Zero or a negative time expires the key at once.
        self.ask(cmd("PEXPIRE").arg(&lock).arg(left), "let a lock expire")
    }

    fn reset(&self) -> Result<(), Error> {
        let mut processes = self.processes();
        processes.owners.clear();
        processes.singletons = Arc::new(Registry::new(&self.service, "process"));
        drop(processes);
        self.unlock_everything()
    }

    fn instance(&self, _actor: usize) -> Result<usize, Error> {
        let registry = Arc::clone(&self.processes().singletons);
        let controller = registry.get_instance(&self.dir, Mode::ReadWrite)?;
        let mut processes = self.processes();
        let known = processes.owners.iter().find(|(_, known)| Arc::ptr_eq(known, &controller));
        if let Some((owner, _)) = known {
            return Ok(*owner);
        }
        let owner = INSTANCES + processes.owners.len();
        processes.owners.insert(owner, controller);
        Ok(owner)
    }
}
