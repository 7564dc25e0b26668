//! The controller that reads and changes one run.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::Error;
use crate::form::Form;
use crate::locks::Locks;
use crate::registry::Mode;
use crate::run_file::{Run, RunFile, State};
use crate::service::Service;
use crate::token::Token;

/// How long a run stays locked without a release.
const TTL: Duration = Duration::from_secs(600);

/// Reads and changes the run of one directory. A process has one controller for each directory:
/// [`Registry::get_instance`](crate::Registry::get_instance).
#[derive(Debug)]
pub struct RunController {
    name: String,
    mode: Mode,
    form: Form,
    locks: Locks,
    file: RunFile,
    /// The last state that it has read, and its version.
    cache: Mutex<Option<(u64, Run)>>,
}

impl RunController {
    /// A controller for this directory, which must exist.
    pub(crate) fn new(dir: &Path, mode: Mode, service: &Service, owner: &str) -> Result<Self, Error> {
        let dir = absolute(dir)?;
        Ok(Self {
            name: dir.to_string_lossy().into_owned(),
            mode,
            form: service.form(),
            locks: Locks::new(service, owner)?,
            file: RunFile::in_dir(&dir, service.form()),
            cache: Mutex::default(),
        })
    }

    /// The name of its file in the locks.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The locks of this controller.
    #[must_use]
    pub fn locks(&self) -> &Locks {
        &self.locks
    }

    /// Locks the run for a change.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] at once if it is locked: a caller that wants to wait retries. [`Error::ReadOnly`] if this instance only reads.
    /// [`Error::Overtaken`] if the lock expired before the run was read, and another process has locked it since.
    pub fn locked(&self) -> Result<Locked<'_>, Error> {
        let file = || self.name.clone();
        if self.mode == Mode::ReadOnly {
            return Err(Error::ReadOnly { file: file() });
        }
        let token = self.locks.acquire(&self.name, TTL)?.ok_or_else(|| Error::Busy { file: file() })?;
        let mut locked = Locked { controller: self, token, run: Run::default(), is_unlocked: false };
        locked.run = self.file.read_to_change(&locked.token)?;
        Ok(locked)
    }

    /// The last settled state.
    ///
    /// # Errors
    ///
    /// [`Error::Unsettled`] if another process is changing the run, and this controller has not read it before.
    pub fn read(&self) -> Result<Run, Error> {
        let mut cache = self.cache();
        if let Some((_, run)) = &*cache
            && !self.form.is_mended()
        {
            // Even if others have written since.
            return Ok(run.clone());
        }
        match (self.file.read()?, &*cache) {
            (Some((head, run)), _) if head.state == State::Settled => {
                *cache = Some((head.version, run.clone()));
                Ok(run)
            }
            (Some(_), Some((_, run))) => Ok(run.clone()),
            (Some(_), None) => Err(Error::Unsettled { path: self.file.path().to_owned() }),
            (None, _) => Ok(Run::default()),
        }
    }

    /// The current content of the file, even if a process is changing it: for a progress display. It does not affect the result of
    /// [`read`](RunController::read).
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn read_ignoring_lock(&self) -> Result<Run, Error> {
        let Some((head, run)) = self.file.read()? else { return Ok(Run::default()) };
        if !self.form.is_mended() {
            *self.cache() = Some((head.version, run.clone()));
        }
        Ok(run)
    }

    pub(crate) fn dump(&self, run: &Run, token: &Token, state: State) -> Result<(), Error> {
        let head = self.file.write(run, token, state)?;
        if state == State::Settled {
            *self.cache() = Some((head.version, run.clone()));
        }
        Ok(())
    }

    fn cache(&self) -> MutexGuard<'_, Option<(u64, Run)>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The canonical path of the directory.
pub(crate) fn absolute(dir: &Path) -> Result<PathBuf, Error> {
    dir.canonicalize().map_err(|cause| Error::File { tried: "find", path: dir.to_owned(), cause })
}

/// A locked run. Dropping it releases the lock without writing changes that were not dumped.
#[derive(Debug)]
#[must_use = "dropping it releases the lock"]
pub struct Locked<'a> {
    controller: &'a RunController,
    token: Token,
    run: Run,
    is_unlocked: bool,
}

impl Locked<'_> {
    /// The token of the lock.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The run, for changes. Nothing is written before `dump` or `settle`.
    pub fn run_mut(&mut self) -> &mut Run {
        &mut self.run
    }

    /// Writes the current state of the run as unsettled.
    ///
    /// # Errors
    ///
    /// [`Error::Overtaken`] if the lock expired, and another process has locked the run since.
    pub fn dump(&self) -> Result<(), Error> {
        self.controller.dump(&self.run, &self.token, State::Changing)
    }

    /// Writes the run as settled, and releases the lock.
    ///
    /// # Errors
    ///
    /// [`Error::Overtaken`] if the lock expired, and another process has locked the run since. [`Error::Lost`] if it expired, and no other
    /// process had locked it at the time of the write: then the run is written.
    pub fn settle(mut self) -> Result<(), Error> {
        let written = self.controller.dump(&self.run, &self.token, State::Settled);
        self.is_unlocked = true;
        let had_it = self.controller.locks.release(&self.controller.name, &self.token);
        written?;
        if had_it? {
            Ok(())
        } else {
            Err(Error::Lost { file: self.controller.name.clone(), token: self.token.clone() })
        }
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        if !self.is_unlocked {
            // The caller has already given up. If the release fails, the lock expires.
            let _ = self.controller.locks.release(&self.controller.name, &self.token);
        }
    }
}
