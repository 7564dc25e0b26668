//! The fixed form. Each step is one script, which Redis runs atomically, and a release needs the token.

use std::collections::BTreeMap;
use std::time::Duration;

use redis::{Cmd, cmd};

use super::{Locks, Protocol};
use crate::error::Error;
use crate::token::Token;

/// Keys: the lock, the files, the count of grants. The count is never reset, even by a clear of all locks, so a number is never reused.
const ACQUIRE: &str = "
    if redis.call('EXISTS', KEYS[1]) == 1 then return false end
    local token = redis.call('INCR', KEYS[3]) .. '@' .. ARGV[2]
    redis.call('SET', KEYS[1], token, 'PX', ARGV[3])
    redis.call('HSET', KEYS[2], ARGV[1], token)
    return token";

/// Keys: the lock, the files.
const RELEASE: &str = "
    if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
    redis.call('HDEL', KEYS[2], ARGV[1])
    return redis.call('DEL', KEYS[1])";

/// Keys: the lock, the files.
const FORCE_UNLOCK: &str = "
    redis.call('HDEL', KEYS[2], ARGV[1])
    return redis.call('DEL', KEYS[1])";

/// Key: the files. The keys of the locks are not declared, as a Redis Cluster would require.
const CLEAR_ALL: &str = "
    for _, file in ipairs(redis.call('HKEYS', KEYS[1])) do redis.call('DEL', ARGV[1] .. file) end
    redis.call('DEL', KEYS[1])";

/// Key: the files. Removes expired files from the hash.
const LOCKED_FILES: &str = "
    local locked = {}
    for _, file in ipairs(redis.call('HKEYS', KEYS[1])) do
        local token = redis.call('GET', ARGV[1] .. file)
        if token then
            locked[#locked + 1] = file
            locked[#locked + 1] = token
        else
            redis.call('HDEL', KEYS[1], file)
        end
    end
    return locked";

pub(super) struct Mended;

impl Protocol for Mended {
    fn acquire(&self, locks: &Locks, file: &str, ttl: Duration) -> Result<Option<Token>, Error> {
        let service = &locks.service;
        let mut script = script(ACQUIRE, &[service.lock_of(file), service.files(), service.grants()]);
        locks.ask(script.arg(file).arg(&locks.owner).arg(super::millis(ttl)), "lock")
    }

    fn release(&self, locks: &Locks, file: &str, token: &Token) -> Result<bool, Error> {
        let mut script = script(RELEASE, &[locks.service.lock_of(file), locks.service.files()]);
        locks.ask(script.arg(file).arg(token), "unlock")
    }

    fn force_unlock(&self, locks: &Locks, file: &str) -> Result<bool, Error> {
        let mut script = script(FORCE_UNLOCK, &[locks.service.lock_of(file), locks.service.files()]);
        locks.ask(script.arg(file), "unlock by force")
    }

    fn clear_all(&self, locks: &Locks) -> Result<(), Error> {
        locks.ask(script(CLEAR_ALL, &[locks.service.files()]).arg(locks.service.lock_prefix()), "clear all locks")
    }

    fn holder(&self, locks: &Locks, file: &str) -> Result<Option<Token>, Error> {
        locks.ask(cmd("GET").arg(locks.service.lock_of(file)), "look for a lock")
    }

    fn locked_files(&self, locks: &Locks) -> Result<BTreeMap<String, Token>, Error> {
        let mut script = script(LOCKED_FILES, &[locks.service.files()]);
        locks.ask(script.arg(locks.service.lock_prefix()), "list the locked files")
    }
}

fn script(text: &str, keys: &[String]) -> Cmd {
    let mut command = cmd("EVAL");
    command.arg(text).arg(keys.len()).arg(keys);
    command
}
