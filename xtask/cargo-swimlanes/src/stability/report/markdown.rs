//! The report in Markdown, for a comment on a pull request.

use std::fmt::{self, Write};

use super::content::{Report, TestPart};
use super::prose;
use crate::stability::verdict::Verdict;

/// The report.
pub(super) fn render(report: &Report) -> String {
    let mut page = String::new();
    write(report, &mut page).expect("a string takes any text");
    page
}

fn write(report: &Report, page: &mut String) -> fmt::Result {
    writeln!(page, "## Stability: {}\n", prose::headline(report))?;
    writeln!(page, "{}", text(&prose::campaign(report)))?;
    for sentence in prose::interruption(report).into_iter().chain(report.left_out.iter().map(prose::left_out)) {
        writeln!(page, "\n**{}**", text(&sentence))?;
    }
    for suite in &report.suites {
        let tests = prose::unstable(report, suite);
        if tests.is_empty() {
            continue;
        }
        writeln!(page, "\n### {}\n", text(&suite.name))?;
        table(report, &tests, page)?;
        for test in tests.into_iter().filter(|test| !test.messages.is_empty()) {
            details(test, page)?;
        }
    }
    problems(report, page)?;
    writeln!(page)?;
    for sentence in prose::summary(report) {
        writeln!(page, "- {}", text(&sentence))?;
    }
    for fault in &report.faults {
        writeln!(page, "- **This report cannot be trusted: {}.**", text(fault))?;
    }
    Ok(())
}

fn table(report: &Report, tests: &[&TestPart], page: &mut String) -> fmt::Result {
    let levels = &report.campaign.levels;
    let heads: String = levels.iter().map(|level| format!(" at {level} |")).collect();
    writeln!(page, "| | test |{heads} rate (95 %) |")?;
    writeln!(page, "|---|---|{}---|", "--:|".repeat(levels.len()))?;
    for test in tests {
        let cells: String = (0..levels.len()).map(|ix| format!(" {} |", prose::at_level(test, ix))).collect();
        let (verdict, name) = (test.verdict.word(), code(&test.name).replace('|', "\\|"));
        writeln!(page, "| {verdict} | {name} |{cells} {} |", prose::rate(test))?;
    }
    Ok(())
}

fn details(test: &TestPart, page: &mut String) -> fmt::Result {
    let (word, name, finding) = (test.verdict.word(), html(&test.name), html(&prose::finding(test)));
    writeln!(page, "\n<details><summary>{word}: <code>{name}</code> {finding}</summary>")?;
    for message in test.messages.iter().take(prose::MAX_MESSAGES) {
        writeln!(page, "\n{}\n", text(&prose::circumstances(message)))?;
        block(&prose::excerpt(message).join("\n"), page)?;
    }
    if let Some(again) = &test.again {
        let commands = match test.verdict {
            Verdict::Flaky => format!("# the run again, then the test alone\n{}\n{}", again.run, again.alone),
            _ => again.alone.clone(),
        };
        writeln!(page)?;
        block(&commands, page)?;
    }
    writeln!(page, "\n</details>")
}

fn problems(report: &Report, page: &mut String) -> fmt::Result {
    for problem in prose::problems(report) {
        writeln!(page, "\n**{}**", text(&problem.headline))?;
        for remark in problem.first.remarks.iter().chain(&problem.suspects) {
            writeln!(page, "\n{}", text(remark))?;
        }
        let words = &problem.first.last_words;
        let again = &problem.first.again;
        writeln!(page)?;
        block(&if words.is_empty() { again.clone() } else { format!("{words}\n\n{again}") }, page)?;
    }
    Ok(())
}

/// A block of code, fenced by more backticks than the text contains.
fn block(text: &str, page: &mut String) -> fmt::Result {
    let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
    writeln!(page, "{fence}text\n{text}\n{fence}")
}

/// Code within a line.
fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text, '`') + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}

