//! The first form: a hash of locked files. It is checked and then written, its fields never expire, and a background task releases the
//! locks.

use std::collections::BTreeMap;
use std::time::Duration;

use redis::cmd;
use swimlanes_kit::point;

use super::{Locks, Protocol};
use crate::error::Error;
use crate::token::Token;

pub(super) struct Hash;

impl Protocol for Hash {
    fn acquire(&self, locks: &Locks, file: &str, _ttl: Duration) -> Result<Option<Token>, Error> {
        let files = locks.service.files();
        if locks.ask(cmd("HEXISTS").arg(&files).arg(file), "look for a lock")? {
            return Ok(None);
        }
        point!("after HEXISTS");
        let token = locks.unnumbered();
        locks.ask::<()>(cmd("HSET").arg(&files).arg(file).arg(&token), "lock")?;
        Ok(Some(token))
    }

    fn release(&self, locks: &Locks, file: &str, _token: &Token) -> Result<bool, Error> {
        locks.unflushed().0.push(file.to_owned());
        Ok(true)
    }

    fn force_unlock(&self, locks: &Locks, file: &str) -> Result<bool, Error> {
        locks.ask(cmd("HDEL").arg(locks.service.files()).arg(file), "unlock by force")
    }

    fn clear_all(&self, locks: &Locks) -> Result<(), Error> {
        locks.ask(cmd("DEL").arg(locks.service.files()), "clear all locks")
    }

    fn holder(&self, locks: &Locks, file: &str) -> Result<Option<Token>, Error> {
        locks.ask(cmd("HGET").arg(locks.service.files()).arg(file), "look for a lock")
    }

    fn locked_files(&self, locks: &Locks) -> Result<BTreeMap<String, Token>, Error> {
        locks.ask(cmd("HGETALL").arg(locks.service.files()), "list the locked files")
    }
}

/// Releases these locks, for the background task.
pub(super) fn unlock(locks: &Locks, files: &[String]) -> Result<(), Error> {
    if files.is_empty() {
        return Ok(());
    }
    locks.ask(cmd("HDEL").arg(locks.service.files()).arg(files), "unlock")
}
