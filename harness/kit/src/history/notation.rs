//! A notation for histories in the tests of the checkers: operations in brackets, and a column is a tick.

use std::fmt;

use crate::history::operation::Operation;

/// Parses one actor from each line: its name, then its operations. `[write 1...]` is a call, `[read=1..]` a call and its result. An operation
/// without `]` did not end. Dots have no meaning.
pub(super) fn parse<C, R>(text: &str, call: impl Fn(&str) -> C, result: impl Fn(&str) -> R) -> Vec<Operation<C, R>> {
    let mut operations = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let actor = line.split_whitespace().next().expect("the line is not empty");
        for (began, _) in line.match_indices('[') {
            let label = &line[began + 1..];
            let length = label.find([']', '[']).unwrap_or(label.len());
            let words = label[..length].trim().trim_end_matches('.');
            let (call_text, result_text) = words.split_once('=').unwrap_or((words, ""));
            let tick = |column: usize| column as u64;
            operations.push(if label[length..].starts_with(']') {
                Operation::new(actor, call(call_text), tick(began), tick(began + 1 + length), result(result_text))
            } else {
                Operation::in_flight(actor, call(call_text), tick(began))
            });
        }
    }
    operations.sort_by_key(Operation::started_at);
    operations
}

/// The result of a checker as text.
pub(super) fn outcome<E: fmt::Display>(checked: Result<(), E>) -> String {
    checked.map_or_else(|error| error.to_string(), |()| "fine".to_owned())
}
