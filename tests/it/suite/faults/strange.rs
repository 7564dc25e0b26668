//! Faults that affect the harness itself: they lose no other test's result. They are not in the matrix, as the rivals do not have the
//! affected parts.

use crate::support::executable::path;
use crate::support::suite_runner::{Answer, Fixture, fixture};
use crate::test;

/// Checks the answer of this test in each isolation, with one worker and with two.
#[track_caller]
fn check(name: &str, isolations: &[&str], expected: impl Fn(&Answer) -> bool) {
    for isolation in isolations {
        for workers in ["1", "2"] {
            let args = ["-n", workers, "--isolation", isolation, "--include-ignored", "innocent::", name];
            let answer = fixture("faults").args(&args).run();
            assert!(expected(&answer), "{name} in {isolation} with {workers}: {}", answer.text());
            assert!(answer.left.is_empty(), "{name} in {isolation} left {:?}", answer.left);
        }
    }
}

fn only_it_failed(answer: &Answer) -> bool {
    answer.code == Some(101) && answer.stdout.contains("test result: FAILED. 20 passed; 1 failed")
}

#[test]
fn a_forked_copy_cannot_report_results() {
    check("forks_and_panics", &["none", "thread", "process", "test"], |answer| {
        only_it_failed(answer) && answer.stdout.contains("this is the one that forked")
    });
}

#[test]
fn a_forked_copy_does_not_block_and_its_output_is_shown() {
    let all_passed = |answer: &Answer| answer.code == Some(0) && answer.stdout.contains("test result: ok. 21 passed");
    check("forks_and_aborts", &["none", "thread", "process", "test"], all_passed);
    let name = "forks_while_a_thread_prints";
    check(name, &["process", "test"], all_passed);
    // In isolations with threads, its output bypasses the capture, like that of other processes.
    let is_heard = |answer: &Answer| answer.stdout.matches("from the copy\n").count() == 100;
    check(name, &["none", "thread"], |answer| all_passed(answer) && is_heard(answer));
}

/// Its end is not attributed to another test, even if another test ends the process of the workers in the same way.
#[test]
fn the_end_of_a_forked_copy_is_attributed_to_no_test() {
    let names = ["strange::forks_and_aborts", "fault::aborts"];
    let answer = fixture("faults").args(&["-n1", "--reverse", "--include-ignored", "--exact"]).args(&names).run();
    assert!(answer.stdout.contains("test result: FAILED. 1 passed; 1 failed"), "{}", answer.text());
    assert!(
        answer.stdout.contains("test strange::forks_and_aborts ... ok\ntest fault::aborts ... FAILED"),
        "{}",
        answer.text()
    );
    assert!(!answer.stdout.contains("left behind"), "{}", answer.text());
}

#[test]
fn a_test_that_closes_foreign_descriptors_fails_alone() {
    check("closes_every_descriptor", &["thread", "process", "test"], only_it_failed);
    check("replaces_every_descriptor", &["thread", "process", "test"], only_it_failed);
}

/// Linux can reopen a pipe by its name, but not a socket. Other isolations send results through a socket.
#[test]
fn foreign_writes_to_the_result_channel_are_not_results() {
    check("writes_to_every_descriptor", &["thread"], |answer| {
        answer.code == Some(0)
            && answer.stdout.contains("test result: ok. 21 passed")
            && answer.stdout.contains("warning: a test wrote to the pipe of the test results")
    });
}

#[test]
fn a_test_that_raises_sigabrt_has_crashed() {
    check("raises_sigabrt", &["thread", "process", "test"], |answer| {
        only_it_failed(answer) && answer.stdout.contains("raising it\nnote: the test ended its process: SIGABRT")
    });
}

#[test]
fn a_test_that_calls_ptrace_traceme_does_not_block_the_run() {
    let all_passed = |answer: &Answer| answer.code == Some(0) && answer.stdout.contains("test result: ok. 21 passed");
    check("is_traced_by_its_parent", &["thread", "process", "test"], all_passed);
}

