//! Directories whose names other users can predict are used only if they belong to this user and are closed to others. Otherwise the run
//! reports the reason, and does not use them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::suite::nextest;
use crate::support::suite_runner::{Answer, Fixture, ISOLATIONS, below, fixture};
use crate::support::wait::wait_until;
use crate::test;

/// The user `nobody`, with its number on most systems.
const NOBODY: u32 = 65_534;

/// What an attacker has put in the place of our directory.
#[derive(Debug, Clone, Copy)]
enum Found {
    Mode(u32),
    OfNobody(u32),
    LinkElsewhere,
    LinkToOwn,
    DanglingLink,
    File,
}

use Found::*;

/// What any user can put there, and the reason why it is refused.
const BY_ANYBODY: [(Found, &str); 7] = [
    (Mode(0o777), "it is open to other users (mode 0777)"),
    (Mode(0o755), "it is open to other users (mode 0755)"),
    (Mode(0o500), "this user cannot use it (mode 0500)"),
    (LinkElsewhere, "it is a symbolic link"),
    (LinkToOwn, "it is a symbolic link"),
    (DanglingLink, "it is a symbolic link"),
    (File, "it is not a directory"),
];

/// What only root can put there in a test.
const BY_ROOT: [(Found, &str); 2] = [
    (OfNobody(0o700), "it belongs to user 65534, and this is user 0"),
    (OfNobody(0o777), "it belongs to user 65534, and this is user 0"),
];

impl Found {
    /// Puts it there. The target of a link is another directory beside it.
    fn put(self, path: &Path) {
        let elsewhere = path.with_extension("elsewhere");
        let directory = |path: &Path, mode| {
            fs::create_dir(path).expect("made");
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
        };
        match self {
            Mode(mode) => directory(path, mode),
            OfNobody(mode) => {
                directory(path, mode);
                chown(path, Some(NOBODY), Some(NOBODY)).expect("this test needs root, as the one that built it was");
            }
            LinkElsewhere => directory(&elsewhere, 0o777),
            LinkToOwn => directory(&elsewhere, 0o700),
            DanglingLink => {}
            File => fs::write(path, "x").expect("written"),
        }
        if matches!(self, LinkElsewhere | LinkToOwn | DanglingLink) {
            symlink(elsewhere, path).expect("linked");
        }
    }
}

/// All entries below a directory, with their modes and owners.
fn seen(dir: &Path) -> Vec<String> {
    let line = |name: String| {
        // A process that is still ending may remove it.
        let found = dir.join(&name).symlink_metadata().ok()?;
        Some(format!("{name} {:o} {} {}", found.mode(), found.uid(), found.gid()))
    };
    below(dir).into_iter().filter_map(line).collect()
}

/// `swimlanes-<user>` with this suffix, for the owner of the directory.
fn base_in(tmp: &TempDir, ending: &str) -> PathBuf {
    let user = tmp.path().metadata().expect("it is there").uid();
    tmp.path().join(format!("swimlanes-{user}{ending}"))
}

fn message(path: &Path, why: &str, advice: &str) -> String {
    format!("cannot use the directory {}: {why}; {advice}", path.display())
}

const ADVICE: &str = "remove it, or set SWIMLANES_TMPDIR to a directory of your own";

/// In each isolation and under cargo-nextest, the entry in the place of the state directory ends the run, and is not changed.
#[track_caller]
fn check(table: &[(Found, &str)]) {
    for &(found, why) in table {
        let tmp = tempfile::tempdir().expect("a directory");
        let base = base_in(&tmp, "");
        found.put(&base);
        let before = seen(tmp.path());
        let error = format!("error: {}\n", message(&base, why, ADVICE));
        for isolation in ISOLATIONS {
            let run = fixture("lanes").beside(tmp.path()).args(&["-n2", "--isolation", isolation, "l0"]);
            let trace = run.file("trace");
            let answer = run.env("TRACE", trace).run();
            assert_eq!(answer.text(), format!("--- stderr\n{error}--- exit code 70\n"), "{found:?}, {isolation}");
            assert_eq!(seen(tmp.path()), before, "{found:?}, {isolation}");
        }
        let answer = nextest::run(&["lanes"], &["-E", "test(=l01)"]).beside(tmp.path()).run();
        assert_eq!(answer.code, Some(100), "{found:?}: {}", answer.text());
        assert!(answer.stderr.contains(&error), "{found:?}: {}", answer.text());
        assert_eq!(seen(tmp.path()), before, "{found:?}, nextest");
    }
}

