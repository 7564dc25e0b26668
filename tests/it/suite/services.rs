//! Databases and servers for each lane: real ones, which end with the run, even if it is killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::suite::nextest;
use crate::support::suite_runner::{Answer, Fixture, ISOLATIONS, below, fixture};
use crate::support::wait::wait_until;
use crate::test;

/// 36 tests on four workers, each of which writes the same keys.
#[track_caller]
fn check(service: &str) {
    for isolation in ISOLATIONS {
        let tmp = in_memory();
        let answer = on(service, &tmp).args(&["-n4", "--isolation", isolation]).run();
        let passed = "test result: ok. 36 passed; 0 failed; 0 ignored";
        assert!(answer.stdout.contains(passed), "{isolation}: {}", answer.text());
        assert!(!answer.stdout.contains("leaky"), "{isolation}: {}", answer.text());
        is_empty(&tmp);
    }
    let tmp = in_memory();
    let nextest = nextest::run(&[service], &["--test-threads", "4"]).env("SWIMLANES_REQUIRE_SERVICES", "1");
    let answer = nextest.beside(tmp.path()).run();
    assert!(answer.stderr.contains("36 tests run: 36 passed"), "{}", answer.text());
    assert!(!answer.stderr.to_lowercase().contains("leak"), "{}", answer.text());
    is_empty(&tmp);
}

/// A run that has its files in this directory, and fails if a server is not installed.
pub(crate) fn on(name: &str, tmp: &TempDir) -> Fixture {
    fixture(name).env("SWIMLANES_REQUIRE_SERVICES", "1").beside(tmp.path())
}

/// A directory in memory, where servers put their data by default: they are much slower on a disk.
pub(crate) fn in_memory() -> TempDir {
    let has_room =
        rustix::fs::statvfs("/dev/shm").is_ok_and(|stat| stat.f_bavail.saturating_mul(stat.f_frsize) >= 1 << 30);
    let in_memory = if has_room { tempfile::tempdir_in("/dev/shm").ok() } else { None };
    in_memory.map_or_else(tempfile::tempdir, Ok).expect("a directory")
}

/// Waits, as processes of a run may still be ending.
#[track_caller]
pub(crate) fn is_empty(tmp: &TempDir) {
    wait_until("nothing is left", || below(tmp.path()).is_empty() && processes_in(tmp.path()).is_empty());
}

