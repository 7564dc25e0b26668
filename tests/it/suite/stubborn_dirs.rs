//! Directories of tests are removed, whatever the tests do to them.

use crate::support::suite_runner::{Fixture, ISOLATIONS, fixture};
use crate::test;

/// Without the right to ignore permissions, which root has.
fn without_rights(fixture: Fixture) -> Fixture {
    match rustix::process::geteuid().is_root() {
        true => fixture.by(&["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"]),
        false => fixture,
    }
}

#[test]
fn directories_without_permissions_are_removed_without_a_warning() {
    for isolation in ISOLATIONS {
        let answer = without_rights(fixture("stubborn_dirs").args(&["-n2", "--isolation", isolation])).run();
        assert_eq!(answer.code, Some(0), "{isolation}: {}", answer.text());
        assert!(!answer.text().contains("warning"), "{isolation}: {}", answer.text());
        assert!(answer.left.is_empty(), "{isolation}: {:?}", answer.left);
    }
}

#[test]
fn directories_without_permissions_are_removed_under_nextest() {
    let names = ["leaves_a_directory_without_permissions", "removes_its_own_directory", "has_a_short_path"];
    for name in names {
        let fixture = fixture("stubborn_dirs").args(&["--exact", name, "--nocapture"]);
        let fixture = fixture.env("NEXTEST_EXECUTION_MODE", "process-per-test");
        let run_id = "7b6b1d1e-5c0f-4f0e-9a4e-2f6d3b1c8a90";
        let answer = without_rights(fixture.env("NEXTEST_RUN_ID", run_id)).run();
        assert_eq!(answer.code, Some(0), "{name}: {}", answer.text());
        assert!(!answer.text().contains("warning"), "{name}: {}", answer.text());
        assert!(answer.left.is_empty(), "{name}: {:?}", answer.left);
    }
}