#[test]
fn a_state_directory_that_is_open_or_a_link_is_not_used() {
    check(&BY_ANYBODY);
}

#[test]
#[cfg_attr(not(is_root), ignore = "only root can make a directory of another user")]
fn a_state_directory_of_another_user_is_not_used() {
    check(&BY_ROOT);
}

/// Each process checks it, in any order. If the test ends its process, another one is started.
#[test]
fn a_state_directory_that_is_replaced_during_the_run_is_not_used() {
    for (isolation, ends) in [("thread", None), ("thread", Some("1")), ("none", None)] {
        let answer = swapped(of_isolation(isolation, ends), |answer, why| answer.stdout.contains(why));
        assert_eq!(answer.code, Some(101), "{isolation}, {ends:?}: {}", answer.text());
    }
    let answer = swapped(nextest::run(&["replaced_directory"], &["-j1"]), |answer, why| answer.stderr.contains(why));
    assert!(answer.stderr.contains("2 tests run: 1 passed, 1 failed"), "{}", answer.text());
}

/// The process that starts the others holds the lock of the run, which keeps the state directory. Only this user can still rename it, and
/// then the directory of the run is missing.
#[test]
fn a_state_directory_that_is_renamed_during_the_run_is_reported() {
    for (isolation, ends) in [("process", Some("1")), ("test", None), ("test", Some("1"))] {
        let is_missed = |answer: &Answer, _: &str| answer.stdout.contains("cannot make the directory");
        let answer = swapped(of_isolation(isolation, ends), is_missed);
        assert_eq!(answer.code, Some(101), "{isolation}, {ends:?}: {}", answer.text());
    }
}

fn of_isolation(isolation: &str, ends: Option<&str>) -> Fixture {
    let run = fixture("replaced_directory").args(&["-n1", "--isolation", isolation]);
    ends.into_iter().fold(run, |run, ends| run.env("ENDS", ends))
}

#[track_caller]
fn swapped(run: Fixture, is_reported: impl Fn(&Answer, &str) -> bool) -> Answer {
    let (tmp, target) = [(); 2].map(|()| tempfile::tempdir().expect("a directory")).into();
    let base = base_in(&tmp, "");
    let answer = run.beside(tmp.path()).env("BASE", &base).env("TARGET", target.path()).run();
    assert!(is_reported(&answer, &message(&base, "it is a symbolic link", ADVICE)), "{}", answer.text());
    assert_eq!(below(target.path()), [] as [&str; 0], "{}", answer.text());
    answer
}

/// The data of servers are in their own directory, which the fixture server creates.
#[track_caller]
fn check_servers(table: &[(Found, &str)]) {
    for &(found, why) in table {
        let tmp = tempfile::tempdir().expect("a directory");
        let base = base_in(&tmp, "-s");
        found.put(&base);
        let before = seen(tmp.path());
        let expected = message(&base, why, ADVICE);
        for isolation in ISOLATIONS {
            let run = fixture("redis").beside(tmp.path()).args(&["--isolation", isolation, "--exact", "of_0::a"]);
            let answer = run.run();
            assert!(answer.stdout.contains(&expected), "{found:?}, {isolation}: {}", answer.text());
            assert_eq!(answer.code, Some(101), "{found:?}, {isolation}: {}", answer.text());
            wait_until("the run has left", || seen(tmp.path()) == before);
        }
        let answer = nextest::run(&["redis"], &["-E", "test(=of_0::a)"]).beside(tmp.path()).run();
        assert!(answer.stderr.contains(&expected), "{found:?}: {}", answer.text());
        wait_until("the run has left", || seen(tmp.path()) == before);
    }
}

#[test]
#[cfg_attr(not(has_redis), ignore = "Redis is not installed")]
fn servers_put_nothing_into_a_directory_that_is_open_or_a_link() {
    check_servers(&BY_ANYBODY);
}

