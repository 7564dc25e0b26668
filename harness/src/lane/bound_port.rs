//! A port as a listener: no other program can take it before the test uses it.

use std::net::{Ipv4Addr, TcpListener};

use crate::fixture::context::{Fixture, FixtureContext};
use crate::model::error::{Error, FixtureResult};

/// A TCP port on 127.0.0.1, as a socket that already listens on it. A fixture; each parameter of this type is a
/// different port.
///
/// This is the safest way to start a server, since the port is never free. For a server that takes a port number, use
/// [`Port`](crate::Port).
///
/// ```
/// use std::io::Read;
/// use swimlanes::prelude::*;
///
/// #[swimlanes::test]
/// fn greets(port: BoundPort) {
///     let address = ("127.0.0.1", port.number());
///     let listener = port.into_listener();
///     let server = std::thread::spawn(move || listener.accept().unwrap());
///     std::net::TcpStream::connect(address).unwrap();
///     server.join().unwrap();
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct BoundPort {
    number: u16,
    listener: TcpListener,
}

impl BoundPort {
    /// The number of the port, on 127.0.0.1.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The listener, bound to 127.0.0.1 and in blocking mode.
    #[must_use]
    pub fn into_listener(self) -> TcpListener {
        self.listener
    }

    /// The former name of [`BoundPort::into_listener`].
    #[must_use]
    pub fn into_std(self) -> TcpListener {
        self.into_listener()
    }
}

impl Fixture for BoundPort {
    fn set_up(_: &mut FixtureContext<'_>) -> FixtureResult<Self> {
        let fail = |cause| Error::io("bind a TCP listener to a free port of 127.0.0.1", cause);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(fail)?;
        let number = listener.local_addr().map_err(fail)?.port();
        Ok(Self { number, listener })
    }
}
