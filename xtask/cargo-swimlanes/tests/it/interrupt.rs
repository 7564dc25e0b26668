//! Ctrl-C in the middle of a campaign.

use std::io::Read;
use std::net::TcpListener;
use std::process::Stdio;

use expect_test::{expect, expect_file};
use rustix::process::{Pid, Signal, kill_process};

use crate::project::{CommandOutput, Project};

#[test]
fn ctrl_c_ends_the_running_suite_and_reports_what_ran() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let project = Project::new();
    let mut command = project.stability("-p hang -p shop --seed 7 --runs 2 --levels 1 --report json=all.json");
    command.env("HANGS_AT", address).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the command runs");
    let (mut stream, _) = listener.accept().expect("the test connects when it runs");
    kill_process(Pid::from_child(&child), Signal::INT).expect("a signal is sent");
    let ran = CommandOutput::new(child.wait_with_output().expect("the command ends"), &project.path("."));
    assert_eq!(ran.code, Some(130), "{}", ran.stderr);
    expect![[r#"
        2 suites with 4 tests, 2 runs each at 1 worker, in listed order, seed 7, [time].
        Interrupted after 0 of 4 runs. The run that was cut short does not count.
        shop::custom is left out, as it is not a test suite that can be listed: `--list` printed `I am a
        test of a kind of my own`.

        Nothing is known of 1 test ignored and 4 tests not run before the interruption.

        stability: no run went to its end
    "#]]
    .assert_eq(&ran.stdout);
    expect_file!["expected/interrupted.json"].assert_eq(&project.json("all.json"));
    // The process of the test has ended, too: the kernel has closed its end of the connection.
    let closed = stream.read(&mut [0]);
    assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
}
