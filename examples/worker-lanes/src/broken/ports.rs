//! A port that is found, released, and then used.

use std::net::{Ipv4Addr, TcpListener as StdListener};

use swimlanes_kit::point;
use tokio::net::TcpListener;

use crate::error::Error;

/// As [`crate::ports::listen`], but another program can take the port between the check and its use.
///
/// # Errors
///
/// [`Error::NoPort`] if all are in use; or the port was taken after the check.
pub async fn listen(ports: &[u16]) -> Result<TcpListener, Error> {
    let is_free = |&&port: &&u16| StdListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let &port = ports.iter().find(is_free).ok_or(Error::NoPort(ports.len()))?;
    point!(async "after letting go");
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?)
}
