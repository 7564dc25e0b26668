//! The second form: a key for each file, which expires. It is checked and then set; a release deletes it, whichever process holds it then.

use std::collections::BTreeMap;
use std::time::Duration;

use redis::cmd;
use swimlanes_kit::point;

use super::{Locks, Protocol};
use crate::error::Error;
use crate::token::Token;

pub(super) struct Expiring;

impl Protocol for Expiring {
    fn acquire(&self, locks: &Locks, file: &str, ttl: Duration) -> Result<Option<Token>, Error> {
        let lock = locks.service.lock_of(file);
        if locks.ask(cmd("EXISTS").arg(&lock), "look for a lock")? {
            return Ok(None);
        }
        point!("after EXISTS");
        let token = locks.unnumbered();
        locks.ask::<()>(cmd("SET").arg(&lock).arg(&token).arg("PX").arg(super::millis(ttl)), "lock")?;
        locks.ask::<()>(cmd("HSET").arg(locks.service.files()).arg(file).arg(&token), "note a lock")?;
        Ok(Some(token))
    }

    fn release(&self, locks: &Locks, file: &str, _token: &Token) -> Result<bool, Error> {
        self.force_unlock(locks, file)
    }

    fn force_unlock(&self, locks: &Locks, file: &str) -> Result<bool, Error> {
        let was_locked = locks.ask(cmd("DEL").arg(locks.service.lock_of(file)), "unlock")?;
        locks.ask::<()>(cmd("HDEL").arg(locks.service.files()).arg(file), "strike out a lock")?;
        Ok(was_locked)
    }

    fn clear_all(&self, locks: &Locks) -> Result<(), Error> {
        for file in self.locked_files(locks)?.keys() {
            self.force_unlock(locks, file)?;
        }
        Ok(())
    }

    fn holder(&self, locks: &Locks, file: &str) -> Result<Option<Token>, Error> {
        locks.ask(cmd("GET").arg(locks.service.lock_of(file)), "look for a lock")
    }

    fn locked_files(&self, locks: &Locks) -> Result<BTreeMap<String, Token>, Error> {
        locks.ask(cmd("HGETALL").arg(locks.service.files()), "list the locked files")
    }
}