#[test]
fn each_test_sees_only_its_own_rows_in_sqlite() {
    check("sqlite");
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn each_test_sees_only_its_own_rows_in_postgres() {
    check("postgres");
}

#[test]
#[cfg_attr(not(has_redis), ignore = "Redis is not installed")]
fn each_test_sees_only_its_own_keys_in_redis() {
    check("redis");
}

/// Kills a run after different numbers of tests, twice in each isolation: the second time, kills the fixture server as well.
#[track_caller]
pub(crate) fn check_killed(service: &str) {
    let tmp = in_memory();
    for (n, after) in [3, 1, 17, 26, 4, 33, 2, 9].into_iter().enumerate() {
        let isolation = ISOLATIONS[n % ISOLATIONS.len()];
        let mut started = on(service, &tmp).args(&["-n4", "--isolation", isolation]).start();
        let stdout = started.child.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let n_finished = lines.by_ref().filter(|line| line.starts_with("test ")).take(after).count();
        assert_eq!(n_finished, after, "{isolation}");
        if n >= ISOLATIONS.len() {
            keeper_in(tmp.path()).into_iter().for_each(kill);
        }
        started.child.kill().expect("it runs");
        started.child.wait().expect("it has ended");
        // Not before all processes that write to the pipe have ended.
        drop(lines);
    }
    let answer = on(service, &tmp).args(&["-n4"]).run();
    assert!(answer.stdout.contains("test result: ok. 36 passed"), "{}", answer.text());
    is_empty(&tmp);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn killed_runs_leave_nothing_of_postgres() {
    check_killed("postgres");
}

#[test]
#[cfg_attr(not(has_redis), ignore = "Redis is not installed")]
fn killed_runs_leave_nothing_of_redis() {
    check_killed("redis");
}

/// Whether the segment of shared memory of the server with this state still exists: the first line is the process id, the seventh line
/// contains the segment.
fn has_segment(state: &str) -> bool {
    let creator = state.lines().next().expect("a number").trim();
    let id = state.lines().nth(6).expect("a key and a number").split_whitespace().nth(1).expect("a number");
    let segments = std::fs::read_to_string("/proc/sysvipc/shm").expect("a list");
    // key, number, permissions, size, creator
    let words = segments.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    words.into_iter().any(|words| words.get(1) == Some(&id) && words.get(4) == Some(&creator))
}

#[test]
#[cfg_attr(not(all(has_postgres, has_redis)), ignore = "a server is not installed")]
fn a_killed_server_fails_one_test_and_is_replaced() {
    for isolation in ISOLATIONS {
        let args = ["-n1", "--isolation", isolation, "--include-ignored", "--exact"];
        let names = ["first", "kills_postgres", "kills_redis", "has_other_servers"];
        let tmp = in_memory();
        let fixture = on("servers", &tmp);
        let state = fixture.file("state");
        let answer = fixture.env("STATE", &state).args(&args).args(&names).run();
        assert!(answer.stdout.contains("test result: FAILED. 2 passed; 2 failed"), "{isolation}: {}", answer.text());
        for log in ["---- log of the PostgreSQL server during the test ----", "no_such_table"] {
            assert!(answer.stdout.contains(log), "{isolation}: {}", answer.text());
        }
        // The fixture server may remove the remaining files after the end of the run.
        is_empty(&tmp);
        assert!(!has_segment(&state.text()), "{isolation}: {}", answer.text());
    }
}

#[test]
#[cfg_attr(not(has_redis), ignore = "Redis is not installed")]
fn server_settings_of_a_test_do_not_affect_later_tests() {
    for isolation in ISOLATIONS {
        for changes in ["changes_the_configuration_of_redis", "removes_all_rights_in_redis"] {
            let args = ["-n1", "--isolation", isolation, "--ignored", "--exact", changes, "then_redis_is_as_new"];
            let tmp = in_memory();
            let answer = on("servers", &tmp).args(&args).run();
            assert!(answer.stdout.contains("test result: ok. 2 passed"), "{isolation}: {}", answer.text());
            is_empty(&tmp);
        }
    }
}

#[test]
#[cfg_attr(not(all(has_postgres, has_redis)), ignore = "a server is not installed")]
fn a_database_is_clean_and_leaves_no_trace() {
    for isolation in ISOLATIONS {
        let tmp = in_memory();
        let answer = on("servers", &tmp).args(&["-n1", "--isolation", isolation, "--skip", "has_other"]).run();
        assert!(
            answer.stdout.contains("test result: ok. 6 passed; 0 failed; 6 ignored"),
            "{isolation}: {}",
            answer.text()
        );
        assert!(!answer.stdout.contains("leaky"), "{isolation}: {}", answer.text());
        is_empty(&tmp);
    }
}

#[test]
#[cfg_attr(not(all(has_postgres, has_redis)), ignore = "a server is not installed")]
fn servers_work_if_paths_are_too_long_for_sockets() {
    let tmp = in_memory();
    let deep = tempfile::Builder::new().prefix(&"deep".repeat(30)).tempdir_in(tmp.path()).expect("made");
    let names = ["first", "is_of_use_in_async_tests", "then_redis_is_as_new"];
    let answer = on("servers", &deep).args(&["--include-ignored", "--exact"]).args(&names).run();
    assert!(answer.stdout.contains("test result: ok. 3 passed"), "{}", answer.text());
    is_empty(&deep);
}

/// Each program has its own fixture server.
#[test]
#[cfg_attr(not(all(has_postgres, has_redis)), ignore = "a server is not installed")]
fn two_programs_of_one_run_have_separate_servers() {
    let tmp = in_memory();
    let args = ["--test-threads", "4", "-E", "test(/^clean_0|^first/)"];
    let nextest = nextest::run(&["postgres", "servers"], &args).env("SWIMLANES_REQUIRE_SERVICES", "1");
    let answer = nextest.beside(tmp.path()).run();
    assert!(answer.stderr.contains("5 tests run: 5 passed"), "{}", answer.text());
    is_empty(&tmp);
}

/// The suite runs in a mount namespace in which no server is installed.
#[test]
#[cfg_attr(not(can_mount), ignore = "no file system can be mounted here")]
fn require_services_fails_tests_whose_server_is_not_installed() {
    let script = r#"
unshare --mount true 2>/dev/null || user=--map-root-user
exec unshare $user --mount sh -c '
for program in /usr/bin/redis-server /usr/bin/valkey-server /usr/bin/pg_config; do
    test ! -e $program || mount --bind /dev/null $program || exit 72
done
for dir in /usr/lib/postgresql /usr/local/bin; do
    test ! -d $dir || mount -t tmpfs none $dir || exit 72
done
exec "$@"' "" "$@""#;
    let run = |required: &str| -> Answer {
        let fixture = fixture("servers").env("SWIMLANES_REQUIRE_SERVICES", required).args(&["-n1", "--exact", "first"]);
        fixture.env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").by(&["sh", "-c", script, ""]).run()
    };
    let answer = run("0");
    assert!(answer.stdout.contains("test first ... ignored, PostgreSQL is not installed"), "{}", answer.text());
    assert!(answer.stdout.contains("`apt-get install postgresql`"), "{}", answer.text());
    let answer = run("1");
    assert!(answer.stdout.contains("test first ... FAILED"), "{}", answer.text());
    assert!(answer.stdout.contains("PostgreSQL is not installed: install it"), "{}", answer.text());
}

#[test]
#[cfg_attr(
    not(all(can_mount, has_postgres, has_redis)),
    ignore = "a server is not installed, or nothing can be mounted"
)]
fn a_damaged_cache_is_recreated() {
    // The cache of root is shared by all its runs, so this test mounts a private one.
    let script = r#"
case $(id -u) in
    0) exec unshare --mount sh -c 'mount -t tmpfs none /var/cache && cache=/var/cache && eval "$0"' "$script" "$@";;
    *) cache=$XDG_CACHE_HOME && eval "$script";;
