//! Messages about slow tests, and the limits of tests and runs.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::ChildStdout;

use crate::support::suite_runner::{Answer, ISOLATIONS, Started, fixture};
use crate::test;

/// A run whose first test waits until `door` accepts its connection, and the output of the run.
struct Waiting {
    run: Started,
    output: BufReader<ChildStdout>,
    door: TcpListener,
}

impl Waiting {
    fn start(args: &[&str]) -> Self {
        let door = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = door.local_addr().expect("its address").to_string();
        let mut run = fixture("waits").env("DOOR", address).args(&["-n1"]).args(args).start();
        let output = BufReader::new(run.child.stdout.take().expect("it is piped"));
        Self { run, output, door }
    }

    /// Reads up to the first line with this part.
    #[track_caller]
    fn line_with(&mut self, part: &str) -> String {
        let mut line = String::new();
        while self.output.read_line(&mut line).expect("text") > 0 {
            if line.contains(part) {
                return line;
            }
            line.clear();
        }
        panic!("it never printed `{part}`");
    }

    /// Lets the waiting test continue, and reads the remaining output.
    fn go_on(self) -> (Answer, String) {
        drop(self.door.accept().expect("the test has come"));
        self.rest()
    }

    fn rest(self) -> (Answer, String) {
        let rest = self.output.lines().map(|line| line.expect("text") + "\n").collect();
        (self.run.ended(), rest)
    }
}

#[test]
fn slow_after_names_the_test_and_its_process() {
    for isolation in ISOLATIONS {
        let mut waiting = Waiting::start(&["--slow-after", "100ms", "--isolation", isolation]);
        let line = waiting.line_with("has been running");
        assert_eq!(line, "test waits has been running for over 0.1 seconds\n", "{isolation}");
        let line = waiting.line_with("to look into it");
        let place =
            line.trim().strip_prefix("= to look into it: gdb -p ").and_then(|line| line.split_once(" (thread "));
        let (process, thread) = place.expect("a place");
        if cfg!(target_os = "linux") {
            let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("the process is there");
            let names = tasks.map(|task| fs::read_to_string(task.expect("a thread").path().join("comm")));
            let names: Vec<String> = names.map(|name| name.expect("a name")).collect();
            let name = thread.trim_end_matches(')').to_owned() + "\n";
            assert!(names.contains(&name), "{isolation}: {name:?} is not among {names:?}");
        }
        let (answer, rest) = waiting.go_on();
        assert_eq!(answer.code, Some(0), "{isolation}: {rest}");
        assert!(!rest.contains("has been running"), "{isolation}: {rest}");
        assert!(rest.contains("test result: ok. 2 passed"), "{isolation}: {rest}");
    }
}

#[test]
fn slow_after_is_a_timeout_record_in_json() {
    let mut waiting = Waiting::start(&["--slow-after", "100ms", "--format", "json"]);
    let line = waiting.line_with("timeout");
    assert_eq!(line, "{\"type\":\"test\",\"name\":\"waits\",\"event\":\"timeout\"}\n");
    assert_eq!(waiting.go_on().0.code, Some(0));
}

#[test]
fn run_timeout_starts_no_more_tests() {
    for isolation in ISOLATIONS {
        let mut waiting = Waiting::start(&["--run-timeout", "200ms", "--isolation", isolation]);
        let line = waiting.line_with("the run has taken");
        let expected = "warning: the run has taken 200ms, the limit of --run-timeout: no more tests are started, and \
                        running tests have 10 seconds to end\n";
        assert_eq!(line, expected, "{isolation}");
        let (answer, rest) = waiting.go_on();
        assert_eq!(answer.code, Some(101), "{isolation}: {rest}");
        assert!(rest.contains("test waits ... ok\n"), "{isolation}: {rest}");
        let not_run = "\n1 test has no result: the run took longer than --run-timeout allows\n";
        let is_cut = rest.contains(not_run) && rest.contains("test result: FAILED. 1 passed; 0 failed");
        // The process of the workers gets the message a moment later, and may have started the next test. The run has then exceeded its
        // limit.
        let is_whole = rest.contains("\nthe run took longer than --run-timeout allows\n")
            && rest.contains("test result: FAILED. 2 passed; 0 failed");
        assert!(is_cut || (isolation == "thread" && is_whole), "{isolation}: {rest}");
        assert!(answer.left.is_empty(), "{isolation}: left behind: {:?}", answer.left);
    }
}