#[test]
#[cfg_attr(not(all(has_redis, is_root)), ignore = "Redis is not installed, or this is not root")]
fn servers_put_nothing_into_a_directory_of_another_user() {
    check_servers(&BY_ROOT);
}

/// Root has its cache in `/var/cache`, so this test mounts a private one.
#[track_caller]
fn check_cache(table: &[(Found, &str)]) {
    let script = r#"exec unshare --mount sh -c 'mount --bind "$XDG_CACHE_HOME" /var/cache && exec "$@"' "" "$@""#;
    for &(found, why) in table {
        let (tmp, cache) = [(); 2].map(|()| tempfile::tempdir().expect("a directory")).into();
        let is_root = base_in(&tmp, "").ends_with("swimlanes-0");
        let path = cache.path().join("swimlanes");
        found.put(&path);
        let before = seen(cache.path());
        let run = fixture("servers").beside(tmp.path()).args(&["-n1", "--exact", "first"]);
        let run = run.env("XDG_CACHE_HOME", cache.path());
        let answer = if is_root { run.by(&["sh", "-c", script, ""]).run() } else { run.run() };
        let expected = match is_root {
            true => message(Path::new("/var/cache/swimlanes"), why, "remove it"),
            false => message(&path, why, "remove it, or set XDG_CACHE_HOME to a directory of your own"),
        };
        assert!(answer.stdout.contains(&expected), "{found:?}: {}", answer.text());
        assert_eq!(seen(cache.path()), before, "{found:?}: {}", answer.text());
    }
}

#[test]
#[cfg_attr(not(all(has_postgres, can_mount)), ignore = "PostgreSQL is not installed, or nothing can be mounted")]
fn the_cache_is_not_read_from_a_directory_that_others_can_write_to() {
    // A directory that others can only read is accepted.
    let table: Vec<_> = BY_ANYBODY.into_iter().filter(|(found, _)| !matches!(found, Mode(0o755))).collect();
    check_cache(&table);
}

#[test]
#[cfg_attr(
    not(all(has_postgres, can_mount, is_root)),
    ignore = "PostgreSQL is not installed, nothing can be mounted, or this is not root"
)]
fn the_cache_is_not_read_from_a_directory_of_another_user() {
    check_cache(&BY_ROOT);
}

/// If others can rename our directory, the run continues, and prints a note once. `None` is the user who runs this test.
#[track_caller]
fn check_around(mode: u32, owner: Option<u32>, why: Option<&str>) {
    let tmp = tempfile::tempdir().expect("a directory");
    let dir = tmp.path().join("tmp");
    fs::create_dir(&dir).expect("made");
    fs::set_permissions(&dir, fs::Permissions::from_mode(mode)).expect("it is ours");
    chown(&dir, owner, owner).expect("this test needs root, as the one that built it was");
    let base = dir.join(base_in(&tmp, "").file_name().expect("a name"));
    let run = fixture("lanes").beside(&dir).args(&["-n2", "l01", "l02"]);
    let trace = run.file("trace");
    let answer = run.env("TRACE", trace).run();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    let notes: Vec<&str> = answer.stdout.lines().filter(|line| line.starts_with("warning: ")).collect();
    let note = |why| {
        let (base, dir) = (base.display(), dir.display());
        format!(
            "warning: other users can replace {base}, as they can rename entries of {dir}: {why}; set SWIMLANES_TMPDIR to a directory of your own"
        )
    };
    assert_eq!(notes, why.map(note).as_slice(), "{}", answer.text());
    assert_eq!(below(&dir), [] as [&str; 0]);
}

#[test]
fn a_note_warns_if_others_can_replace_the_state_directory() {
    let no_sticky_bit = "every user can write to it, and it has no sticky bit (mode 0777)";
    check_around(0o777, None, Some(no_sticky_bit));
    check_around(0o1777, None, None);
    check_around(0o775, None, None);
    // New directories inherit this bit.
    check_around(0o2700, None, None);
}

#[test]
#[cfg_attr(not(is_root), ignore = "only root can make a directory of another user")]
fn a_note_warns_if_another_user_can_replace_the_state_directory() {
    check_around(0o1777, Some(NOBODY), Some("it belongs to user 65534"));
    check_around(0o700, Some(NOBODY), Some("it belongs to user 65534"));
}
