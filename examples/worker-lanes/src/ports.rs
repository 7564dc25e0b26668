//! The port that the service listens on.

use std::io::ErrorKind;
use std::net::Ipv4Addr;

use swimlanes_kit::point;
use tokio::net::TcpListener;

use crate::error::Error;

/// Listens on the first free port of these on 127.0.0.1. Returns the listener itself, so no other program can take the port.
///
/// # Errors
///
/// [`Error::NoPort`] if all are in use.
pub async fn listen(ports: &[u16]) -> Result<TcpListener, Error> {
    for &port in ports {
        point!(async "before a port is tried");
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Err(cause) if cause.kind() == ErrorKind::AddrInUse => {}
            listener => return Ok(listener?),
        }
    }
    Err(Error::NoPort(ports.len()))
}
