//! A port that is looked for, let go, and then used.

use std::net::{Ipv4Addr, TcpListener as StdListener};

use swimlanes_kit::point;
use tokio::net::TcpListener;

use crate::error::Error;

/// As [`crate::ports::listen`], but between the look at a port and its use, somebody else can take it.
///
/// # Errors
///
/// [`Error::NoPort`] when all are in use; or the port that was free is so no more.
pub async fn listen(ports: &[u16]) -> Result<TcpListener, Error> {
    let is_free = |&&port: &&u16| StdListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let &port = ports.iter().find(is_free).ok_or(Error::NoPort(ports.len()))?;
    point!(async "after letting go");
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?)
}
