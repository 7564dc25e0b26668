//! The stand-alone program, run as a user runs it.

use std::process::Command;

use crate::fixtures::TestResult;

/// Its output and its exit code.
fn session_race(args: &[&str]) -> TestResult<(String, Option<i32>)> {
    let output = Command::new(env!("CARGO_BIN_EXE_session-race")).args(args).output()?;
    let text = String::from_utf8([output.stdout, output.stderr].concat())?;
    println!("{args:?}:\n{text}");
    Ok((text, output.status.code()))
}

#[swimlanes::test(
    cases(with_a_key = &[], without_a_key = &["--no-key"]),
    tags("broken", "integration"),
    shared_resource = "all cores",
    timeout = "1m"
)]
fn exit_code_is_1_if_the_race_was_seen(#[case] args: &[&str]) -> TestResult {
    let (text, code) = session_race(args)?;
    assert_eq!((text.lines().next(), code), (Some("the race was seen"), Some(1)));
    Ok(())
}

#[swimlanes::test(
    cases(
        gated = &["--writes", "gated"],
        gated_without_a_key = &["--writes", "gated", "--no-key"],
        on_conflict = &["--writes", "on-conflict"],
    ),
    tags("mended", "integration"),
    shared_resource = "all cores",
    timeout = "1m"
)]
fn exit_code_is_0_if_the_race_was_not_seen(#[case] args: &[&str]) -> TestResult {
    let (text, code) = session_race(&[args, &["--sessions", "5"]].concat())?;
    let expected = "\
        the race was not seen\n\
        workers that failed: 0 of 8\n\
        sessions that are recorded more than once: 0 of 5\n";
    assert_eq!((text.as_str(), code), (expected, Some(0)));
    Ok(())
}

#[swimlanes::test(
    cases(
        nothing_to_be_in_conflict_with = &["--writes", "on-conflict", "--no-key"],
        no_workers = &["--workers", "0"],
    ),
    tags("integration"),
    timeout = "1m"
)]
fn exit_code_is_2_if_the_program_could_not_run(#[case] args: &[&str]) -> TestResult {
    let (text, code) = session_race(args)?;
    assert!(text.starts_with("error: ") && code == Some(2), "{code:?}");
    Ok(())
}
