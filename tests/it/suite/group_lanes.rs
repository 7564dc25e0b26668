//! The directory and the database of a worker belong to its slot, in every isolation.

use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

#[test]
fn group_tests_share_the_directory_and_the_database_of_their_worker() {
    for isolation in ISOLATIONS {
        for workers in ["-n1", "-n3"] {
            let answer = fixture("groups_share_lanes").args(&[workers, "--isolation", isolation]).run();
            assert_eq!(answer.code, Some(0), "{isolation}: {}", answer.text());
            assert!(answer.left.is_empty(), "{isolation}: {:?}", answer.left);
        }
    }
}
