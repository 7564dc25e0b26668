//! A port for a server that takes a port number.

use std::sync::Arc;

use crate::fixture::context::{Fixture, FixtureContext};
use crate::lane::port_pool::{BlockPort, PortBlocks, PreferredPort};
use crate::model::error::{Error, FixtureResult};
use crate::model::lease::{Cleanup, Lease};
use crate::os::reserved_port::ReservedPort;

/// A TCP port on 127.0.0.1 that is reserved for the test. A fixture; each parameter of this type is a different port, which stays reserved
/// until the attempt ends.
///
/// On Linux the reservation is a bound socket that never listens. A server that sets `SO_REUSEADDR`, as the standard library, Tokio and
/// nearly all servers do, can bind the port nevertheless, and the kernel assigns it to no other program. For a server without that option,
/// use [`Port::unreserved`]. On other systems, every port is an unreserved one.
///
/// ```
/// use swimlanes::prelude::*;
///
/// #[swimlanes::test]
/// fn serves(port: Port) {
///     let server = std::net::TcpListener::bind(("127.0.0.1", port.number())).unwrap();
///     assert_eq!(server.local_addr().unwrap().port(), port.number());
/// }
/// # fn main() {}
/// ```
#[derive(Debug, Clone)]
pub struct Port {
    number: u16,
    blocks: Arc<PortBlocks>,
    _lease: Arc<PortLease>,
}

#[derive(Debug)]
enum PortLease {
    Held(#[expect(dead_code, reason = "it is held, not used")] ReservedPort),
    OfBlock(#[expect(dead_code, reason = "it is held, not used")] BlockPort),
    Preferred(#[expect(dead_code, reason = "it is held, not used")] PreferredPort),
}

impl Port {
    /// The number of the port.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Reserves this port if it is free, and otherwise another one. Use it for a server that you inspect on its usual port while a test
    /// runs.
    ///
    /// The reservation ends when the value and all its clones are dropped, so keep the value as long as the server runs.
    ///
    /// ```
    /// use swimlanes::prelude::*;
    ///
    /// #[swimlanes::test]
    /// fn serves() -> Result<(), Box<dyn std::error::Error>> {
    ///     let port = Port::preferred(8080)?;
    ///     let server = std::net::TcpListener::bind(("127.0.0.1", port.number()))?;
    ///     assert_eq!(server.local_addr()?.port(), port.number());
    ///     Ok(())
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// If no port is free, or if a lock file cannot be opened.
    pub fn preferred(number: u16) -> Result<Self, Error> {
        let blocks = Arc::default();
        match PreferredPort::lease(number)? {
            Some(port) => Ok(Self { number, blocks, _lease: Arc::new(PortLease::Preferred(port)) }),
            None => Self::lease(blocks),
        }
    }

    /// Another port, with nothing bound to it, for a server that does not set `SO_REUSEADDR`.
    ///
    /// The port is from a block below the range of ports that the system assigns by itself. A file lock reserves the block for this
    /// process, so no other run uses it. **Note:** a program that is not a swimlanes suite can take the port, like any free port. The
    /// reservation ends when the value and all its clones are dropped.
    ///
    /// # Errors
    ///
    /// If all ports of all blocks are in use, or if a lock file cannot be opened.
    pub fn unreserved(self) -> Result<Self, Error> {
        Self::from_block(self.blocks)
    }

    fn lease(blocks: Arc<PortBlocks>) -> Result<Self, Error> {
        if ReservedPort::WORKS { Self::reserve(blocks) } else { Self::from_block(blocks) }
    }

    fn reserve(blocks: Arc<PortBlocks>) -> Result<Self, Error> {
        let holder = ReservedPort::bind(0).map_err(|cause| Error::io("bind a free port of 127.0.0.1", cause))?;
        Ok(Self { number: holder.port(), blocks, _lease: Arc::new(PortLease::Held(holder)) })
    }

    fn from_block(blocks: Arc<PortBlocks>) -> Result<Self, Error> {
        let port = PortBlocks::lease(&blocks)?;
        Ok(Self { number: port.number(), blocks, _lease: Arc::new(PortLease::OfBlock(port)) })
    }
}

impl Fixture for Port {
    fn set_up(setup: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let blocks = setup.process_scope.values.get_or_make(|| Ok::<_, Error>(PortBlocks::default()))?;
        let port = Self::lease(blocks)?;
        // The test may drop its value before the server has bound the port.
        setup.leases.add(port.clone());
        Ok(port)
    }
}

impl Lease for Port {
    fn close(self: Box<Self>, _: Cleanup) -> Result<Option<std::path::PathBuf>, Error> {
        Ok(None)
    }
}
