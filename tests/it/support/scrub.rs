//! Makes two runs comparable: durations, thread ids, seeds, temporary paths and stacks become placeholders.

/// The heading of the stack of a test that ran too long.
pub(crate) const STACK: &str = "stack of the test when its time was up:";

/// The text without the parts that differ from run to run.
pub(crate) fn scrub(text: &str) -> String {
    let mut is_stack = false;
    let mut scrubbed = String::new();
    for line in text.lines() {
        if is_stack && is_of_stack(line) {
            continue;
        }
        scrubbed += &(line_of(line) + "\n");
        is_stack = line.trim_start() == STACK;
        if is_stack {
            scrubbed += "STACK\n";
        }
    }
    scrubbed
}

/// `   3: suite::test`, or the location below it.
fn is_of_stack(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("at ") || line.split_once(": ").is_some_and(|(number, _)| number.parse::<u32>().is_ok())
}

fn line_of(line: &str) -> String {
    let line = after(line, "finished in ", is_number, "TIME");
    let line = after(&line, "took ", is_number, "TIME");
    let line = after(&line, "queued ", is_number, "TIME");
    // It is printed only for long times.
    let line = after(&line, ", in fixtures ", is_number, "TIME").replace(", in fixtures TIMEs", "");
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

/// Replaces the text after each `mark`, as long as `is_part` holds, by `placeholder`.
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