/// The owner of an alarm is unknown, so its signal is not attributed to the test that runs then.
#[test]
fn an_alarm_of_an_earlier_test_is_not_attributed_to_the_running_test() {
    for isolation in ["thread", "process"] {
        let fixture = fixture("faults");
        let ready = fixture.file("ready");
        let args = ["-n1", "--isolation", isolation, "--include-ignored", "--exact"];
        let names = ["strange::leaves_an_alarm", "strange::runs_beside_an_alarm"];
        let answer = fixture.env("READY", ready).args(&args).args(&names).run();
        assert!(answer.stdout.contains("test result: ok. 2 passed; 0 failed"), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("ended: SIGALRM"), "{isolation}: {}", answer.text());
        assert_eq!(answer.code, Some(0));
    }
}

#[test]
fn a_test_that_hangs_with_the_lock_of_stdout_does_not_fail_tests_that_print() {
    check("holds_stdout_for_ever", &["thread", "process", "test"], only_it_failed);
}

#[test]
fn a_child_in_its_own_process_group_ends_with_the_run() {
    for isolation in ["thread", "process", "test"] {
        let fixture = fixture("faults");
        let ready = fixture.file("ready");
        let args = ["-n1", "--isolation", isolation, "--include-ignored", "--exact"];
        let name = "strange::leaves_a_child_in_a_group_of_its_own";
        let answer = fixture.env("READY", ready.clone()).args(&args).args(&[name]).run();
        assert!(answer.stdout.contains("test result: ok. 1 passed"), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("tests left processes running; they were killed"), "{}", answer.text());
        let child = std::fs::read_to_string(ready).expect("its number");
        assert!(!std::path::Path::new("/proc").join(child).exists(), "{isolation}");
    }
}

/// The leader of the session and of the group is outside the container then: both have the number 0 inside.
#[test]
#[cfg_attr(not(can_mount), ignore = "no container can be made here")]
fn a_container_entered_from_another_session_changes_nothing() {
    let container = "unshare --mount true 2>/dev/null || user=--map-root-user\n\
                     exec unshare $user --pid --fork --mount-proc \"$@\"";
    for isolation in ["none", "thread", "process", "test"] {
        let fixture = fixture("faults").by(&["sh", "-c", container, ""]);
        let ready = fixture.file("ready");
        let args = ["-n2", "--isolation", isolation, "--include-ignored", "innocent::"];
        let name = "strange::leaves_a_child_in_a_group_of_its_own";
        let answer = fixture.env("READY", ready).args(&args).args(&[name]).run();
        assert!(answer.stdout.contains("test result: ok. 21 passed"), "{isolation}: {}", answer.text());
        let were_ended = answer.stdout.contains("tests left processes running; they were killed");
        assert_eq!(were_ended, isolation != "none", "{isolation}: {}", answer.text());
        assert_eq!(answer.code, Some(0), "{isolation}: {}", answer.text());
    }
}

#[test]
fn a_thread_local_value_whose_drop_hangs_does_not_block_the_run() {
    let all_passed = |answer: &Answer| answer.code == Some(0) && answer.stdout.contains("test result: ok. 21 passed");
    let fixture = fixture("faults");
    let args = ["-n1", "--include-ignored", "innocent::", "leaves_a_value_that_is_never_dropped"];
    let answer = fixture.args(&args).run();
    assert!(all_passed(&answer) && answer.stdout.contains("a destructor hangs"), "{}", answer.text());
}

/// Some supervisors start programs in this way.
#[test]
fn ignored_sigchld_changes_nothing() {
    for isolation in ["thread", "process", "test"] {
        let program = path("faults");
        let program = program.to_str().expect("text");
        let shell = Fixture::at("sh").args(&["-c", "trap '' CHLD; exec \"$0\" \"$@\"", program]);
        let args = ["-n2", "--isolation", isolation, "--include-ignored", "innocent::", "fault::exits_with_1"];
        let answer = shell.args(&args).run();
        assert!(only_it_failed(&answer), "{isolation}: {}", answer.text());
    }
}
