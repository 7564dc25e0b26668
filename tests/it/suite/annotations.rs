//! `--annotations github`: failed and flaky tests as workflow commands.

use crate::support::suite_runner::fixture;
use crate::test;

#[test]
fn annotations_have_the_file_and_the_line_of_each_failure() {
    for format in ["pretty", "json"] {
        let args = ["-n1", "--format", format, "-Zunstable-options", "--annotations", "github"];
        let answer = fixture("mixed").args(&args).run();
        assert_eq!(answer.code, Some(101), "{}", answer.text());
        let commands: Vec<&str> = answer.stderr.lines().filter(|line| line.starts_with("::error ")).collect();
        let failed = answer.stdout.matches(" ... FAILED").count();
        assert!(format == "json" || commands.len() == failed, "{}", answer.text());
        let panic = "::error file=tests/examples/mixed.rs,line=24,title=test panics_with_two_lines failed::";
        assert!(commands.iter().any(|command| command.starts_with(panic)), "{}", answer.text());
        assert!(
            commands.iter().all(|command| command.contains("file=tests/examples/mixed.rs,line=")),
            "{}",
            answer.text()
        );
    }
}