/// Plain text: characters with a meaning in Markdown are escaped.
fn text(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if "\\`*_[]<>|#&".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Plain text within HTML.
fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::test_data;
    use super::*;

    #[test]
    fn findings_are_in_a_table_with_details() {
        expect![[r#"
            ## Stability: 2 flaky, 1 broken, 2 lost and 1 run gone wrong

            2 suites with 9 tests, 10 runs each at 1 and 4 workers, shuffled where the harness can, seed 7, 12s.

            **shop::ui is left out, as it is not a test suite that can be listed: \`--list\` printed \`hello\`.**

            ### shop::api

            | | test | at 1 | at 4 | rate (95 %) |
            |---|---|--:|--:|---|
            | flaky | `db::reads_while_somebody_writes` | 0/10 | 8/9 | 42 % (23–64 %) |
            | broken | `sums` | 10/10 | 9/9 | 100 % (83–100 %) |
            | lost | `crashes_sometimes` | 0/10 | 0/9 | lost in 1 of 20 runs |
            | lost | `adds` | 0/10 | 0/9 | lost in 1 of 20 runs |

            <details><summary>flaky: <code>db::reads_while_somebody_writes</code> failed in 8 of 19 runs: 42 % (23–64 %); lost in 1 more; differs by level, 0/10 at 1 and 8/9 at 4 (p = 0.0004, Fisher, adjusted)</summary>

            6 times, first at level 4 with seed 594955804 (tests/api.rs:17:5)

            ```text
            assertion `left == right` failed
              left: 1
             right: 4
            ```

            2 times, first at level 4 with seed 465548305

            ```text
            it was still locked after 5s
            ```

            ```text
            # the run again, then the test alone
            cargo test --features till -p shop --test api -- --workers 4 --shuffle-seed 594955804
            cargo test --features till -p shop --test api -- --seed 594955804 --exact db::reads_while_somebody_writes
            ```

            </details>

            <details><summary>broken: <code>sums</code> failed in 19 of 19 runs: 100 % (83–100 %); lost in 1 more</summary>

            19 times, first at level 1 with seed 892374487 (tests/api.rs:17:5)

            ```text
            assertion `left == right` failed
              left: 1
             right: 4
            ```

            ```text
            cargo test --features till -p shop --test api -- --seed 892374487 --exact sums
            ```

            </details>

            ### shop

            | | test | at 1 | at 4 | rate (95 %) |
            |---|---|--:|--:|---|
            | flaky | `parse::times_<now>_\|_later` | 1/10 | 0/10 | 5 % (0.89–24 %) |

            <details><summary>flaky: <code>parse::times_&lt;now&gt;_|_later</code> failed in 1 of 20 runs: 5 % (0.89–24 %)</summary>

            once, at level 1 (tests/api.rs:17:5)

            ```text
            assertion `left == right` failed
              left: 2
             right: 4
            ```

            ```text
            # the run again, then the test alone
            cargo test --features till -p shop --lib -- --test-threads 1
            cargo test --features till -p shop --lib -- --exact 'parse::times_<now>_|_later'
            ```

            </details>

            **shop::api crashed in 1 of 20 runs: it was ended by signal 6 (SIGABRT); 4 results lost**

            last seen running, as far as the record goes: crashes\_sometimes (1 run)

            ```text
            fatal runtime error: stack overflow, aborting

            cargo test --features till -p shop --test api -- --workers 4 --shuffle-seed 236171000
            ```

            - 2 tests are stable in 20 runs each: failure rate below 13.9 % (95 %).
            - 1 test is stable in only 17 runs: failure rate below 16.2 % (95 %).
            - A 5 % flake would have been seen with a chance of 64.2 %, a 1 % flake with 18.2 %; one that needs 4 workers, with 40.1 % and 9.56 %.
            - Nothing is known of 1 test skipped in every run and 2 tests ignored.
        "#]].assert_eq(&render(&test_data::report()));
    }

    #[test]
    fn a_report_without_findings_is_short() {
        expect![[r#"
            ## Stability: no failure seen

            1 suite with 1 test, 10 runs each at 1 and 4 workers, shuffled, seed 7, 12s.

            - 1 test is stable in 20 runs: failure rate below 13.9 % (95 %).
            - A 5 % flake would have been seen with a chance of 64.2 %, a 1 % flake with 18.2 %; one that needs 4 workers, with 40.1 % and 9.56 %.
        "#]].assert_eq(&render(&test_data::clean()));
    }

    #[test]
    fn markdown_characters_in_texts_are_escaped() {
        assert_eq!(text("a_b <c> `d`"), r"a\_b \<c\> \`d\`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a"), "`` `a ``");
        let mut page = String::new();
        block("```\ncode\n```", &mut page).expect("a string takes any text");
        assert_eq!(page, "````text\n```\ncode\n```\n````\n");
    }
}
