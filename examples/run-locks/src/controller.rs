//! Who reads and changes one run.

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

/// How long a run stays locked if nobody unlocks it.
const TTL: Duration = Duration::from_secs(600);

/// Reads and changes the run of one directory. A process has one for each directory: [`Registry::get_instance`](crate::Registry::get_instance).
#[derive(Debug)]
pub struct RunController {
    name: String,
    mode: Mode,
    form: Form,
    locks: Locks,
    file: RunFile,
    /// The last state that it has seen, and its version.
    cache: Mutex<Option<(u64, Run)>>,
}

impl RunController {
    /// For the directory, which is there.
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

    /// What its file is called among the locks.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The locks, as this controller sees them.
    #[must_use]
    pub fn locks(&self) -> &Locks {
        &self.locks
    }

    /// Locks the run, to change it.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] if it is locked, at once: who wants to wait tries again. [`Error::ReadOnly`] if this instance only reads.
    /// [`Error::Overtaken`] if the lock was over before the run was read, and somebody else has locked it since.
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

    /// The last settled state: what nobody is changing any more.
    ///
    /// # Errors
    ///
    /// [`Error::Unsettled`] if somebody is changing the run, and this controller has not seen it before.
    pub fn read(&self) -> Result<Run, Error> {
        let mut cache = self.cache();
        if let Some((_, run)) = &*cache
            && !self.form.is_mended()
        {
            // Whatever others have written since.
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

    /// What is in the file at this moment, even if somebody is changing it: for who shows how it goes on. It is of no consequence for what
    /// [`read`](RunController::read) says.
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

/// The directory, by the one name that it has for all.
pub(crate) fn absolute(dir: &Path) -> Result<PathBuf, Error> {
    dir.canonicalize().map_err(|cause| Error::File { tried: "find", path: dir.to_owned(), cause })
}

/// A run that is locked. Dropped, it is unlocked, and what was not dumped is not written.
#[derive(Debug)]
#[must_use = "it is unlocked when this is dropped"]
pub struct Locked<'a> {
    controller: &'a RunController,
    token: Token,
    run: Run,
    is_unlocked: bool,
}

impl Locked<'_> {
    /// What it is locked by.
    #[must_use]
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The run, to be changed. Nothing is written before it is dumped or settled.
    pub fn run_mut(&mut self) -> &mut Run {
        &mut self.run
    }

    /// Writes the run as it is now, with more to come.
    ///
    /// # Errors
    ///
    /// [`Error::Overtaken`] if the lock was over, and somebody else has locked the run since.
    pub fn dump(&self) -> Result<(), Error> {
        self.controller.dump(&self.run, &self.token, State::Changing)
    }

    /// Writes the run for all to see, and unlocks it.
    ///
    /// # Errors
    ///
    /// [`Error::Overtaken`] if the lock was over, and somebody else has locked the run since; [`Error::Lost`] if it was over, and nobody had
    /// when it was written: then it is written.
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
            // Who drops it has given up already. Failing that, it expires.
            let _ = self.controller.locks.release(&self.controller.name, &self.token);
        }
    }
}
