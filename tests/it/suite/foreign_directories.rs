//! Another user has made our directory first, or has put a link in its place: nothing of ours goes into it, and the error names it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use crate::suite::fixture::{Answer, Fixture, ISOLATIONS, below, fixture};
use crate::test;

/// What stands where our directory is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// A directory of another user; only root can make one.
    OfAnother,
    OpenToAll,
    LinkElsewhere,
    LinkToOwn,
    DanglingLink,
    File,
}

impl Found {
    const ALL: [Self; 6] =
        [Self::OfAnother, Self::OpenToAll, Self::LinkElsewhere, Self::LinkToOwn, Self::DanglingLink, Self::File];

    fn why(self) -> &'static str {
        match self {
            Self::OfAnother => "it belongs to user 65534, and not to user 0",
            Self::OpenToAll => "its mode is 0777, and 07",
            Self::LinkElsewhere | Self::LinkToOwn | Self::DanglingLink => "it is a symbolic link",
            Self::File => "it is not a directory",
        }
    }

    /// Puts it there, and answers the directory into which nothing may go.
    fn put(self, path: &Path) -> PathBuf {
        let make = |path: &Path, mode| {
            fs::DirBuilder::new().mode(0o700).create(path).expect("made");
            fs::set_permissions(path, Permissions::from_mode(mode)).expect("changed");
        };
        let elsewhere = path.with_file_name("elsewhere");
        match self {
            Self::OfAnother => {
                make(path, 0o777);
                chown(path, Some(65_534), Some(65_534)).expect("given away");
            }
            Self::OpenToAll => make(path, 0o777),
            Self::LinkElsewhere => make(&elsewhere, 0o777),
            Self::LinkToOwn => make(&elsewhere, 0o700),
            Self::DanglingLink => {}
            Self::File => fs::write(path, "").expect("written"),
        }
        match self {
            Self::LinkElsewhere | Self::LinkToOwn | Self::DanglingLink => {
                symlink(&elsewhere, path).expect("linked");
                elsewhere
            }
            Self::OfAnother | Self::OpenToAll | Self::File => path.to_owned(),
        }
    }
}

/// The fixture, run in a directory for temporary files that has this in the place of ours; `suffix` tells which of ours.
#[track_caller]
fn check(found: Found, suffix: &str, what: &str, run: impl Fn(Fixture) -> Answer) {
    let tmp = tempfile::tempdir().expect("a directory");
    let me = tmp.path().metadata().expect("it is there").uid();
    if found == Found::OfAnother && me != 0 {
        // Nobody but root can give a directory away; what a foreign one is like, `/` shows in a unit test.
        return;
    }
    let path = tmp.path().join(format!("swimlanes-{me}{suffix}"));
    let untouched = found.put(&path);
    let answer = run(fixture(what).beside(tmp.path()).env("SWIMLANES_REQUIRE_SERVICES", "1"));
    let text = answer.text();
    assert!(!matches!(answer.code, Some(0) | None), "{found:?}: {text}");
    let expected = format!("cannot use the directory {}: {}", path.display(), found.why());
    assert!(text.contains(&expected), "{found:?}: {text}");
    assert!(text.contains("; remove it, or set SWIMLANES_TMPDIR to a directory that only you can write to"), "{text}");
    assert_eq!(below(&untouched), Vec::<String>::new(), "{found:?}: {text}");
    assert!(untouched.exists() != (found == Found::DanglingLink), "{found:?}");
}

#[test]
fn a_directory_that_is_not_ours_alone_is_refused_in_each_isolation() {
    for isolation in ISOLATIONS {
        for found in Found::ALL {
            check(found, "", "cases", |fixture| {
                fixture.args(&["--isolation", isolation, "--exact", "counts::empty", "counts::one_word"]).run()
            });
        }
    }
}

#[test]
fn a_directory_that_is_not_ours_alone_is_refused_for_locks_and_ports() {
    for isolation in ISOLATIONS {
        for found in Found::ALL {
            check(found, "", "tags", |fixture| fixture.args(&["--isolation", isolation]).run());
            check(found, "", "lanes", |fixture| fixture.args(&["-n1", "--isolation", isolation]).run());
        }
    }
}

#[test]
fn a_directory_that_is_not_ours_alone_is_refused_under_nextest() {
    for found in Found::ALL {
        check(found, "", "cases", |fixture| {
            let fixture = fixture.env("NEXTEST_EXECUTION_MODE", "process-per-test").env("NEXTEST_RUN_ID", "x");
            fixture.args(&["--exact", "counts::empty", "--nocapture"]).run()
        });
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_directory_of_servers_that_is_not_ours_alone_is_refused() {
    for found in Found::ALL {
        for what in ["postgres", "redis"] {
            check(found, "-s", what, |fixture| fixture.args(&["-n1"]).run());
        }
    }
}

#[test]
fn a_directory_of_ours_that_is_there_already_is_used() {
    let tmp = tempfile::tempdir().expect("a directory");
    let me = tmp.path().metadata().expect("it is there").uid();
    let path = tmp.path().join(format!("swimlanes-{me}"));
    fs::DirBuilder::new().mode(0o700).create(&path).expect("made");
    let answer = fixture("cases").beside(tmp.path()).args(&["--exact", "counts"]).run();
    assert_eq!(answer.code, Some(0), "{}", answer.text());
    assert!(!path.exists(), "the last process removes it");
}
