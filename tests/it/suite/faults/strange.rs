//! Faults that reach for the harness itself: they cost no other test its result. Not in the matrix, as the rivals have nothing of the
//! kind to lose.

use crate::support::executable::path;
use crate::support::suite_runner::{Answer, Fixture, fixture};
use crate::test;

/// What comes of this test in each isolation, with one worker and with two.
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
fn a_forked_copy_has_no_say() {
    check("forks_and_panics", &["none", "thread", "process", "test"], |answer| {
        only_it_failed(answer) && answer.stdout.contains("this is the one that forked")
    });
}

#[test]
fn a_forked_copy_waits_for_nobody_and_is_heard() {
    let all_passed = |answer: &Answer| answer.code == Some(0) && answer.stdout.contains("test result: ok. 21 passed");
    check("forks_and_aborts", &["none", "thread", "process", "test"], all_passed);
    let name = "forks_while_a_thread_prints";
    check(name, &["process", "test"], all_passed);
    // Where tests are threads it passes by, as does what other processes write.
    let is_heard = |answer: &Answer| answer.stdout.matches("from the copy\n").count() == 100;
    check(name, &["none", "thread"], |answer| all_passed(answer) && is_heard(answer));
}

/// It ends as nobody else does, also if that is how another test ends the process of the workers.
#[test]
fn how_a_forked_copy_ends_is_nobodys_end() {
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
fn who_closes_what_is_not_its_own_fails_alone() {
    check("closes_every_descriptor", &["thread", "process", "test"], only_it_failed);
    check("replaces_every_descriptor", &["thread", "process", "test"], only_it_failed);
}

/// Linux opens a pipe anew by its name; a socket, by which results go elsewhere, it does not.
#[test]
fn what_is_written_beside_results_is_no_result() {
    check("writes_to_every_descriptor", &["thread"], |answer| {
        answer.code == Some(0)
            && answer.stdout.contains("test result: ok. 21 passed")
            && answer.stdout.contains("warning: a test has written to a descriptor that is not its own")
    });
}

#[test]
fn who_raises_sigabrt_has_crashed() {
    check("raises_sigabrt", &["thread", "process", "test"], |answer| {
        only_it_failed(answer) && answer.stdout.contains("raising it\nnote: the test ended its process: SIGABRT")
    });
}

#[test]
fn who_makes_its_parent_a_debugger_holds_up_nobody() {
    let all_passed = |answer: &Answer| answer.code == Some(0) && answer.stdout.contains("test result: ok. 21 passed");
    check("is_traced_by_its_parent", &["thread", "process", "test"], all_passed);
}

/// Nobody can say whose alarm it was, so it is nobody's fault who runs then.
#[test]
fn an_end_that_an_earlier_test_has_left_is_not_the_fault_of_the_one_that_runs() {
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
fn who_hangs_with_the_lock_of_stdout_costs_no_neighbour_that_prints() {
    check("holds_stdout_for_ever", &["thread", "process", "test"], only_it_failed);
}

#[test]
fn a_child_in_a_group_of_its_own_ends_with_the_run() {
    for isolation in ["thread", "process", "test"] {
        let fixture = fixture("faults");
        let ready = fixture.file("ready");
        let args = ["-n1", "--isolation", isolation, "--include-ignored", "--exact"];
        let name = "strange::leaves_a_child_in_a_group_of_its_own";
        let answer = fixture.env("READY", ready.clone()).args(&args).args(&[name]).run();
        assert!(answer.stdout.contains("test result: ok. 1 passed"), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("tests have left processes running; they were ended"), "{}", answer.text());
        let child = std::fs::read_to_string(ready).expect("its number");
        assert!(!std::path::Path::new("/proc").join(child).exists(), "{isolation}");
    }
}

/// Who leads the session, and the group, is outside of the container then: both have the number 0 inside.
#[test]
#[cfg_attr(not(can_mount), ignore = "no container can be made here")]
fn in_a_container_that_another_session_has_entered_all_is_as_outside() {
    let container = "unshare --mount true 2>/dev/null || user=--map-root-user\n\
                     exec unshare $user --pid --fork --mount-proc \"$@\"";
    for isolation in ["none", "thread", "process", "test"] {
        let fixture = fixture("faults").by(&["sh", "-c", container, ""]);
        let ready = fixture.file("ready");
        let args = ["-n2", "--isolation", isolation, "--include-ignored", "innocent::"];
        let name = "strange::leaves_a_child_in_a_group_of_its_own";
        let answer = fixture.env("READY", ready).args(&args).args(&[name]).run();
        assert!(answer.stdout.contains("test result: ok. 21 passed"), "{isolation}: {}", answer.text());
        let were_ended = answer.stdout.contains("tests have left processes running; they were ended");
        assert_eq!(were_ended, isolation != "none", "{isolation}: {}", answer.text());
        assert_eq!(answer.code, Some(0), "{isolation}: {}", answer.text());
    }
}

#[test]
fn a_thread_local_value_that_is_never_dropped_holds_up_nobody() {
    let all_passed = |answer: &Answer| answer.code == Some(0) && answer.stdout.contains("test result: ok. 21 passed");
    let fixture = fixture("faults");
    let args = ["-n1", "--include-ignored", "innocent::", "leaves_a_value_that_is_never_dropped"];
    let answer = fixture.args(&args).run();
    assert!(all_passed(&answer) && answer.stdout.contains("a destructor hangs"), "{}", answer.text());
}

/// As some programs that supervise others start them.
#[test]
fn that_ends_of_children_are_ignored_costs_nothing() {
    for isolation in ["thread", "process", "test"] {
        let program = path("faults");
        let program = program.to_str().expect("text");
        let shell = Fixture::at("sh").args(&["-c", "trap '' CHLD; exec \"$0\" \"$@\"", program]);
        let args = ["-n2", "--isolation", isolation, "--include-ignored", "innocent::", "fault::exits_with_1"];
        let answer = shell.args(&args).run();
        assert!(only_it_failed(&answer), "{isolation}: {}", answer.text());
    }
}
