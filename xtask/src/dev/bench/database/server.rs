//! The PostgreSQL server that all contenders share: a swimlanes run that keeps its server until the measurement ends.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use anyhow::{Context, bail, ensure};

use crate::dev::bench::database::source::PREFIX;
use crate::dev::bench::package::{BuiltSuites, SuitePackage};
use crate::dev::bench::spec::{Dialect, Driver, Scenario, System};

#[derive(Debug)]
pub(super) struct PostgresServer {
    pub(super) url: String,
    pub(super) version: String,
    run: Child,
    /// The run ends when this is closed, even if this process is killed.
    stdin: Option<ChildStdin>,
    /// Kept open, since the run may still write to it.
    _stdout: BufReader<ChildStdout>,
}

impl PostgresServer {
    /// Starts the server, or returns why there is none.
    pub(super) fn start(package: &SuitePackage, built: &BuiltSuites) -> anyhow::Result<Result<Self, String>> {
        let target = Scenario::Postgres.target(Dialect::Database(System::Postgres, Driver::Server));
        let mut command = package.command(&built.executables[&target]);
        // As many workers as the contenders have: the server allows connections for that number.
        command.args(["--test-threads", "2", "--nocapture"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut run = command.spawn().context("cannot start the PostgreSQL server's run")?;
        let stdin = run.stdin.take();
        let mut stdout = BufReader::new(run.stdout.take().context("its stdout is a pipe")?);
        let mut output = String::new();
        loop {
            let mut line = String::new();
            if stdout.read_line(&mut line)? == 0 {
                break;
            }
            if let Some((url, version)) = parse(&line) {
                return Ok(Ok(Self { url, version, run, stdin, _stdout: stdout }));
            }
            output.push_str(&line);
        }
        let status = run.wait()?;
        match skipped(&output) {
            Some(why) if status.success() => Ok(Err(why.to_owned())),
            _ => bail!("no PostgreSQL server was started; the run ended with {status}:\n{output}"),
        }
    }

    /// Stops the server.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        drop(self.stdin.take());
        let status = self.run.wait().context("cannot wait for the PostgreSQL server's run")?;
        ensure!(status.success(), "the PostgreSQL server's run ended with {status}");
        Ok(())
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.run.wait();
    }
}

/// The URL and the version in a line `server: URL VERSION`.
fn parse(line: &str) -> Option<(String, String)> {
    let (url, version) = line.strip_prefix(PREFIX)?.trim_end().split_once(' ')?;
    Some((url.to_owned(), version.to_owned()))
}

/// The reason for which its only test was skipped.
fn skipped(output: &str) -> Option<&str> {
    output.lines().find_map(|line| Some(line.split_once(" ... ignored, ")?.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_line_contains_url_and_version() {
        let url = "postgresql:///d?host=%2Frun&port=1&user=postgres";
        let found = parse(&format!("{PREFIX}{url} 15.1 (Debian 15.1-0)\n"));
        assert_eq!(found, Some((url.to_owned(), "15.1 (Debian 15.1-0)".to_owned())));
        assert_eq!(parse("running 1 test\n"), None);
    }

    #[test]
    fn reason_of_a_skipped_server_is_read() {
        let output =
            "\nrunning 1 test\ntest server ... ignored, there is no server here\n\ntest result: ok. 0 passed\n";
        assert_eq!(skipped(output), Some("there is no server here"));
        assert_eq!(skipped("test server ... FAILED\n"), None);
    }
}
