//! Lists the tests of a binary, and detects its harness.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use swimlanes_core::events::VERSION;
use swimlanes_core::list::{HARNESS, ListRecord};

use crate::suite::binary::{Binary, Harness, RunEnd};
use crate::suite::process::{self, ExitInfo, GRACE, Limits};
use crate::suite::signals::Interrupts;

/// No suite needs longer to list its tests. A binary that does is another kind of program, which does not support `--list`.
const LIMIT: Duration = Duration::from_secs(60);

/// A test that a suite lists.
pub(crate) type ListedTest = swimlanes_core::list::ListedTest<'static>;

/// The answer of a binary.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TestList {
    Tests(Harness, Vec<ListedTest>),
    /// It cannot be part of a campaign; the text is the reason.
    Unknown(String),
}

/// Asks the binary for its tests; `None` after Ctrl-C.
///
/// # Errors
///
/// If it cannot be started.
pub(crate) fn ask(
    binary: &Binary,
    suite_arguments: &[String],
    interrupts: &Interrupts,
) -> io::Result<Option<TestList>> {
    let limits = Limits { run: LIMIT, grace: GRACE };
    let ask = |words: &[&str]| {
        let exit = process::run(binary.command().args(words).args(suite_arguments), limits, interrupts);
        exit.map(|exit| Some(exit).filter(|exit| exit.end != RunEnd::Interrupted))
    };
    let Some(json) = ask(&["--list", "--format", "json"])? else { return Ok(None) };
    if json.end == RunEnd::TimedOut {
        return Ok(Some(TestList::Unknown(format!("`--list` {}", json.end))));
    }
    if let Some(list) = read_json(&String::from_utf8_lossy(&json.stdout)) {
        return Ok(Some(runs_ignored(suite_arguments, list)));
    }
    let Some(terse) = ask(&["--list", "--format", "terse"])? else { return Ok(None) };
    let names = match read_terse(&terse) {
        Ok(names) => names,
        Err(why) => return Ok(Some(TestList::Unknown(why))),
    };
    let ignored = match runs_all(suite_arguments) {
        true => BTreeSet::new(),
        false => {
            let Some(ignored) = ask(&["--list", "--format", "terse", "--ignored"])? else { return Ok(None) };
            match read_terse(&ignored) {
                Ok(names) => names.into_iter().collect(),
                Err(why) => return Ok(Some(TestList::Unknown(why))),
            }
        }
    };
    let listed = names.into_iter().map(|name| ListedTest {
        ignored: ignored.contains(&name),
        name: name.into(),
        ..ListedTest::default()
    });
    Ok(Some(TestList::Tests(Harness::Libtest, listed.collect())))
}

/// Whether ignored tests also run.
fn runs_all(suite_arguments: &[String]) -> bool {
    suite_arguments.iter().any(|word| word == "--ignored" || word == "--include-ignored")
}

fn runs_ignored(suite_arguments: &[String], list: TestList) -> TestList {
    match list {
        TestList::Tests(harness, mut tests) if runs_all(suite_arguments) => {
            tests.iter_mut().for_each(|test| test.ignored = false);
            TestList::Tests(harness, tests)
        }
        list => list,
    }
}

/// `None` if this is not a list of swimlanes.
pub(crate) fn read_json(text: &str) -> Option<TestList> {
    let mut lines = text.lines();
    let Ok(ListRecord::Suite(suite)) = serde_json::from_str(lines.next()?) else {
        return None;
    };
    if suite.harness != HARNESS {
        return None;
    }
    if suite.version != VERSION {
        let version = suite.version;
        return Some(TestList::Unknown(format!("its list has version {version}; version {VERSION} is supported")));
    }
    let tests = lines.map(|line| match serde_json::from_str(line) {
        Ok(ListRecord::Test(test)) => Ok(test),
        Ok(ListRecord::Suite(_)) | Err(_) => Err(format!("its list has the line `{line}`")),
    });
    Some(match tests.collect::<Result<Vec<_>, _>>() {
        Ok(tests) if tests.len() == suite.test_count => TestList::Tests(Harness::Swimlanes, tests),
        Ok(tests) => {
            TestList::Unknown(format!("its list has {} tests, but announces {}", tests.len(), suite.test_count))
        }
        Err(why) => TestList::Unknown(why),
    })
}

