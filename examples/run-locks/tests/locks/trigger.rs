//! The program that runs a scenario on a lock: its output, its exit code, and its leftovers.

use std::process::{Command, Output};

use swimlanes::prelude::*;

use crate::fixtures::{Place, TestResult};

// Limits the number of tests that start their own servers.
swimlanes::resource!("redis-server", capacity = 2);

fn trigger(arguments: &[&str], temporary: &TestDir) -> std::io::Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trigger"));
    command.args(arguments).env_remove("REDIS_URL").env("TMPDIR", temporary.path()).output()
}

/// The exit code, and the last line of the output.
fn ended(output: &Output) -> (Option<i32>, String) {
    let said = String::from_utf8_lossy(if output.stdout.is_empty() { &output.stderr } else { &output.stdout });
    (output.status.code(), said.trim_end().lines().last().unwrap_or_default().to_owned())
}

fn n_left(dir: &TestDir) -> std::io::Result<usize> {
    Ok(dir.path().read_dir()?.count())
}

/// Runs a herd on this form: checks the exit code and the last line of the program, and that nothing is left.
fn check(form: &str, code: i32, line: &str, place: &Place, temporary: &TestDir) -> TestResult {
    let url = place.redis().url();
    let output = trigger(&["thundering-herd", "--form", form, "--threads", "3", "--url", &url], temporary)?;
    assert_eq!(ended(&output), (Some(code), line.to_owned()));
    let keys: usize = redis::cmd("DBSIZE").query(&mut place.redis().connect()?)?;
    assert_eq!((keys, n_left(temporary)?), (0, 0), "it leaves nothing behind");
    Ok(())
}

#[swimlanes::test(timeout = "60s", tags("mended", "slow", "integration"))]
fn sound_lock_exits_with_0(place: Place, temporary: TestDir) -> TestResult {
    check("mended", 0, "thundering-herd: the mended lock is sound", &place, &temporary)
}

#[swimlanes::test(timeout = "60s", tags("broken", "slow", "integration"))]
fn violation_exits_with_1(place: Place, temporary: TestDir) -> TestResult {
    check("expiring", 1, "thundering-herd: the expiring lock is not sound", &place, &temporary)
}

#[swimlanes::test(timeout = "60s", shared_resource("redis-server", n = 1), tags("mended", "slow", "integration"))]
fn server_is_started_and_ended_if_none_is_named(_has_one: Redis, temporary: TestDir) -> TestResult {
    let output = trigger(&["all", "--requests", "2"], &temporary)?;
    assert_eq!(ended(&output), (Some(0), "two-singletons: the mended lock is sound".to_owned()));
    assert_eq!(n_left(&temporary)?, 0);
    Ok(())
}

#[swimlanes::test(
    cases(
        no_server = (&["all", "--url", "redis://127.0.0.1:1/"], "error: cannot connect to Redis at 127.0.0.1:1: Connection refused (os error 111)"),
        no_address = (&["all", "--url", "http://localhost"], "error: cannot connect to Redis at an invalid address: Redis URL did not parse - InvalidClientConfig"),
        no_scenario = (&["stampede"], "For more information, try '--help'."),
        no_herd = (&["all", "--threads", "1"], "For more information, try '--help'."),
    ),
    timeout = "60s",
    tags("slow")
)]
fn invalid_usage_exits_with_2(#[case] arguments: &[&str], #[case] line: &str, temporary: TestDir) -> TestResult {
    assert_eq!(ended(&trigger(arguments, &temporary)?), (Some(2), line.to_owned()));
    Ok(())
}
