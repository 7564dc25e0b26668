//! The line `again:` below a failure contains a command that runs this test when it is pasted into a shell.

use std::fs;
use std::process::Command;

use crate::support::suite_runner::{Answer, Fixture, ISOLATIONS, fixture};
use crate::test;

/// The commands, in their order.
fn commands(answer: &Answer) -> Vec<&str> {
    answer.stdout.lines().filter_map(|line| line.split_once("= again: ")).map(|(_, command)| command).collect()
}

/// The arguments that a shell passes to the command.
fn words(command: &str) -> Vec<String> {
    let output = Command::new("sh").args(["-c", &format!("printf '%s\\n' {command}")]).output().expect("a shell");
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

/// The fixture, started by a program with cargo's name and these arguments.
fn started_by(program: &str, call: &[&str], suite: Fixture) -> Fixture {
    let (link, script) = (suite.file(program), suite.file("script"));
    #[cfg(unix)]
    std::os::unix::fs::symlink("/bin/sh", &link).expect("a link");
    // The program stays the parent of the suite.
    fs::write(&script, "while [ \"$1\" != --- ]; do shift; done; shift; \"$@\"; exit $?").expect("written");
    suite.by(&[&[link.as_str(), script.as_str()], call, &["---"]].concat())
}

#[test]
fn the_name_is_quoted_for_the_shell() {
    for isolation in ISOLATIONS {
        let answer = fixture("dynamic_tests").args(&["-n1", "--isolation", isolation]).env("MADE", "odd names").run();
        let names: Vec<String> = commands(&answer).iter().map(|command| words(command).pop().expect("words")).collect();
        let expected =
            ["made::number 2", "made::returns an error", "made::a fixture fails", "<a> & $b's \"c\" `d` \\ *"];
        assert_eq!(names, expected, "{isolation}: {}", answer.text());
        // The arguments after `--` are those of the suite.
        let words = words(commands(&answer)[3]);
        let ours = words.iter().position(|word| word == "--").expect("dashes") + 1;
        let ours: Vec<&str> = words[ours..].iter().map(String::as_str).collect();
        let again = fixture("dynamic_tests").args(&ours).env("MADE", "odd names").run();
        assert!(again.stdout.contains("FAILED. 0 passed; 1 failed"), "{isolation}: {}", again.text());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn options_of_cargo_are_repeated() {
    let call = [
        "test",
        "--features",
        "a b",
        "-Fc",
        "--release",
        "--manifest-path",
        "dir/Cargo.toml",
        "--",
        "--no-default-features",
    ];
    let expected = "cargo test --features 'a b' -Fc --release --manifest-path dir/Cargo.toml -p swimlanes-tests";
    for isolation in ISOLATIONS {
        let suite = fixture("mixed").args(&["-n1", "--isolation", isolation, "assertion_fails"]);
        let answer = started_by("cargo", &call, suite).run();
        assert!(commands(&answer)[0].starts_with(expected), "{isolation}: {}", answer.text());
    }
    let answer = started_by("other", &call, fixture("mixed").args(&["assertion_fails"])).run();
    assert!(commands(&answer)[0].starts_with("cargo test -p swimlanes-tests"), "{}", answer.text());
}

#[test]
#[cfg(target_os = "linux")]
fn options_of_nextest_are_repeated() {
    let suite = fixture("mixed").env("NEXTEST_EXECUTION_MODE", "process-per-test").env("NEXTEST_RUN_ID", "x");
    let suite = suite.args(&["--exact", "assertion_fails", "--nocapture"]);
    let call = ["nextest", "run", "--cargo-profile", "fast", "-P", "ci", "-F", "a,b", "-j2"];
    let answer = started_by("cargo-nextest", &call, suite).run();
    let expected = "cargo nextest run --cargo-profile fast -P ci -F a,b -p swimlanes-tests --example mixed -- --exact assertion_fails";
    assert!(commands(&answer)[0].ends_with(expected), "{}", answer.text());
}
