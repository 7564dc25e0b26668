//! The database servers of the fixture server. Each is started at the first request, and restarted if it has exited.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::database::service::{Server, ServerSpec, StartError};
use crate::lane::run_dir::{self, RunDir};
use crate::model::error::{Error, FixtureError};
use crate::model::hash::fnv;
use crate::model::mutex::MutexExt;
use crate::model::protocol::{DatabaseRequest, FixtureResponse, Service};
use crate::model::worker::Slot;
use crate::os::service_user;
use crate::os::state_dir::StateDir;
use crate::os::sys;

#[derive(Default)]
struct ServerSlot {
    server: Option<Box<dyn Server>>,
    generation: u32,
    /// Why it could not be started; it is not tried again.
    failed: Option<FixtureResponse>,
}

type ServerSlots = Vec<((Service, Option<Slot>), Arc<Mutex<ServerSlot>>)>;

/// The database servers of a run.
pub(crate) struct Servers {
    run_id: Arc<str>,
    /// Unique among the fixture servers of the run.
    name: String,
    /// The directory of their data, from the first request on.
    dir: Mutex<Option<Arc<RunDir>>>,
    spots: Mutex<ServerSlots>,
}

impl Servers {
    pub(crate) fn new(run_id: Arc<str>, keeper: &str) -> Self {
        let name = format!("{:06x}", fnv(keeper.as_bytes()) as u32 >> 8);
        Self { run_id, name, dir: Mutex::default(), spots: Mutex::default() }
    }

    /// The address of the server, as [`FixtureResponse::Value`]. If the current server is the one of generation `dirty`, it is replaced.
    pub(crate) fn server(
        &self,
        service: Service,
        slot: Option<Slot>,
        workers: u32,
        dirty: Option<u32>,
    ) -> FixtureResponse {
        let spot = self.spot(service, slot);
        let mut spot = lock(&spot);
        if dirty == Some(spot.generation)
            && let Some(mut server) = spot.server.take()
        {
            server.end();
        }
        if !spot.server.as_mut().is_some_and(|server| server.is_alive()) {
            if let Some(failed) = &spot.failed {
                return failed.clone();
            }
            spot.server = None;
            spot.generation += 1;
            match self.start(service, slot, workers, spot.generation) {
                Ok(server) => spot.server = Some(server),
                Err(StartError::Missing(message)) => {
                    spot.failed = Some(FixtureResponse::Missing { message: message.clone() });
                    return FixtureResponse::Missing { message };
                }
                Err(StartError::Failed(cause)) => {
                    spot.failed = Some(failed(&"it failed for an earlier test and is not tried again".into()));
                    return failed(&cause);
                }
            }
        }
        let bytes = spot.server.as_ref().map(|server| server.described()).unwrap_or_default();
        FixtureResponse::Value { bytes, printed: Vec::new() }
    }

    /// Processes a request about the databases of the only server of this kind.
    pub(crate) fn database(&self, service: Service, generation: u32, wish: DatabaseRequest) -> FixtureResponse {
        let spot = self.spot(service, None);
        let mut spot = lock(&spot);
        if spot.generation != generation {
            return failed(&"the server has ended, and another one has replaced it".into());
        }
        let done = match &mut spot.server {
            Some(server) => server.database(wish),
            None => Err("there is no server".into()),
        };
        match done {
            Ok(bytes) => FixtureResponse::Value { bytes, printed: Vec::new() },
            Err(cause) => failed(&cause),
        }
    }

    /// Ends all servers.
    pub(crate) fn end(&self) {
        for (_, spot) in std::mem::take(&mut *lock(&self.spots)) {
            if let Some(mut server) = lock(&spot).server.take() {
                server.end();
            }
        }
    }

    /// Removes their files, which can take seconds on a disk. The next run removes what cannot be removed now.
    pub(crate) fn remove(&self) {
        if let Some(dir) = lock(&self.dir).take() {
            let _ = dir.dir().map(remove_leftovers);
            let _ = dir.leave();
        }
    }

    /// Removes what the servers of killed runs have left.
    pub(crate) fn sweep() {
        run_dir::sweep_with(&StateDir::for_servers(), remove_leftovers);
    }

    fn spot(&self, service: Service, slot: Option<Slot>) -> Arc<Mutex<ServerSlot>> {
        let mut spots = lock(&self.spots);
        if let Some((_, spot)) = spots.iter().find(|(key, _)| *key == (service, slot)) {
            return Arc::clone(spot);
        }
        let spot = Arc::default();
        spots.push(((service, slot), Arc::clone(&spot)));
        spot
    }

    fn start(
        &self,
        service: Service,
        slot: Option<Slot>,
        workers: u32,
        generation: u32,
    ) -> Result<Box<dyn Server>, StartError> {
        let name = match service {
            Service::Postgres => "p",
            Service::Redis => "r",
        };
        let slot = slot.map_or_else(String::new, |slot| slot.to_string());
        // Short, since the directory contains a socket. The files of an earlier server are removed with the run.
        let dir = self.dir()?.dir()?.join(format!("{name}{slot}-{generation}{}", self.name));
        // Private from the start: another user who guesses the name could put files in it.
        sys::make_private_directory(&dir).map_err(|cause| Error::file("make the directory", &dir, cause))?;
        let place = ServerSpec {
            dir: &dir,
            #[cfg(feature = "postgres")]
            prefix: format!("swimlanes_{}_{}_{generation}_", self.run_id.replace('-', ""), self.name),
            #[cfg(feature = "postgres")]
            workers,
            generation,
        };
        #[cfg(not(feature = "postgres"))]
        let _ = workers;
        match service {
            #[cfg(feature = "postgres")]
            Service::Postgres => crate::database::postgres::server::start(&place),
            #[cfg(feature = "redis")]
            Service::Redis => crate::database::redis::server::start(&place),
            #[allow(unreachable_patterns, reason = "not with all features")]
            _ => Err(StartError::Missing(format!("this program was built without {service:?}"))),
        }
    }

    /// In memory if possible. If this process is root, the servers' user must be able to pass through the directories, but not to list
    /// them.
    fn dir(&self) -> Result<Arc<RunDir>, Error> {
        let mut dir = lock(&self.dir);
        if let Some(dir) = &*dir {
            return Ok(Arc::clone(dir));
        }
        let state_dir = StateDir::for_servers();
        let entered = Arc::new(RunDir::enter(state_dir.clone(), &self.run_id)?);
        let run = entered.dir()?;
        if service_user::is_root() {
            state_dir.with(|state_dir| state_dir.let_others_pass())?;
            let passable = fs::Permissions::from_mode(0o711);
            fs::set_permissions(run, passable).map_err(|cause| Error::file("let other users in", run, cause))?;
        }
        *dir = Some(Arc::clone(&entered));
        Ok(entered)
    }
}

/// Removes what killed servers of this run have left elsewhere.
fn remove_leftovers(run: &Path) {
    #[cfg(feature = "postgres")]
    crate::database::postgres::cleanup::remove(run);
    #[cfg(not(feature = "postgres"))]
    let _ = run;
}

fn failed(cause: &FixtureError) -> FixtureResponse {
    FixtureResponse::Failed { fixture: None, why: cause.to_string(), printed: Vec::new() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock_even_if_poisoned()
}
