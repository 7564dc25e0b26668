//! Ports with nothing bound to them, from blocks below the system's own range. A file lock reserves each block for one process.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use crate::model::error::Error;
use crate::model::mutex::MutexExt;
use crate::os::file_lock::{FileLock, Mode};
use crate::os::machine;
use crate::os::reserved_port::ReservedPort;
use crate::os::state_dir::StateDir;

/// Above the ports that are commonly configured by hand, and below 32768, where the range begins that Linux assigns by itself; with a
/// margin for systems where that range begins lower.
const PORTS: Range<u16> = 20_000..30_000;

/// The number of ports in a block. Each block takes one file lock, so ports do not need one each.
const BLOCK: u16 = 16;

/// The blocks of this process.
#[derive(Debug, Default)]
pub(crate) struct PortBlocks {
    state: Mutex<PoolState>,
}

#[derive(Debug, Default)]
struct PoolState {
    locks: Vec<FileLock>,
    /// How many blocks were tried, successfully or not.
    n_seen: u16,
    /// Ports of our blocks without a lease. Ports are taken from the end, so the least recently used one is taken first, as far as
    /// possible.
    free: Vec<u16>,
}

/// A port of a block, returned when it is dropped.
#[derive(Debug)]
pub(crate) struct BlockPort {
    number: u16,
    blocks: Arc<PortBlocks>,
}

impl BlockPort {
    pub(crate) fn number(&self) -> u16 {
        self.number
    }
}

impl Drop for BlockPort {
    fn drop(&mut self) {
        // To the front, because a port that was just used may still be closing.
        self.blocks.state.lock_even_if_poisoned().free.insert(0, self.number);
    }
}

/// A port that a test asked for by its number. Only one suite of this user can have it. The kernel lets several sockets reserve the
/// same port, so a file lock decides.
#[derive(Debug)]
pub(crate) struct PreferredPort {
    _lock: FileLock,
    _reserved: Option<ReservedPort>,
}

impl PreferredPort {
    /// `None` if the port is not free.
    ///
    /// # Errors
    ///
    /// When the lock file cannot be opened.
    pub(crate) fn lease(number: u16) -> Result<Option<Self>, Error> {
        let state_dir = StateDir::for_user();
        let path = state_dir.path().join(format!("port-{number}.lock"));
        let Some(lock) = FileLock::try_take(&state_dir, &path, Mode::Exclusive)? else { return Ok(None) };
        if !ReservedPort::WORKS {
            return Ok(is_free(number).then_some(Self { _lock: lock, _reserved: None }));
        }
        let reserved = ReservedPort::bind(number).ok();
        Ok(reserved.map(|reserved| Self { _lock: lock, _reserved: Some(reserved) }))
    }
}

impl PortBlocks {
    /// A port that has no lease, and that nothing is bound to now.
    ///
    /// # Errors
    ///
    /// When all ports of all blocks are taken.
    pub(crate) fn lease(this: &Arc<Self>) -> Result<BlockPort, Error> {
        let mut state = this.state.lock_even_if_poisoned();
        loop {
            if let Some(ix) = state.free.iter().rposition(|&number| is_free(number)) {
                return Ok(BlockPort { number: state.free.remove(ix), blocks: Arc::clone(this) });
            }
            if !state.take_block()? {
                let cause = std::io::Error::other("every port in it is in use");
                return Err(Error::io(format!("lease a port from {} to {}", PORTS.start, PORTS.end - 1), cause));
            }
        }
    }
}

impl PoolState {
    /// Reserves another block for this process. Returns `false` if none is left.
    fn take_block(&mut self) -> Result<bool, Error> {
        let state_dir = StateDir::for_user();
        let n_blocks = (PORTS.end - PORTS.start) / BLOCK;
        // Processes that start together look at different blocks first.
        let first = (std::process::id() % u32::from(n_blocks)) as u16;
        while self.n_seen < n_blocks {
            let block = (first + self.n_seen) % n_blocks;
            self.n_seen += 1;
            let start = PORTS.start + block * BLOCK;
            let ports = start..start + BLOCK;
            if ports.clone().any(machine::gives_out_by_itself) {
                continue;
            }
            let path = state_dir.path().join(format!("ports-{start}.lock"));
            if let Some(lock) = FileLock::try_take(&state_dir, &path, Mode::Exclusive)? {
                self.locks.push(lock);
                self.free.extend(ports.rev());
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether a server could bind the port now. portpicker checks all addresses, including IPv6, and reports every port as taken where
/// there is no IPv6; in that case only IPv4 is checked.
fn is_free(port: u16) -> bool {
    portpicker::is_free_tcp(port) || (!has_ipv6() && TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok())
}

fn has_ipv6() -> bool {
    TcpListener::bind((std::net::Ipv6Addr::UNSPECIFIED, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ports_are_distinct_and_not_in_use() {
        let blocks = Arc::new(PortBlocks::default());
        let first = PortBlocks::lease(&blocks).expect("a port");
        let server = TcpListener::bind((Ipv4Addr::UNSPECIFIED, first.number() + 1));
        let ports: Vec<BlockPort> = (0..40).map(|_| PortBlocks::lease(&blocks).expect("a port")).collect();
        let numbers: BTreeSet<u16> = ports.iter().map(BlockPort::number).collect();
        assert_eq!(numbers.len(), 40);
        assert!(!numbers.contains(&first.number()));
        assert!(server.is_err() || !numbers.contains(&(first.number() + 1)));
        assert!(numbers.iter().all(|number| PORTS.contains(number)));
    }

    #[test]
    fn preferred_port_is_leased_once_and_only_if_it_is_free() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let number = listener.local_addr().expect("an address").port();
        assert!(PreferredPort::lease(number).expect("a lock").is_none(), "{number} is in use");
        drop(listener);
        let lease = PreferredPort::lease(number).expect("a lock");
        assert!(lease.is_some(), "{number} is free");
        assert!(PreferredPort::lease(number).expect("a lock").is_none(), "{number} is leased");
        assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok(), "a server can bind {number}");
        drop(lease);
        assert!(PreferredPort::lease(number).expect("a lock").is_some(), "{number} is free again");
    }

    #[test]
    fn released_ports_are_leased_again() {
        let blocks = Arc::new(PortBlocks::default());
        let ports: Vec<BlockPort> = (0..BLOCK).map(|_| PortBlocks::lease(&blocks).expect("a port")).collect();
        let n_blocks = blocks.state.lock().expect("whole").locks.len();
        drop(ports);
        for _ in 0..3 * BLOCK {
            PortBlocks::lease(&blocks).expect("a port");
        }
        assert_eq!(blocks.state.lock().expect("whole").locks.len(), n_blocks);
    }
}
