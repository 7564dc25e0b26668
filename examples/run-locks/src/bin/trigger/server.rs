//! A Redis server that runs as long as the program.

use std::env;
use std::io::{self, ErrorKind};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use swimlanes_kit::wait::wait_for;
use tempfile::TempDir;

/// The maximum time until it is ready; 7 ms were measured.
const STARTING: Duration = Duration::from_secs(20);

/// The maximum time until it ends after a request; 2 ms were measured.
const ENDING: Duration = Duration::from_secs(5);

/// It listens on a socket in a directory that only this user can enter, and writes nothing to the disk.
pub(crate) struct Server {
    child: Child,
    url: String,
    /// Removed after the server has ended.
    _dir: TempDir,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        let dir = socket_dir().context("cannot make a directory for a Redis server")?;
        let socket = dir.path().join("socket");
        let url = format!("redis+unix://{}", socket.display());
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocketperm", "700", "--unixsocket"]);
        command.arg(&socket).arg("--dir").arg(dir.path());
        // Ctrl-C must not reach the server: the program stops it at the end.
        command.process_group(0);
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = match started {
            Ok(child) => child,
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                bail!("redis-server is not installed: install it, or name a server with --url or REDIS_URL")
            }
            Err(cause) => return Err(cause).context("cannot start redis-server"),
        };
        let mut server = Self { child, url, _dir: dir };
        server.wait_until_ready()?;
        Ok(server)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let client = redis::Client::open(self.url.as_str()).context("the socket is no address")?;
        let is_there = || match self.child.try_wait() {
            Ok(Some(status)) => Ok(Err(status)),
            _ => client.get_connection().map(|_| Ok(())).map_err(|error| error.to_string()),
        };
        let there: Result<(), ExitStatus> = wait_for(STARTING, is_there).context("redis-server does not answer")?;
        there.map_err(|status| anyhow::anyhow!("redis-server has ended at once: {status}"))
    }
}

/// A directory in which the path of a socket is not too long: Linux allows 107 bytes.
fn socket_dir() -> io::Result<TempDir> {
    let prefix = "run-locks-redis-";
    match env::temp_dir().as_os_str().len() {
        ..=70 => TempDir::with_prefix(prefix),
        _ => TempDir::with_prefix_in(prefix, "/tmp"),
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // First ask it to end, then kill it.
        if let Ok(mut connection) = redis::Client::open(self.url.as_str()).and_then(|client| client.get_connection()) {
            let _ = redis::cmd("SHUTDOWN").arg("NOSAVE").exec(&mut connection);
        }
        let has_ended = || matches!(self.child.try_wait(), Ok(Some(_))).then_some(()).ok_or("it runs");
        if wait_for(ENDING, has_ended).is_err() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
