//! Makes two runs comparable: durations, thread ids, seeds and temporary paths become placeholders.

/// The text without what differs from run to run.
pub(crate) fn scrub(text: &str) -> String {
    text.lines().map(|line| line_of(line) + "\n").collect()
}

fn line_of(line: &str) -> String {
    let line = after(line, "finished in ", is_number, "TIME");
    let line = after(&line, "took ", is_number, "TIME");
    let line = after(&line, "queued ", is_number, "TIME");
    let line = after(&line, "seed ", char::is_numeric, "SEED");
    let line = after(&line, "seed: ", char::is_numeric, "SEED");
    let line = after(&line, "TypeId(", |c| c != ')', "ID");
    let line = after(&line, " <", |c| c.is_numeric() || c == '.', "TIME");
    let line = thread_id(&line);
    let line = after(&line, "/run-", |c| c.is_alphanumeric() || c == '-', "RUN");
    let line = after(&line, "/kept-", |c| c.is_alphanumeric() || c == '-', "RUN");
    after(&line, "/tmp/", |c| c.is_alphanumeric() || c == '.', "DIR")
}

fn is_number(c: char) -> bool {
    c.is_numeric() || c == '.'
}

/// What follows `mark`, as far as `is_part` goes, becomes `placeholder`; everywhere in the line.
fn after(line: &str, mark: &str, is_part: impl Fn(char) -> bool, placeholder: &str) -> String {
    let mut parts = line.split(mark);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |before, part| {
        let rest = part.trim_start_matches(&is_part);
        let placeholder = if rest.len() == part.len() { "" } else { placeholder };
        format!("{before}{mark}{placeholder}{rest}")
    })
}

/// `thread 'name' (4711) panicked` without the number.
fn thread_id(line: &str) -> String {
    match line.split_once("' (") {
        Some((before, rest)) if before.starts_with("thread '") => {
            format!("{before}' (ID{}", rest.trim_start_matches(char::is_numeric))
        }
        _ => line.to_owned(),
    }
}
