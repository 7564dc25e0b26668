//! The number of workers follows the cores that the process may use.

use swimlanes_core::events::Record;

use crate::support::records::records;
use crate::support::suite_runner::{ISOLATIONS, fixture};
use crate::test;

mod quota;

/// A program that runs the command in its arguments on the first core that it may use.
const ON_ONE_CORE: [&str; 4] =
    ["sh", "-c", r#"exec taskset --cpu-list "$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')" "$@""#, ""];

/// With `-n auto`, the default, this program leaves one worker.
#[track_caller]
fn check_one_worker(program: &[&str]) {
    for isolation in ISOLATIONS {
        let fixture = fixture("groups_share_lanes").args(&["--isolation", isolation]);
        let file = fixture.file("events");
        let answer = fixture.args(&["--events", file.as_str()]).by(program).run();
        assert_eq!(answer.code, Some(0), "{isolation}: {}", answer.text());
        let records = records(&file);
        let Some(Record::RunStarted(run)) = records.first() else { panic!("{isolation}: {}", answer.text()) };
        assert_eq!(run.workers, 1, "{isolation}: {}", answer.text());
    }
}

#[test]
#[cfg_attr(not(can_limit_cores), ignore = "no quota can be set here")]
fn a_cpu_quota_of_one_core_gives_one_worker() {
    check_one_worker(&quota::WITH_ONE_CORE);
}

#[test]
fn an_affinity_of_one_core_gives_one_worker() {
    check_one_worker(&ON_ONE_CORE);
}
