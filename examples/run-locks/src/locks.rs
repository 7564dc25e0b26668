//! A process's view of the locks: it asks Redis, and knows its own tokens.

mod expiring;
mod hash;
mod mended;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::{Cmd, Connection, FromRedisValue};

use crate::error::Error;
use crate::form::Form;
use crate::service::Service;
use crate::token::Token;

/// The interval in which the background task of [`Form::Hash`] releases locks.
pub const FLUSH_EVERY: Duration = Duration::from_secs(60);

/// The operations that the forms implement differently in Redis.
trait Protocol {
    fn acquire(&self, locks: &Locks, file: &str, ttl: Duration) -> Result<Option<Token>, Error>;
    fn release(&self, locks: &Locks, file: &str, token: &Token) -> Result<bool, Error>;
    fn force_unlock(&self, locks: &Locks, file: &str) -> Result<bool, Error>;
    fn clear_all(&self, locks: &Locks) -> Result<(), Error>;
    fn holder(&self, locks: &Locks, file: &str) -> Result<Option<Token>, Error>;
    /// All locked files, as far as is known.
    fn locked_files(&self, locks: &Locks) -> Result<BTreeMap<String, Token>, Error>;
}

/// The locks as one process sees them. No call waits for a free lock.
pub struct Locks {
    service: Service,
    owner: String,
    connection: Mutex<Connection>,
    local: Mutex<BTreeMap<String, Token>>,
    /// Files that are no longer used but still locked, and the time of the last flush: for the background task of [`Form::Hash`].
    unflushed: Mutex<(Vec<String>, Duration)>,
}

impl fmt::Debug for Locks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locks").field("owner", &self.owner).finish_non_exhaustive()
    }
}

impl Locks {
    /// The locks of the process with this name. A second instance with the same name represents the restarted process.
    ///
    /// # Errors
    ///
    /// If the server of the service cannot be reached.
    pub fn new(service: &Service, owner: &str) -> Result<Self, Error> {
        Ok(Self {
            connection: Mutex::new(service.connect()?),
            service: service.clone(),
            owner: owner.to_owned(),
            local: Mutex::default(),
            unflushed: Mutex::default(),
        })
    }

    /// Locks the file for this time; `None` if it is locked.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub fn acquire(&self, file: &str, ttl: Duration) -> Result<Option<Token>, Error> {
        let token = self.protocol().acquire(self, file, ttl)?;
        if let Some(token) = &token {
            self.local().insert(file.to_owned(), token.clone());
        }
        Ok(token)
    }

    /// Releases the lock of the file, and forgets the token. `false` if the file was not locked with that token.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub fn release(&self, file: &str, token: &Token) -> Result<bool, Error> {
        let mut local = self.local();
        if local.get(file) == Some(token) {
            local.remove(file);
        }
        drop(local);
        self.protocol().release(self, file, token)
    }

    /// Releases the lock of the file, whichever process holds it. `false` if none does.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub fn force_unlock(&self, file: &str) -> Result<bool, Error> {
        self.protocol().force_unlock(self, file)
    }

    /// Unlocks all files.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub fn clear_all(&self) -> Result<(), Error> {
        self.protocol().clear_all(self)
    }

    /// The holder of the file's lock, according to Redis.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub fn holder(&self, file: &str) -> Result<Option<Token>, Error> {
        self.protocol().holder(self, file)
    }

    /// All locked files and their tokens, according to Redis.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub fn locked_files(&self) -> Result<BTreeMap<String, Token>, Error> {
        self.protocol().locked_files(self)
    }

    /// The files that this process has locked. The fixed form asks Redis, since a lock can expire or be cleared, and forgets lost locks.
    /// The older forms return their own memory.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub fn held(&self) -> Result<BTreeMap<String, Token>, Error> {
        let mut local = self.local();
        if self.service.form().is_mended() && !local.is_empty() {
            // Under the lock of `local`, and so after the grants of all its tokens: a token that Redis does not know now is lost.
            let locked = self.locked_files()?;
            local.retain(|file, token| locked.get(file) == Some(token));
        }
        Ok(local.clone())
    }

    /// The background task at this time: in [`Form::Hash`], it releases the locks of files that are no longer used.
    ///
    /// # Errors
    ///
    /// If Redis does not answer.
    pub fn background(&self, now: Duration) -> Result<(), Error> {
        let mut unflushed = self.unflushed();
        let (files, last) = &mut *unflushed;
        if now < *last + FLUSH_EVERY {
            return Ok(());
        }
        *last = now;
        hash::unlock(self, &std::mem::take(files))
    }

    /// The name of the process.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    fn protocol(&self) -> &'static dyn Protocol {
        match self.service.form() {
            Form::Hash => &hash::Hash,
            Form::Expiring => &expiring::Expiring,
            Form::Mended => &mended::Mended,
        }
    }

    pub(crate) fn local(&self) -> MutexGuard<'_, BTreeMap<String, Token>> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unflushed(&self) -> MutexGuard<'_, (Vec<String>, Duration)> {
        self.unflushed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token of a form without numbers.
    fn unnumbered(&self) -> Token {
        Token { number: 0, owner: self.owner.clone() }
    }

    fn ask<T: FromRedisValue>(&self, command: &Cmd, tried: &str) -> Result<T, Error> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        command.query(&mut *connection).map_err(|cause| Error::Redis { tried: tried.to_owned(), cause })
    }
}

/// In the unit of Redis: at least one millisecond.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
