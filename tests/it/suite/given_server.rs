//! Databases on a PostgreSQL server that was there: each run leaves it as it was.

use std::io::{BufRead, BufReader};
use std::process::Command;

use postgres::{Client, NoTls};
use tempfile::TempDir;

use crate::suite::fixture::{Fixture, ISOLATIONS, Started};
use crate::suite::services::{in_memory, is_empty, of_processes, on};
use crate::suite::wait::wait_until;
use crate::test;

/// A run that has started a server, and goes on until it is killed.
struct Lender {
    run: Started,
    url: String,
    tmp: TempDir,
}

impl Lender {
    fn start() -> Self {
        let tmp = in_memory();
        let fixture = on("servers", &tmp).args(&["-n1", "--ignored", "--exact", "lends_its_server"]);
        let state = fixture.file("state");
        let run = fixture.env("STATE", &state).start();
        wait_until("there is a server", || !state.lines().is_empty());
        Self { run, url: state.text(), tmp }
    }

    /// A run of that fixture, which has its files there and is to use this server.
    fn serve(&self, name: &str, tmp: &TempDir) -> Fixture {
        on(name, tmp).env("SWIMLANES_POSTGRES_URL", &self.url)
    }

    fn databases(&self) -> Vec<String> {
        let mut client = Client::connect(&self.url, NoTls).expect("connected");
        let rows = client.query("SELECT datname::text FROM pg_database ORDER BY 1", &[]).expect("answered");
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// It ends as after any killed run.
    fn end(mut self) {
        self.run.child.kill().expect("it runs");
        self.run.child.wait().expect("it has ended");
        is_empty(&self.tmp);
    }
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn it_serves_and_is_left_as_it_was() {
    let lender = Lender::start();
    let before = lender.databases();
    for isolation in ISOLATIONS {
        let tmp = in_memory();
        let answer = lender.serve("postgres", &tmp).args(&["-n2", "--isolation", isolation, "_0::"]).run();
        assert!(answer.stdout.contains("test result: ok. 30 passed; 0 failed"), "{isolation}: {}", answer.text());
        is_empty(&tmp);
        wait_until("the databases are gone", || lender.databases() == before);
    }
    lender.end();
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn what_killed_runs_have_left_on_it_goes_with_the_next_one() {
    let lender = Lender::start();
    let before = lender.databases();
    for after in [1, 40, 7] {
        let tmp = in_memory();
        let mut run = lender.serve("postgres", &tmp).args(&["-n2", "--isolation", "thread"]).start();
        let lines = BufReader::new(run.child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        assert_eq!(lines.filter(|line| line.starts_with("test ")).take(after).count(), after);
        // Together, so that nobody is left to tidy up.
        let ids = of_processes(tmp.path()).into_iter().map(|(id, _)| id);
        let killed = Command::new("kill").arg("-KILL").args(ids).status().expect("kill starts");
        assert!(killed.success());
        run.child.wait().expect("it has ended");
    }
    assert_ne!(lender.databases(), before, "they had nothing");
    let tmp = in_memory();
    let answer = lender.serve("postgres", &tmp).args(&["-n2", "_0::"]).run();
    assert!(answer.stdout.contains("test result: ok. 30 passed; 0 failed"), "{}", answer.text());
    // What the lender has is not touched: its run goes on.
    wait_until("the databases are gone", || lender.databases() == before);
    lender.end();
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn more_workers_than_it_has_connections_for_are_refused() {
    let lender = Lender::start();
    let tmp = in_memory();
    let answer = lender.serve("postgres", &tmp).args(&["-n60"]).run();
    assert!(answer.stdout.contains("; for 60 workers there must be 185 at least: run fewer"), "{}", answer.text());
    lender.end();
}
