//! `--annotations github`: failed and flaky tests as workflow commands, which GitHub Actions shows beside the line of the source.

use crate::model::event::{CaseFinished, Event, Severity};
use crate::model::location::Location;
use crate::model::outcome::Failure;
use crate::model::verdict::Verdict;

/// Collects the commands of a run.
pub(crate) struct Annotations {
    /// The positions of the tests, by their index in the plan.
    locations: Vec<Location>,
    lines: String,
}

impl Annotations {
    pub(crate) fn new(locations: Vec<Location>) -> Self {
        Self { locations, lines: String::new() }
    }

    pub(crate) fn handle(&mut self, event: &Event) {
        match event {
            Event::CaseFinished(finished) => match &finished.verdict {
                Verdict::Fail(failure) => self.test("error", "failed", finished, failure),
                Verdict::Flaky { first } => self.test("warning", "is flaky", finished, first),
                Verdict::Pass | Verdict::Skip { .. } | Verdict::NotRun { .. } => {}
            },
            Event::Diagnostic { message, severity: Severity::Failure | Severity::Fault } => {
                self.lines += &format!("::error::{}\n", escaped(message, false));
            }
            Event::RunStarted(_)
            | Event::AttemptStarted { .. }
            | Event::AttemptFinished(_)
            | Event::Kept { .. }
            | Event::LateOutput { .. }
            | Event::Slow(_)
            | Event::Diagnostic { .. }
            | Event::RunFinished(_) => {}
        }
    }

    /// The commands, a line each.
    pub(crate) fn finish(self) -> String {
        self.lines
    }

    fn test(&mut self, command: &str, what: &str, finished: &CaseFinished, failure: &Failure) {
        let name = finished.test_id.name;
        let of_failure = failure.location.as_deref().and_then(file_and_line);
        // A position in another crate is no line of this repository, so it is not shown beside a line of a pull request.
        let of_test = self.locations.get(finished.test_id.case.ix()).map(|location| (location.file, location.line));
        let place = of_failure
            .or(of_test)
            .map_or_else(String::new, |(file, line)| format!("file={},line={line},", escaped(file, true)));
        let title = escaped(&format!("test {name} {what}"), true);
        self.lines += &format!("::{command} {place}title={title}::{}\n", escaped(&failure.message, false));
    }
}

/// The parts of `file:line:column`, if the file is below the directory of the workspace.
fn file_and_line(location: &str) -> Option<(&str, u32)> {
    let mut parts = location.rsplitn(3, ':').skip(1);
    let (line, file) = (parts.next()?.parse().ok()?, parts.next()?);
    (!file.starts_with('/')).then_some((file, line))
}

/// As GitHub's own toolkit escapes texts of commands; `is_property` if it is one of the properties before the `::`.
fn escaped(text: &str, is_property: bool) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    if is_property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_texts_are_properties_of_a_command() {
        assert_eq!(file_and_line("tests/a.rs:12:5"), Some(("tests/a.rs", 12)));
        assert_eq!(file_and_line("/rustc/1/library/core/src/a.rs:12:5"), None);
        assert_eq!(file_and_line("unknown"), None);
        assert_eq!(escaped("100 %: a, b\r\nc", true), "100 %25%3A a%2C b%0D%0Ac");
        assert_eq!(escaped("100 %: a, b\nc", false), "100 %25: a, b%0Ac");
    }
}
