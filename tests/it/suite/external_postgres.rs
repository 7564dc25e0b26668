//! Databases on a PostgreSQL server that was there: each run leaves it as it was.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use postgres::{Client, NoTls};
use tempfile::TempDir;

use crate::suite::services::{in_memory, is_empty, of_processes, on};
use crate::support::suite_runner::{Fixture, ISOLATIONS, Started};
use crate::support::wait::wait_until;
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
fn an_external_server_serves_and_is_left_as_it_was() {
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

/// What was done to a database of a test's own is done to no other one, and one that got only rows is used again.
#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn a_database_of_ones_own_is_as_its_template_whatever_was_done_before() {
    let lender = Lender::start();
    let before = lender.databases();
    for isolation in ISOLATIONS {
        for is_given in [false, true] {
            let tmp = in_memory();
            let fixture =
                if is_given { lender.serve("recycled_databases", &tmp) } else { on("recycled_databases", &tmp) };
            let answer = fixture.args(&["-n2", "--isolation", isolation, "--nocapture"]).run();
            let passed = "test result: ok. 47 passed; 0 failed; 0 ignored";
            assert!(answer.stdout.contains(passed), "{isolation}: {}", answer.text());
            let mut names: Vec<&str> =
                answer.stdout.lines().filter_map(|line| Some(line.split_once("database swimlanes_")?.1)).collect();
            let n_taken = names.len();
            names.sort_unstable();
            names.dedup();
            assert!(n_taken > 80 && names.len() < n_taken * 3 / 4, "{isolation}: {} of {n_taken}", names.len());
            is_empty(&tmp);
        }
    }
    wait_until("the databases are gone", || lender.databases() == before);
    lender.end();
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn what_killed_runs_have_left_on_an_external_server_goes_with_the_next_one() {
    let lender = Lender::start();
    let before = lender.databases();
    for after in [1, 40, 7] {
        let tmp = in_memory();
        let mut run = lender.serve("postgres", &tmp).args(&["-n2", "--isolation", "thread"]).start();
        let lines = BufReader::new(run.child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        assert_eq!(lines.filter(|line| line.starts_with("test ")).take(after).count(), after);
        // Together, so that nobody is left to tidy up.
        wait_until("all are killed", || {
            let ids: Vec<String> = of_processes(tmp.path()).into_iter().map(|(id, _)| id).collect();
            // One that has just ended is killed in vain, and another one may have been about to start.
            if !ids.is_empty() {
                let killed = Command::new("kill").arg("-KILL").args(&ids).stderr(Stdio::null()).status();
                killed.expect("kill starts");
            }
            ids.is_empty()
        });
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
    assert!(answer.stdout.contains("; for 60 workers there must be 182 at least: run fewer"), "{}", answer.text());
    lender.end();
}