#[test]
fn run_timeout_ends_a_running_test() {
    let started = ISOLATIONS.map(|isolation| {
        (isolation, Waiting::start(&["--run-timeout", "200ms", "--isolation", isolation, "--exact", "waits"]))
    });
    for (isolation, waiting) in started {
        let (answer, rest) = waiting.rest();
        assert_eq!(answer.code, Some(101), "{isolation}: {rest}");
        assert!(answer.left.is_empty(), "{isolation}: left behind: {:?}", answer.left);
        if isolation == "none" {
            assert!(rest.contains("\nwarning: tests are still running; the process ends\n"), "{rest}");
        }
        let note = "\nnote: the test was still running after 200ms, the limit of --run-timeout\n";
        assert!(rest.contains("test waits ... FAILED\n") && rest.contains(note), "{isolation}: {rest}");
        assert!(rest.contains("test result: FAILED. 0 passed; 1 failed"), "{isolation}: {rest}");
    }
}

#[test]
fn run_timeout_is_not_mentioned_if_the_run_ends_in_time() {
    let answer = fixture("mixed").env("SWIMLANES_RUN_TIMEOUT", "1h").run();
    assert!(!answer.stdout.contains("--run-timeout"), "{}", answer.text());
    let answer = fixture("mixed").env("SWIMLANES_RUN_TIMEOUT", "soon").run();
    assert_eq!(answer.code, Some(2), "{}", answer.text());
    assert!(answer.stderr.contains("the variable SWIMLANES_RUN_TIMEOUT is `soon`: "), "{}", answer.stderr);
}

#[test]
fn timeout_applies_to_the_body_and_separately_to_its_fixtures() {
    let started = ISOLATIONS.map(|isolation| {
        let args = ["-n2", "--slow-after", "60s", "--isolation", isolation, "--ignored"];
        (isolation, fixture("waits").args(&args).start())
    });
    for (isolation, started) in started {
        let answer = started.ended();
        let stdout = &answer.stdout;
        assert!(stdout.contains("test is_prepared_for_long ... ok\n"), "{isolation}: {}", answer.text());
        assert!(stdout.contains("test is_never_prepared ... FAILED\n"), "{isolation}: {}", answer.text());
        let note = "\nnote: the fixtures of the test took longer than its timeout of 200ms, and it was given up\n";
        assert!(stdout.contains(note), "{isolation}: {}", answer.text());
    }
}

#[test]
fn timeout_does_not_count_the_setup_of_shared_fixtures() {
    let started = ISOLATIONS.map(|isolation| {
        let args = ["-n2", "--retries", "0", "--isolation", isolation];
        (isolation, fixture("slow_fixtures").args(&args).start())
    });
    for (isolation, started) in started {
        let answer = started.ended();
        assert_eq!(answer.code, Some(0), "{isolation}: {}", answer.text());
        assert!(answer.stdout.contains("test result: ok. 4 passed; 0 failed"), "{isolation}: {}", answer.text());
    }
}

#[test]
fn timeout_resumes_after_a_shared_setup_and_run_timeout_ends_a_setup_that_hangs() {
    let started = ISOLATIONS.map(|isolation| {
        let args = ["-n2", "--slow-after", "100ms", "--run-timeout", "5s", "--ignored", "--isolation", isolation];
        (isolation, fixture("slow_fixtures").args(&args).start())
    });
    for (isolation, started) in started {
        let answer = started.ended();
        let stdout = &answer.stdout;
        assert_eq!(answer.code, Some(101), "{isolation}: {}", answer.text());
        assert!(stdout.contains("test e_runs_too_long_itself ... FAILED\n"), "{isolation}: {}", answer.text());
        // With `none`, the process ends with the test that hangs, before it can print this note.
        let note = "\nnote: the test ran longer than its timeout of 400ms and was given up\n";
        assert!(isolation == "none" || stdout.contains(note), "{isolation}: {}", answer.text());
        assert!(stdout.contains("test f_is_never_prepared has been running"), "{isolation}: {}", answer.text());
    }
}

#[test]
fn run_timeout_stops_retries() {
    for isolation in ["thread", "process", "test"] {
        // Ten delays of three seconds.
        let args =
            ["--retries", "10", "--retry-backoff", "fixed:3s", "--run-timeout", "300ms", "--isolation", isolation];
        let answer = fixture("mixed").args(&["-n1", "--exact", "panics"]).args(&args).run();
        assert_eq!(answer.code, Some(101), "{}", answer.text());
        assert!(answer.stdout.contains("test result: FAILED. 0 passed; 1 failed"), "{}", answer.text());
        assert!(!answer.stdout.contains("attempt 3"), "{}", answer.text());
    }
}