/// The names, or the reason why this is not a list.
fn read_terse(exit: &ExitInfo) -> Result<Vec<String>, String> {
    if exit.end != (RunEnd::Exited { code: 0 }) {
        let stderr = String::from_utf8_lossy(&exit.stderr);
        let first_line = stderr.lines().find(|line| !line.trim().is_empty()).map(|line| format!(": {}", line.trim()));
        return Err(format!("`--list` {}{}", exit.end, first_line.unwrap_or_default()));
    }
    let mut names = BTreeSet::new();
    let text = String::from_utf8_lossy(&exit.stdout);
    let lines = text.lines().map(|line| {
        // libtest-mimic writes `benchmark`.
        let name = [": test", ": benchmark", ": bench"].iter().find_map(|kind| line.strip_suffix(kind));
        let name = name.ok_or_else(|| format!("`--list` printed `{line}`"))?;
        match names.insert(name.to_owned()) {
            true => Ok(name.to_owned()),
            false => Err(format!("it has two tests with the name `{name}`")),
        }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check_terse(end: RunEnd, stdout: &str, stderr: &str, expected: Expect) {
        let exit = ExitInfo { end, took: Duration::ZERO, stdout: stdout.into(), stderr: stderr.into() };
        expected.assert_eq(&read_terse(&exit).map_or_else(|why| format!("no: {why}"), |names| names.join(" | ")));
    }

    #[test]
    fn every_line_of_a_terse_list_is_a_name() {
        let green = RunEnd::Exited { code: 0 };
        check_terse(green, "", "", expect![""]);
        check_terse(
            green,
            "a::b: test\n[db] x: y: test\nquick: bench\nslow: benchmark\n",
            "",
            expect!["a::b | [db] x: y | quick | slow"],
        );
        check_terse(green, "hello\n", "", expect!["no: `--list` printed `hello`"]);
        check_terse(green, "a: test\n\n1 test, 0 benchmarks\n", "", expect!["no: `--list` printed ``"]);
        check_terse(green, "a: test\na: test\n", "", expect!["no: it has two tests with the name `a`"]);
        check_terse(
            RunEnd::Exited { code: 1 },
            "",
            "\nno such option\nat all\n",
            expect!["no: `--list` ended with exit code 1: no such option"],
        );
        check_terse(
            RunEnd::Signalled { signal: 6 },
            "a: test\n",
            "",
            expect!["no: `--list` was ended by signal 6 (SIGABRT)"],
        );
    }

    #[track_caller]
    fn check_json(text: &str, expected: Expect) {
        expected.assert_eq(&match read_json(text) {
            None => "not swimlanes".to_owned(),
            Some(TestList::Unknown(why)) => format!("no: {why}"),
            Some(TestList::Tests(harness, tests)) => {
                let tests = tests.iter().map(|test| format!("{} {} {:?}", test.name, test.ignored, test.tags));
                format!("{harness:?}\n{}", tests.collect::<Vec<_>>().join("\n"))
            }
        });
    }

    #[test]
    fn the_first_line_of_a_json_list_names_the_harness() {
        const SUITE: &str = r#"{"type":"suite","harness":"swimlanes","version":1,"test_count":2,"more":0}"#;
        const A: &str = r#"{"type":"test","name":"a","ignored":false,"file":"t.rs","line":3,"tags":["db"]}"#;
        const B: &str = r#"{"type":"test","name":"b","ignored":true,"file":"t.rs","line":4,"tags":[]}"#;
        check_json(
            &format!("{SUITE}\n{A}\n{B}\n"),
            expect![[r#"
            Swimlanes
            a false ["db"]
            b true []"#]],
        );
        check_json(&format!("{SUITE}\n{A}\n"), expect!["no: its list has 1 tests, but announces 2"]);
        check_json(&format!("{SUITE}\n{A}\nhello\n"), expect!["no: its list has the line `hello`"]);
        check_json(
            &SUITE.replace("\"version\":1", "\"version\":2"),
            expect!["no: its list has version 2; version 1 is supported"],
        );
        check_json(&SUITE.replace("swimlanes", "other"), expect!["not swimlanes"]);
        check_json("a: test\n", expect!["not swimlanes"]);
        check_json("", expect!["not swimlanes"]);
    }
}
