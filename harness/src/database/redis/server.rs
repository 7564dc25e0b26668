//! The Redis server of one lane. The fixture server starts it.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use crate::database::service::{Server, ServerSpec, StartError};
use crate::model::error::{Error, FixtureError};
use crate::model::protocol::DatabaseRequest;
use crate::model::redis_endpoint::RedisAt;
use crate::os::reserved_port::ReservedPort;
use crate::os::{codec, env, machine};
use crate::process::service_process::{self, ServiceProcess};

/// How long the server may take to start; 7 ms were measured.
const STARTING: Duration = Duration::from_secs(60);

/// How long the server may take to end; 2 ms were measured.
const ENDING: Duration = Duration::from_secs(2);

/// The longest path of a socket, in bytes; Linux allows 107.
const LONGEST_SOCKET: usize = 103;

/// The server programs, in the order of preference.
const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];

const MISSING: &str = "Redis is not installed: install it, for example with `apt-get install redis-server`, or set \
                       SWIMLANES_REDIS_BIN to its program";

struct RedisServer {
    at: RedisAt,
    daemon: ServiceProcess,
    /// Reserved while the server runs.
    _port: ReservedPort,
}

/// Starts a server.
pub(crate) fn start(place: &ServerSpec<'_>) -> Result<Box<dyn Server>, StartError> {
    let Some(program) = program()? else { return Err(StartError::Missing(MISSING.to_owned())) };
    let dir = place.dir;
    let port = ReservedPort::bind(0).map_err(|cause| Error::io("bind a free port of 127.0.0.1", cause))?;
    let (config, log) = (dir.join("config"), dir.join("log"));
    let at = RedisAt {
        generation: place.generation,
        socket: Some(dir.join("socket")).filter(|socket| socket.as_os_str().len() <= LONGEST_SOCKET),
        port: port.port(),
        password: machine::fresh_secret(),
        version: version(&program)?,
        log: log.clone(),
    };
    // In a file, because every user can read the arguments of a process.
    let socket = at
        .socket
        .as_ref()
        .map_or_else(String::new, |socket| format!("unixsocket \"{}\"\nunixsocketperm 700\n", socket.display()));
    let lines = format!(
        "bind 127.0.0.1\nport {}\n{socket}requirepass {}\nsave \"\"\nappendonly no\ndir \"{}\"\n",
        at.port,
        at.password,
        dir.display()
    );
    // The directory was private from the start, so the file is, too.
    fs::write(&config, lines).map_err(|cause| Error::file("write", &config, cause))?;
    let mut command = Command::new(program);
    command.arg(&config);
    let fail = |cause| Error::io(format!("start Redis: {}", service_process::tail(&log, 0).trim_end()), cause);
    let mut daemon = ServiceProcess::start(command, dir, &log, Signal::TERM).map_err(fail)?;
    let is_ready = || match &at.socket {
        Some(socket) => UnixStream::connect(socket).is_ok(),
        None => TcpStream::connect((Ipv4Addr::LOCALHOST, at.port)).is_ok(),
    };
    daemon.wait_until(STARTING, is_ready).map_err(fail)?;
    Ok(Box::new(RedisServer { at, daemon, _port: port }))
}

fn program() -> Result<Option<PathBuf>, Error> {
    if let Some(program) = env::redis_program() {
        return match program.is_file() {
            true => Ok(Some(program)),
            false => {
                let cause = io::Error::other("SWIMLANES_REDIS_BIN must be a program, and there is no such file");
                Err(Error::file("find Redis at", &program, cause))
            }
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::env::split_paths(&path).chain(["/usr/bin".into(), "/usr/local/bin".into(), "/usr/sbin".into()]);
    let programs: Vec<PathBuf> = dirs.collect();
    Ok(PROGRAMS.iter().find_map(|name| programs.iter().map(|dir| dir.join(name)).find(|program| program.is_file())))
}

/// The version in the output of `--version`: `7.0.15` in `Redis server v=7.0.15 sha=00000000:0 …`.
fn version(program: &std::path::Path) -> Result<String, Error> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    let output = output.map_err(|cause| Error::file("run", program, cause))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_whitespace().find_map(|word| word.strip_prefix("v="));
    Ok(version.unwrap_or(text.trim_end()).to_owned())
}

impl Server for RedisServer {
    fn is_alive(&mut self) -> bool {
        self.daemon.exit_status().is_none()
    }

    fn described(&self) -> Vec<u8> {
        codec::of(&self.at)
    }

    fn database(&mut self, _: DatabaseRequest) -> Result<Vec<u8>, FixtureError> {
        Err("Redis has no databases that can be created".into())
    }

    fn end(&mut self) {
        self.daemon.end(ENDING);
    }
}
