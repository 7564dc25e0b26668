//! Databases on an external PostgreSQL server: each run restores its previous state.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use postgres::{Client, NoTls};
use tempfile::TempDir;

use crate::suite::services::{in_memory, is_empty, of_processes, on};
use crate::support::suite_runner::{Fixture, ISOLATIONS, Started};
use crate::support::wait::wait_until;
use crate::test;

/// A run that has started a server, and runs until it is killed.
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

    /// A run of that fixture with this directory for its files and this server.
    fn serve(&self, name: &str, tmp: &TempDir) -> Fixture {
        on(name, tmp).env("SWIMLANES_POSTGRES_URL", &self.url)
    }

    fn databases(&self) -> Vec<String> {
        let mut client = Client::connect(&self.url, NoTls).expect("connected");
        let rows = client.query("SELECT datname::text FROM pg_database ORDER BY 1", &[]).expect("answered");
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Ends like any killed run.
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
        assert!(answer.stdout.contains("test result: ok. 12 passed; 0 failed"), "{isolation}: {}", answer.text());
        is_empty(&tmp);
        wait_until("the databases are gone", || lender.databases() == before);
    }
    lender.end();
}

/// Changes to a test's own database affect no other test, and a database in which only rows changed is recycled.
#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn each_database_equals_its_template_after_any_change() {
    let lender = Lender::start();
    let before = lender.databases();
    let own_server = ISOLATIONS.map(|isolation| (isolation, false));
    for (isolation, is_given) in own_server.into_iter().chain([("thread", true), ("test", true)]) {
        let tmp = in_memory();
        let fixture = if is_given { lender.serve("recycled_databases", &tmp) } else { on("recycled_databases", &tmp) };
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
    wait_until("the databases are gone", || lender.databases() == before);
    lender.end();
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn the_next_run_removes_the_databases_of_killed_runs() {
    let lender = Lender::start();
    let before = lender.databases();
    for after in [1, 28, 7] {
        let tmp = in_memory();
        let mut run = lender.serve("postgres", &tmp).args(&["-n2", "--isolation", "thread"]).start();
        let lines = BufReader::new(run.child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        assert_eq!(lines.filter(|line| line.starts_with("test ")).take(after).count(), after);
        // All at once, so that no process is left that cleans up.
        wait_until("all are killed", || {
            let ids: Vec<String> = of_processes(tmp.path()).into_iter().map(|(id, _)| id).collect();
            // A process may have ended just now, and another one may be starting.
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
    assert!(answer.stdout.contains("test result: ok. 12 passed; 0 failed"), "{}", answer.text());
    // The run that started the server continues, and its databases still exist.
    wait_until("the databases are gone", || lender.databases() == before);
    lender.end();
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn more_workers_than_the_server_has_connections_are_refused() {
    let lender = Lender::start();
    let tmp = in_memory();
    let answer = lender.serve("postgres", &tmp).args(&["-n36"]).run();
    assert!(answer.stdout.contains("; for 36 workers, at least 110 must be free: "), "{}", answer.text());
    lender.end();
}
