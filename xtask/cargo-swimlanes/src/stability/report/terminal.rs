//! The report for the terminal: a sentence, tables of unstable tests, details of each of them, a summary.

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::content::{Report, SuitePart, TestPart};
use super::prose::{self, RunProblem};
use crate::stability::verdict::{FlakyPolicy, Verdict};

const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const MAGENTA: Style = AnsiColor::Magenta.on_default();

/// No frame; a line below the headings of the columns.
const TABLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));

/// The padding of a cell.
const PADDING: usize = 2;

/// The minimum width of a name, even in a narrow terminal.
const LEAST_NAME: usize = 16;

/// The report, with colors, for a terminal of this width. Commands are not wrapped, so that they can be copied.
pub(in crate::stability) fn render(report: &Report, width: u16) -> String {
    let mut page = Page { text: String::new(), width: usize::from(width) };
    page.paragraph("", &prose::campaign(report));
    if let Some(interruption) = prose::interruption(report) {
        page.styled_paragraph(YELLOW, &interruption);
    }
    for left_out in &report.left_out {
        page.styled_paragraph(YELLOW, &prose::left_out(left_out));
    }
    for suite in &report.suites {
        let tests = prose::unstable(report, suite);
        if !tests.is_empty() {
            page.line("");
            page.table(&report.campaign.levels, suite, &tests);
        }
    }
    for suite in &report.suites {
        let tests = prose::unstable(report, suite);
        tests.into_iter().filter(|test| !test.messages.is_empty()).for_each(|test| page.details(test));
    }
    prose::problems(report).iter().for_each(|problem| page.problem(problem));
    page.line("");
    for sentence in prose::summary(report) {
        page.paragraph("", &sentence);
    }
    for fault in &report.faults {
        page.styled_paragraph(RED, &format!("This report cannot be trusted: {fault}."));
    }
    let style = if report.is_red(FlakyPolicy::Fail) { RED } else { GREEN };
    page.line("");
    page.styled_paragraph(style, &format!("stability: {}", prose::headline(report)));
    page.text
}

struct Page {
    text: String,
    width: usize,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Writes a text in lines that fit the width, all with this indent.
    fn paragraph(&mut self, indent: &str, text: &str) {
        for line in wrapped(text, self.width.saturating_sub(indent.len())) {
            self.line(&format!("{indent}{line}"));
        }
    }

    fn styled_paragraph(&mut self, style: Style, text: &str) {
        for line in wrapped(text, self.width) {
            self.line(&format!("{style}{line}{style:#}"));
        }
    }

    fn table(&mut self, levels: &[u32], suite: &SuitePart, tests: &[&TestPart]) {
        let rows = tests.iter().map(|test| {
            let cells = (0..levels.len()).map(|ix| prose::at_level(test, ix));
            [test.verdict.word().to_owned()].into_iter().chain(cells).chain([prose::rate(test)]).collect::<Vec<_>>()
        });
        let rows: Vec<Vec<String>> = rows.collect();
        let heads = levels.iter().map(|level| format!("at {level}"));
        let heads: Vec<String> = [String::new()].into_iter().chain(heads).chain(["rate (95 %)".to_owned()]).collect();
        let column =
            |ix: usize| rows.iter().chain([&heads]).map(|row| row[ix].chars().count() + PADDING).max().unwrap_or(0);
        let others: usize = (0..heads.len()).map(column).sum();
        let room = self.width.saturating_sub(others + PADDING).max(LEAST_NAME);
        let with_name = |mut row: Vec<String>, name: &str| {
            row.insert(1, broken_name(name, room));
            row
        };
        let mut table = Table::new();
        table.load_style(TABLE).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(with_name(heads, &suite.name));
        for (row, test) in rows.into_iter().zip(tests) {
            table.add_row(with_name(row, &test.name));
        }
        for column in table.column_iter_mut().skip(2).take(levels.len()) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        for (ix, line) in table.lines().enumerate() {
            let line = line.trim_end();
            // The verdict is the first cell. The line gets its color after the layout, as colors would change the widths.
            let verdict_style = Verdict::ALL.into_iter().find(|verdict| line.trim_start().starts_with(verdict.word()));
            match (ix, verdict_style) {
                (0, _) => self.line(&format!("{BOLD}{line}{BOLD:#}")),
                (_, Some(verdict)) => {
                    let (style, word) = (style(verdict), verdict.word());
                    self.line(&line.replacen(word, &format!("{style}{word}{style:#}"), 1));
                }
                (_, None) => self.line(line),
            }
        }
    }

    fn details(&mut self, test: &TestPart) {
        let style = style(test.verdict);
        self.line("");
        let (word, suite, name) = (test.verdict.word(), &test.suite, &test.name);
        self.line(&format!("{style}{word}{style:#} {suite} {BOLD}{name}{BOLD:#}"));
        self.paragraph("  ", &prose::finding(test));
        for message in test.messages.iter().take(prose::MAX_MESSAGES) {
            self.paragraph("  ", &prose::circumstances(message));
            for line in prose::excerpt(message) {
                self.line(&format!("      {line}"));
            }
        }
        if let Some(more) = test.messages.len().checked_sub(prose::MAX_MESSAGES).filter(|&more| more > 0) {
            self.line(&format!("  and {}", prose::counted(more, "other message")));
        }
        if let Some(again) = &test.again {
            if test.verdict == Verdict::Flaky {
                self.command("run again", &again.run);
            }
            self.command("test alone", &again.alone);
        }
    }

    fn problem(&mut self, problem: &RunProblem<'_>) {
        self.line("");
        self.styled_paragraph(RED, &problem.headline);
        for remark in problem.first.remarks.iter().chain(&problem.suspects) {
            self.paragraph("  ", remark);
        }
        for line in problem.first.last_words.lines() {
            self.line(&format!("      {line}"));
        }
        self.command("run again", &problem.first.again);
    }

    fn command(&mut self, what: &str, command: &str) {
        self.line(&format!("  {FAINT}{what:<10}{FAINT:#}  {command}"));
    }
}

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Flaky => YELLOW,
        Verdict::Broken => RED,
        Verdict::Lost => MAGENTA,
        Verdict::Stable => GREEN,
        Verdict::Skipped | Verdict::NotRun => FAINT,
    }
}

/// The name of a test in lines of this width, broken after its parts.
fn broken_name(name: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for part in name.split_inclusive([':', '_', ' ', '/', '-']) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + part.chars().count() <= width => line.push_str(part),
            _ => lines.push(part.to_owned()),
        }
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// The words of the text in lines of this width, unless a word is longer. A number and its unit are one word.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.replace(" %", "\0%").split(' ') {
        let word = word.replace('\0', " ");
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests;