esac"#;
    let twice = r#"
control() { find "$cache" -name pg_control -size "$1" | grep -q .; }
"$@" && control +1k && find "$cache" -name pg_control -exec truncate -s 0 {} \; && control 0 && "$@" && control +1k"#;
    let tmp = in_memory();
    let fixture = on("servers", &tmp).args(&["-n1", "--exact", "first"]);
    let cache = fixture.file("cache");
    let answer = fixture.env("XDG_CACHE_HOME", &cache).env("script", twice).by(&["sh", "-c", script, ""]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    assert_eq!(answer.stdout.matches("test result: ok. 1 passed").count(), 2, "{}", answer.text());
    is_empty(&tmp);
}

/// The command lines of the processes whose run uses this directory.
fn processes_in(tmp: &Path) -> Vec<String> {
    of_processes(tmp).into_iter().map(|(_, command)| command).collect()
}

pub(crate) fn of_processes(tmp: &Path) -> Vec<(String, String)> {
    let tmp = tmp.to_str().expect("text");
    let dirs = std::fs::read_dir("/proc").expect("Linux").flatten().map(|entry| entry.path());
    let of_run = dirs.filter_map(|dir| {
        let read =
            |file: &str| String::from_utf8_lossy(&std::fs::read(dir.join(file)).unwrap_or_default()).into_owned();
        let id = dir.file_name()?.to_str()?.parse::<u32>().ok()?;
        // A process that has ended and was not reaped has no program.
        std::fs::read_link(dir.join("exe")).ok()?;
        let is_of_run = read("environ").contains(tmp) || read("cmdline").contains(tmp);
        (is_of_run && id != std::process::id()).then(|| (id.to_string(), read("cmdline").replace('\0', " ")))
    });
    of_run.collect()
}

/// The parent of the server.
fn keeper_in(tmp: &Path) -> Vec<String> {
    let is_server =
        |command: &str| command.contains("postgres") && command.contains(" -D ") || command.contains("redis-server");
    let servers =
        of_processes(tmp).into_iter().filter(|(_, command)| is_server(command) && !command.contains("/examples/"));
    let parent = |id: &str| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        Some(stat.rsplit_once(") ")?.1.split(' ').nth(1)?.to_owned())
    };
    let parents = servers.filter_map(|(id, _)| parent(&id));
    // The parent of a server's own processes is the server.
    let is_keeper = |id: &String| {
        let command = std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        command.contains("/examples/")
    };
    parents.filter(is_keeper).collect()
}

fn kill(id: String) {
    // It may have ended.
    let _ = Command::new("kill").args(["-KILL", &id]).status();
}
