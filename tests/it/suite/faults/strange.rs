//! Faults that reach for the harness itself: they cost no other test its result. Not in the matrix, as the rivals have nothing of the
//! kind to lose.

use crate::suite::fixture::{Answer, fixture};
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
