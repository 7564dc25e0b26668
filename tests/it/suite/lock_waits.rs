//! `--slow-after`: a run that waits for a lock of another process names the test, the lock and the process that holds it.

use std::path::Path;

use crate::support::suite_runner::{ISOLATIONS, Started, fixture};
use crate::support::wait::wait_until;
use crate::test;

#[test]
fn slow_after_names_the_process_that_holds_a_lock() {
    for isolation in ISOLATIONS {
        let first = fixture("waits_for_locks");
        let log = first.file("log");
        let first = first.env("LOG", &log).args(&["--isolation", isolation]).start();
        wait_until("the first run holds the lock", || !log.lines().is_empty());
        let holder = match isolation {
            // There the controller locks, and the test runs in another process.
            "process" | "test" => first.child.id().to_string(),
            _ => log.lines()[0].clone(),
        };
        let second = fixture("waits_for_locks").beside(first.tmp());
        let (stdout, stderr) = (second.file("stdout"), second.file("stderr"));
        let args = ["--isolation", isolation, "--slow-after", "50ms"];
        let second = second.env("LOG", &log).args(&args).start_writing(&stdout, &stderr);
        let waits = format!("the test `cooks` has waited for `stove` for 50ms; process {holder} holds it: ");
        let is_reported = || stdout.lines().iter().chain(&stderr.lines()).any(|line| line.contains(&waits));
        wait_until("the wait is reported", is_reported);
        std::fs::write(AsRef::<Path>::as_ref(&log).with_extension("go"), "").expect("written");
        // The first answer owns the directory that the second run uses.
        for answer in [first, second].map(Started::ended) {
            let written = [stdout.lines(), stderr.lines()].concat().join("\n");
            assert_eq!(answer.code, Some(0), "{isolation}: {}{written}", answer.text());
        }
    }
}
